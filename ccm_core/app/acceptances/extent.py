"""How much risk acceptances cover now: refused where it is all, confirmed where it is much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from ccm_core.approvals.standing import approval_problem
from ccm_core.errors import UsageError
from ccm_core.findings.acceptance_cover import AcceptanceCover, acceptance_cover
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.finding import Finding, FindingState
from ccm_core.model.finding.tally import severities_in_words
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.rules.evaluate.apply_waivers import subject_pattern

MANY = 20
"""Findings; more have to be confirmed."""
FEW = 5
"""Findings that need no confirmation, whatever share of all they are."""
_PART = 4
"""More than one in so many of the open findings have to be confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An older acceptance that covers some of the same findings."""

    waiver: str
    is_approved: bool
    findings: tuple[str, ...]


def covers_now(reader: FindingReader, waivers: Sequence[Waiver]) -> Sequence[AcceptanceCover]:
    """Return what each of some acceptances covers of the findings that are open now."""
    findings = reader.store.findings.current(frozenset({FindingState.OPEN})) if waivers else ()
    controls = reader.controls() if waivers else {}
    return [acceptance_cover(waiver, findings, _selector(waiver), controls) for waiver in waivers]


def refuse_too_much(covers: Sequence[AcceptanceCover]) -> None:
    """Refuse acceptances that cover, taken together, all that fails, or nothing.

    Raises:
        UsageError: They do.
    """
    count, failing = len(_covered(covers)), covers[0].failing
    if failing > 1 and count == failing:
        raise UsageError(
            f"it would cover all {failing:,} findings that are open: an acceptance is for some of "
            "them; name fewer findings or a narrower --scope"
        )
    if not count:
        raise UsageError("it would cover nothing that fails now")


def refuse_unconfirmed(covers: Sequence[AcceptanceCover], *, is_confirmed: bool) -> str:
    """Return how much acceptances cover, in words, where that is much; empty: it is not.

    Much is more than 20 findings, or more than a quarter of those that are open and more than 5.

    Raises:
        UsageError: It is, and nobody confirmed it.
    """
    findings, failing = _covered(covers), covers[0].failing
    is_share = len(findings) > FEW and len(findings) * _PART > failing
    if len(findings) <= MANY and not is_share:
        return ""
    extent = (
        f"{len(findings):,} of {failing:,} open findings "
        f"({severities_in_words(finding.severity for finding in findings)})"
    )
    if not is_confirmed:
        raise UsageError(
            f"it would cover {extent}; name fewer findings or a narrower --scope, or confirm with "
            "--many that as many are meant. Nothing was written"
        )
    return f"it covers {extent}"


def overlaps(
    cover: AcceptanceCover, older: Iterable[tuple[Waiver, AcceptanceCover]], now: datetime
) -> Iterator[Overlap]:
    """Yield the older acceptances that cover some of the findings that a new one covers."""
    names = {finding.id for finding in (*cover.whole, *cover.part)}
    for waiver, before in older:
        both = tuple(finding.id for finding in (*before.whole, *before.part) if finding.id in names)
        if both:
            is_approved = approval_problem(waiver, now) is None
            yield Overlap(waiver=waiver.id, is_approved=is_approved, findings=both)


def _covered(covers: Iterable[AcceptanceCover]) -> Sequence[Finding]:
    """Return the findings that some acceptances cover, each once."""
    some = (finding for cover in covers for finding in (*cover.whole, *cover.part))
    return list({finding.id: finding for finding in some}.values())


def _selector(waiver: Waiver) -> Callable[[str], bool]:
    patterns = [subject_pattern(selector) for selector in waiver.subjects]
    return lambda key: any(pattern.fullmatch(key) for pattern in patterns)
