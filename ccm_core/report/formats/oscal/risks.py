"""Failing rules as OSCAL risks: open, or ``deviation-approved`` where a waiver covers them."""

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
    """Give the risk of what fails, and another of what fails with a waiver."""
    failing = [one for one in rule.results if one.status is Status.FAIL]
    for waived in (False, True):
        chosen = [one for one in failing if bool(one.waiver) is waived]
        if chosen:
            yield _risk(rule, chosen, ids, waived=waived)


def risk(*, waived: bool) -> str:
    """Name the two risks that one rule may have."""
    return "waived risk" if waived else "risk"


def _risk(rule: RuleResult, results: list[Result], ids: Ids, *, waived: bool) -> JsonObject:
    facts = {"rule": rule.rule, "pack": rule.pack, "severity": rule.severity.value}
    waivers = sorted({one.waiver for one in results if one.waiver})
    told: JsonObject = {
        "uuid": ids.of(risk(waived=waived), rule.pack, rule.rule),
        "title": line(rule.title),
        "description": f"{len(results)} failing: {plain(rule.title)}",
        "statement": plain(rule.risk or "") or "The pack does not say what may happen.",
        "status": "deviation-approved" if waived else "open",
        "props": props(facts | {"waivers": ", ".join(waivers) if waived else None}),
        "related-observations": [{"observation-uuid": ids.result(one)} for one in results],
    }
    if rule.remediation:
        told["remediations"] = [
            {
                "uuid": ids.of("remediation", risk(waived=waived), rule.pack, rule.rule),
                "lifecycle": "recommendation",
                "title": "What to do",
                "description": plain(rule.remediation),
            }
        ]
    return told
