"""Waivers as a report shows them: who lets what fail, until when, and what it covers now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from ccm_core.model.evaluation.waiver import Waiver
    from ccm_core.report.types import ReportInput


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverSummary:
    """One waiver."""

    waiver: Waiver
    covers: int
    """Failing subjects that it covers now."""
    left: str
    """How long it has left, or that it has expired."""
    expired: bool


def waived(given: ReportInput) -> tuple[WaiverSummary, ...]:
    """Give the waivers that concern what is reported, the one that ends first at the top."""
    now = given.evaluation.evaluated_at
    rules = {one.rule for one in given.evaluation.rules}
    covered = Counter(
        result.waiver
        for rule in given.evaluation.rules
        for result in rule.results
        if result.waiver is not None
    )
    return tuple(
        WaiverSummary(
            waiver=one,
            covers=covered[one.id],
            left=_left((one.expires - now).total_seconds()),
            expired=one.expires <= now,
        )
        for one in sorted(given.waivers, key=lambda one: (one.expires, one.id))
        if one.rule in rules
    )


def _left(seconds: float) -> str:
    if seconds <= 0:
        return f"expired {phrases.span(-seconds)} ago" if seconds else "expired"
    return f"{phrases.span(seconds)} left"
