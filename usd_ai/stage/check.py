"""The check of a finished layer: what validators say that they did not say of the host alone, and what they miss.

UsdValidation does not see what breaks instancers (duplicate ids, indices out of range, NaN, missing extents), and real
studio stages fail it by the thousand: so it counts what is new against the host, and the rules below stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pxr import Tf, Usd

from usd_ai.core.types import Finding, Layer, StageFacts
from usd_ai.stage.canvas_write import PAYLOAD
from usd_ai.stage.check_files import file_findings, root_findings, stamp_findings, unit_findings
from usd_ai.stage.check_host import override_findings, removal_findings, validator_findings
from usd_ai.stage.check_values import value_findings
from usd_ai.stage.facts_open import words_of
from usd_ai.stage.interface import interface_name

RULES: dict[str, str] = {
    "authorship": "The root and every prim that can be referenced by itself carry an authorship record.",
    "extent": "Extents are authored and contain what they are of; the root's extentsHint contains everything.",
    "files": "Every file referred to exists and is one of the layer's files.",
    "finite": "No number is NaN or infinite (custom primvars may hold infinity: 'never').",
    "ids": "Ids of instances and points are int64 and unique.",
    "indices": "Indices of prototypes and of points lie in range.",
    "lengths": "Arrays that belong together have equal lengths at every time sample.",
    "overrides": "No stronger layer of the host replaces arrays of an instancer: they break with the next version.",
    "path": "File paths are relative to the layer, with forward slashes, and stay inside its folder.",
    "removal": "With the layer, and without it again, the host's own prims are what they were.",
    "root": "Only prims under the layer's own root are authored, and nothing in it points out of it.",
    "time": "Time samples lie inside the range; volume files may go one frame beyond it.",
    "units": "Units, up axis, time codes and range are those of the host stage and the plan.",
    "validators": "No validator of USD has an issue with host and layer that it does not have with the host.",
}
"""What is checked, by rule."""

_MOST = 10  # findings told per rule


def check_task(folder: str, layer: Layer, stage: str, facts: StageFacts) -> tuple[Finding, ...]:
    """Task: the findings about the layer in ``folder`` against the host at ``stage``; none when all is well."""
    home = Path(folder)
    interface, payload = home / interface_name(layer.root), home / PAYLOAD
    missing = [path.name for path in (interface, payload) if not path.is_file()]
    if missing:
        return tuple(Finding("error", "files", f"The file {name} is missing.") for name in missing)
    try:
        own = Usd.Stage.Open(str(interface))
        findings = [
            *root_findings(interface, payload, layer, facts),
            *unit_findings(interface, payload, facts),
            *file_findings(home, interface, payload, layer),
            *stamp_findings(interface, own, layer),
            *value_findings(own, facts),
            *validator_findings(home, interface, stage),
            *removal_findings(home, interface, stage, layer, facts),
            *override_findings(home, interface, stage),
        ]
    except Tf.ErrorException as error:
        return (Finding("error", "files", f"USD cannot read the layer or its host: {words_of(str(error), home)}"),)
    return tuple(_shortened(findings))


def _shortened(findings: Iterable[Finding]) -> Iterable[Finding]:
    told: dict[str, int] = {}
    for finding in findings:
        told[finding.rule] = told.get(finding.rule, 0) + 1
        if told[finding.rule] <= _MOST:
            yield finding
    for rule, number in told.items():
        if number > _MOST:
            yield Finding("error", rule, f"… and {number - _MOST} more findings of this rule.")
