"""One rule on one row whose evidence is sufficient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccm_core.model.result import Status
from ccm_core.rules.compiled import CompiledRule
from ccm_core.rules.conditions import NotEvaluable, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of a row, and why."""

    status: Status
    reason: str
    due_at: datetime | None = None
    in_scope: bool = True
    """Whether the rule is about the row at all."""


def judge(
    one: CompiledRule, situation: Situation, parameters: Mapping[str, Any], now: datetime
) -> Verdict:
    """Judge a row: outside ``match`` and while ``not_due`` holds it is not applicable."""
    matches = one.match is None or one.match.holds(situation)
    if matches is not True:
        return _undecided(matches) if isinstance(matches, NotEvaluable) else _outside(one)
    waits = one.not_due is not None and one.not_due.holds(situation)
    if waits is not False:
        if isinstance(waits, NotEvaluable):
            return _undecided(waits)
        return _not_due(one, situation, parameters, now)
    holds = one.assertion.holds(situation)
    if isinstance(holds, NotEvaluable):
        return _undecided(holds)
    if holds is True:
        return Verdict(status=Status.PASS, reason=one.rule.title)
    return Verdict(status=Status.FAIL, reason=one.message.render(situation) or one.rule.title)


def _outside(one: CompiledRule) -> Verdict:
    return Verdict(
        status=Status.NOT_APPLICABLE,
        reason=f"outside the rule: not `{one.match.text if one.match else ''}`",
        in_scope=False,
    )


def _undecided(why: NotEvaluable) -> Verdict:
    status = Status.INSUFFICIENT if why.insufficient else Status.ERROR
    return Verdict(status=status, reason=why.reason)


def _not_due(
    one: CompiledRule, situation: Situation, parameters: Mapping[str, Any], now: datetime
) -> Verdict:
    due_at = one.due.at(situation.row, parameters, now) if one.due else None
    return Verdict(status=Status.NOT_APPLICABLE, reason="not due yet", due_at=due_at)
