# A bare machine with Python 3.11 is enough. Everything is put into .venv* folders here and into OUT.
PYTHON ?= $(shell for p in python3.11 python3; do $$p -c '' 2>/dev/null && echo $$p && break; done)
OUT ?= demo
# One more index to take torch from: the usual Linux wheels bring gigabytes of CUDA, those of a CPU index do not.
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-long lint api docs film bench peers help clean
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.server ## Burn a forest in four shots of a small show; OUT=folder chooses where (default: demo)
	@$(BIN)/python examples/demo.py --out "$(OUT)"

test: $(VENV)/.dev .venv-proto/.done .venv-usd2411/.done .venv-usd2511/.done ## Run the tests (everything they need is installed first)
	$(BIN)/python -m pytest

test-long: $(VENV)/.dev ## The long forms of chaos and soak tests
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev ## Style, types, import contracts, proto
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf breaking --against proto/baseline.txtpb

api: .venv-proto/.done ## Generate usd_ai/api from proto/ again, after changing a .proto file
	.venv-proto/bin/python tools/generate_api.py

docs: $(VENV)/.dev ## Write the tables of docs/guide again, after changing a parameter or a setting
	$(BIN)/python tools/parameters_table.py

film: $(VENV)/.dev ## Pictures and a clip of the demo in OUT, and their figures held against the look guide
	$(BIN)/python tools/make_film.py "$(OUT)"
	$(BIN)/python tools/measure_frames.py "$(OUT)"

peers: .venv-peers/.done .venv-pyretechnics/.done .venv-sgotio/.done ## Install what the benchmarks measure against

bench: $(VENV)/.dev .venv-peers/.done .venv-pyretechnics/.done .venv-sgotio/.done ## Every benchmark, in its short form, as one table (benchmarks/RESULTS.md)
	$(BIN)/python benchmarks/run_all.py --short

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "usd_ai needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "Making an environment in $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# torch first and by its own line: its index may be another one.
$(VENV)/.server: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing torch (the largest download) ..."
	@$(BIN)/python $(PIP) -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==2.13.0
	@echo "Installing usd_ai and what its server needs ..."
	@$(BIN)/python $(PIP) -c constraints.txt -e '.[server]'
	@touch $@

$(VENV)/.dev: $(VENV)/.server
	@echo "Installing what tests and checks need ..."
	@$(BIN)/python $(PIP) -c constraints.txt -e '.[server,dev]'
	@touch $@

# The oldest protobuf generator that is supported; in the main environment it would drag protobuf down.
.venv-proto/.done:
	@echo "Installing the protobuf generator into .venv-proto ..."
	@$(PYTHON) -m venv .venv-proto
	@.venv-proto/bin/python $(PIP) grpcio-tools==1.71.2
	@touch $@

# Older readers, to see that they read what is written.
.venv-usd2411/.done:
	@echo "Installing OpenUSD 24.11 into .venv-usd2411 ..."
	@$(PYTHON) -m venv .venv-usd2411
	@.venv-usd2411/bin/python $(PIP) usd-core==24.11
	@touch $@

.venv-usd2511/.done:
	@echo "Installing OpenUSD 25.11 into .venv-usd2511 ..."
	@$(PYTHON) -m venv .venv-usd2511
	@.venv-usd2511/bin/python $(PIP) usd-core==25.11
	@touch $@

.venv-peers/.done: benchmarks/peers.txt
	@echo "Installing the benchmarks' peers into .venv-peers ..."
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python $(PIP) --no-deps -r benchmarks/peers.txt
	@touch $@

# Apart from the other peers: it needs numpy 1.26.
.venv-pyretechnics/.done:
	@echo "Installing Pyretechnics into .venv-pyretechnics ..."
	@$(PYTHON) -m venv .venv-pyretechnics
	@.venv-pyretechnics/bin/python $(PIP) pyretechnics==2026.10.20
	@touch $@

# Apart from the main environment for ever: it pins OpenTimelineIO 0.16.
.venv-sgotio/.done: benchmarks/peers-sgotio.txt
	@echo "Installing sg-otio into .venv-sgotio ..."
	@$(PYTHON) -m venv .venv-sgotio
	@.venv-sgotio/bin/python $(PIP) -r benchmarks/peers-sgotio.txt
	@touch $@

clean: ## Remove the environments and the demo
	rm -rf .venv .venv-* demo build dist
