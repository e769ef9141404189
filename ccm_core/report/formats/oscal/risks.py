"""Failing checks as OSCAL risks: open, or ``deviation-approved`` where a waiver covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content.cell_width import plain
from ccm_core.report.formats.oscal.tokens import line, props

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.formats.oscal.tokens import Ids


def risks(rule: RuleResult, ids: Ids) -> Iterator[JsonObject]:
    """Yield the risk of open failures, and another of waived ones."""
    failing = [result for result in rule.results if result.status is Status.FAIL]
    for waived in (False, True):
        results = [result for result in failing if bool(result.waiver) is waived]
        if results:
            yield _risk(rule, results, ids, waived=waived)


def risk(*, waived: bool) -> str:
    """Return the name of one of the two risks that a rule may have."""
    return "waived risk" if waived else "risk"


def _risk(rule: RuleResult, results: list[Result], ids: Ids, *, waived: bool) -> JsonObject:
    facts = {"rule": rule.rule, "pack": rule.pack, "severity": rule.severity.value}
    waivers = sorted({result.waiver for result in results if result.waiver})
    content: JsonObject = {
        "uuid": ids.of(risk(waived=waived), rule.pack, rule.rule),
        "title": line(rule.title),
        "description": f"{len(results)} failing: {plain(rule.title)}",
        "statement": plain(rule.risk or "") or "The pack states no risk.",
        "status": "deviation-approved" if waived else "open",
        "props": props(facts | {"waivers": ", ".join(waivers) if waived else None}),
        "related-observations": [{"observation-uuid": ids.result(result)} for result in results],
    }
    if rule.remediation:
        content["remediations"] = [
            {
                "uuid": ids.of("remediation", risk(waived=waived), rule.pack, rule.rule),
                "lifecycle": "recommendation",
                "title": "Remediation",
                "description": plain(rule.remediation),
            }
        ]
    return content
