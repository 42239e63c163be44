# A bare machine with Python 3.11 is enough. Everything is put into .venv* folders here and into OUT.
PYTHON ?= python3
OUT ?= demo
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-long lint api bench help clean
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.server ## Burn a forest in four shots of a small show; OUT=folder chooses where (default: demo)
	$(BIN)/python examples/demo.py --out "$(OUT)"

test: $(VENV)/.dev .venv-proto/.done .venv-usd2411/.done .venv-usd2511/.done ## Run the tests (everything they need is installed first)
	$(BIN)/python -m pytest

test-long: $(VENV)/.dev ## The long forms of chaos and soak tests
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev ## Style, types, import contracts, proto
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright && $(BIN)/lint-imports && $(BIN)/buf lint && $(BIN)/buf breaking --against proto/baseline.txtpb

api: .venv-proto/.done ## Generate usd_ai/api from proto/ again, after changing a .proto file
	.venv-proto/bin/python tools/generate_api.py

bench: $(VENV)/.dev ## Every benchmark, in its short form, as one table
	$(BIN)/python benchmarks/run_all.py --short

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "usd_ai needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

# torch first and by its own line: an unpinned torch brings gigabytes of CUDA with it.
$(VENV)/.server: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing usd_ai and what its server needs into $(VENV) ..."
	$(BIN)/python $(PIP_INSTALL) torch==2.13.0
	$(BIN)/python $(PIP_INSTALL) -e '.[server]'
	touch $@

$(VENV)/.dev: $(VENV)/.server
	$(BIN)/python $(PIP_INSTALL) -e '.[server,dev]'
	touch $@

# The oldest protobuf generator that is supported; in the main environment it would drag protobuf down.
.venv-proto/.done:
	$(PYTHON) -m venv .venv-proto
	.venv-proto/bin/python -m pip install --quiet --disable-pip-version-check grpcio-tools==1.71.2
	touch $@

# Older readers, to see that they read what is written.
.venv-usd2411/.done:
	$(PYTHON) -m venv .venv-usd2411
	.venv-usd2411/bin/python -m pip install --quiet --disable-pip-version-check usd-core==24.11
	touch $@

.venv-usd2511/.done:
	$(PYTHON) -m venv .venv-usd2511
	.venv-usd2511/bin/python -m pip install --quiet --disable-pip-version-check usd-core==25.11
	touch $@

clean: ## Remove the environments and the demo
	rm -rf .venv .venv-* demo build dist
