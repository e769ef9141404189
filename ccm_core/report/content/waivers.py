"""Waivers as a report shows them: risk acceptances, their expiry, and what they cover now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ccm_core.approvals.standing import approval_problem, is_unsigned
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from ccm_core.model.evaluation.waiver import Waiver
    from ccm_core.report.types import ReportInput


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverSummary:
    """One waiver."""

    waiver: Waiver
    covers: int
    """Failing resources that it covers now."""
    expiry: str
    """In how long it expires, or that it has expired."""
    expired: bool
    problem: str | None
    """Why it does not count; None: it is approved."""
    is_unsigned: bool
    """Whether it counts without a signed approval, because the settings say so."""


def waiver_summaries(inputs: ReportInput) -> tuple[WaiverSummary, ...]:
    """Return the waivers of what is reported, the one that expires first at the top."""
    now = inputs.evaluation.evaluated_at
    rules = {rule.rule for rule in inputs.evaluation.rules}
    covered = Counter(
        waiver
        for waiver, _ in {
            (result.waiver, (result.connection, result.subject.kind, result.subject.key))
            for rule in inputs.evaluation.rules
            for result in rule.results
            if result.waiver is not None
        }
    )
    return tuple(
        WaiverSummary(
            waiver=waiver,
            covers=covered[waiver.id],
            expiry=_expiry((waiver.expires - now).total_seconds()),
            expired=waiver.expires <= now,
            problem=approval_problem(waiver, now),
            is_unsigned=is_unsigned(waiver),
        )
        for waiver in sorted(inputs.waivers, key=lambda waiver: (waiver.expires, waiver.id))
        if rules.intersection(waiver.rules)
    )


def _expiry(seconds: float) -> str:
    if seconds <= 0:
        return f"expired {phrases.duration(-seconds)} ago" if seconds else "expired"
    return f"expires in {phrases.duration(seconds)}"
