"""Bound what a page draws: the worst of every list, so that it opens whatever the account's size.

A list that is cut keeps the number of what is left out: the page states it, and where the rest is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, TypeVar

from ccm_core.control_characters import replace_controls
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.fair_shares import fair_lengths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ccm_core.model.evaluation.result import Result
    from ccm_core.model.evaluation.subject import Subject
    from ccm_core.report.content.inconclusive_reasons import InconclusiveReason
    from ccm_core.report.content.summary import RuleSummary, Summary

T = TypeVar("T")

MOST = 1000
"""Entries of any list."""
MOST_ALARMS = 10
"""Notes of one sort at the top."""
MOST_NOTES = 50
"""Notes of one sort: limits, problems, settings, next steps."""
MOST_REMARKS = 6
"""Remarks of one check."""

FAILING_BYTES = 1_000_000
"""For the failing resources of all checks together."""
REASON_BYTES = 350_000
"""For the reasons of inconclusive checks."""
SUBJECT_BYTES = 250_000
"""For the resources that those reasons concern."""

_ROW = 450
"""Bytes of a row of a table, without its texts."""
_REASON = 500
_NAME = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a page counts and does not draw."""

    failing: int
    """Failing resources."""
    reasons: int
    """Reasons of inconclusive checks."""
    subjects: int
    """Resources of the reasons that are drawn."""


def drawn_bytes(*texts: str | None) -> int:
    """Return how many bytes texts take in HTML."""
    return sum(len(escape(replace_controls(text)).encode()) for text in texts if text)


def bounded(report: Summary) -> Summary:
    """Return a summary whose lists a page can draw, each with the number of what it leaves out."""
    report = _bounded(report, _failing)
    report = _bounded(report, _reasons)
    return _bounded(report, _subjects)


def left_out(report: Summary) -> LeftOut:
    """Return what a bounded summary leaves out of its lists."""
    entries = _by_rule(report).values()
    return LeftOut(
        failing=sum(entry.more_failing for entry in entries),
        reasons=sum(entry.more_reasons for entry in entries),
        subjects=sum(reason.more_subjects for entry in entries for reason in entry.reasons),
    )


def _by_rule(report: Summary) -> dict[tuple[str, str], RuleSummary]:
    """Return the checks that are drawn with their lists; one may stand under two headings."""
    lists = (report.failing, report.inconclusive, report.partly_inconclusive, report.monitoring)
    return {_key(entry): entry for entries in lists for entry in entries}


def _key(entry: RuleSummary) -> tuple[str, str]:
    return (entry.rule.pack, entry.rule.rule)


def _bounded(report: Summary, cut: Callable[[list[RuleSummary]], Iterable[RuleSummary]]) -> Summary:
    """Return a summary with each check as ``cut`` makes it, under every heading."""
    entries = {_key(entry): entry for entry in cut([*_by_rule(report).values()])}
    return replace(
        report,
        failing=_exchanged(report.failing, entries),
        inconclusive=_exchanged(report.inconclusive, entries),
        partly_inconclusive=_exchanged(report.partly_inconclusive, entries),
        monitoring=_exchanged(report.monitoring, entries),
    )


def _exchanged(
    entries: tuple[RuleSummary, ...], bounded_entries: Mapping[tuple[str, str], RuleSummary]
) -> tuple[RuleSummary, ...]:
    return tuple(bounded_entries[_key(entry)] for entry in entries)


def _failing(entries: list[RuleSummary]) -> Iterable[RuleSummary]:
    lists = _failing_lists(entries)
    lengths = fair_lengths(lists, _result_bytes, FAILING_BYTES, MOST)
    if any(length < len(results) for length, results in zip(lengths, lists, strict=True)):
        # Of those that cannot be drawn even without their reasons, the reasons may not be there.
        most_drawn = _most_drawn(lists)
        candidates = [results[:most] for results, most in zip(lists, most_drawn, strict=True)]
        lengths = fair_lengths(candidates, _result_bytes, FAILING_BYTES, MOST)
    for entry, results, length in zip(entries, lists, lengths, strict=True):
        more = len(results) - length
        drawn = entry.failing if not more else _in_order(results[:length], entry.failing)
        yield replace(entry, failing=drawn, more_failing=more)


def drawable(report: Summary) -> Iterator[Result]:
    """Yield the failing results that a page may draw, whatever their reasons are."""
    lists = _failing_lists(_by_rule(report).values())
    for results, most in zip(lists, _most_drawn(lists), strict=True):
        yield from results[:most]


def _failing_lists(entries: Iterable[RuleSummary]) -> Sequence[Sequence[Result]]:
    return [
        spread(entry.failing, lambda result: (bool(result.waiver), result.connection))
        for entry in entries
    ]


def _most_drawn(lists: Sequence[Sequence[Result]]) -> Sequence[int]:
    """Return how many of each list would be drawn without reasons, and the next one.

    With their reasons, all take more: so no more of any list is drawn than that.
    """
    lengths = fair_lengths(lists, _bytes_without_reason, FAILING_BYTES, MOST)
    return [length + 1 for length in lengths]


def _reasons(entries: list[RuleSummary]) -> Iterable[RuleSummary]:
    lists = [
        spread(entry.reasons, lambda reason: (not reason.whole, reason.connection))
        for entry in entries
    ]
    lengths = fair_lengths(lists, _reason_bytes, REASON_BYTES, MOST)
    for entry, reasons, length in zip(entries, lists, lengths, strict=True):
        more = len(reasons) - length
        drawn = entry.reasons if not more else _in_order(reasons[:length], entry.reasons)
        yield replace(entry, reasons=drawn, more_reasons=more)


def spread(entries: Sequence[T], group: Callable[[T], tuple[bool, str]]) -> tuple[T, ...]:
    """Return entries so that the first ones are of every connection.

    Args:
        entries: What matters most first.
        group: Returns whether an entry matters less than others, and its connection.
    """
    before: Counter[tuple[bool, str]] = Counter()
    ranked = []
    for position, entry in enumerate(entries):
        less, connection = group(entry)
        ranked.append((less, before[less, connection], position))
        before[less, connection] += 1
    return tuple(entries[position] for *_, position in sorted(ranked))


def _in_order(chosen: Sequence[T], entries: Sequence[T]) -> tuple[T, ...]:
    """Return some of the entries in the order of all of them."""
    chosen_ids = {*map(id, chosen)}
    return tuple(entry for entry in entries if id(entry) in chosen_ids)


def _subjects(entries: list[RuleSummary]) -> Iterable[RuleSummary]:
    lists = [reason.subjects for entry in entries for reason in entry.reasons]
    lengths = iter(fair_lengths(lists, _subject_bytes, SUBJECT_BYTES, MOST))
    for entry in entries:
        reasons = tuple(_with_subjects(reason, next(lengths)) for reason in entry.reasons)
        yield replace(entry, reasons=reasons)


def _with_subjects(reason: InconclusiveReason, length: int) -> InconclusiveReason:
    more = len(reason.subjects) - length
    return replace(reason, subjects=reason.subjects[:length], more_subjects=more)


def _result_bytes(result: Result) -> int:
    return _bytes_without_reason(result) + drawn_bytes(result.reason)


def _bytes_without_reason(result: Result) -> int:
    return (
        _ROW
        + _subject_bytes(result.subject)
        + drawn_bytes(result.connection, result.subject.key, result.waiver)
    )


def _reason_bytes(reason: InconclusiveReason) -> int:
    evidence = sum(
        drawn_bytes(kind.kind, kind.problem, *(shortfall.detail for shortfall in kind.shortfalls))
        for kind in reason.evidence
    )
    return _REASON + drawn_bytes(reason.reason, reason.connection) + evidence


def _subject_bytes(subject: Subject) -> int:
    return _NAME + drawn_bytes(subject.title, subject.url, *subject.owners)
