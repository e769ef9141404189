"""What the evidence of a period proves of one kind of one connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.concluding.gaps import Gap, continues, coverage, gap_of, gap_texts
from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.scope import Watch
from ccm_core.bundle.verifier.spans import (
    LATEST,
    Collected,
    EvidenceSpan,
    Window,
    event_spans,
    intersection,
    snapshot_spans,
    subtract,
)

WORST_FIRST = ("failed", "unavailable", "partial", "complete")
USUAL_CADENCE = 86400.0


class Collecting(NamedTuple):
    """One connection, and what was collected over it."""

    connection: str
    watch: Watch
    collections: Sequence[Collected]
    runs: Sequence[Mapping[str, Any]]
    """When its runs began, in that order, and what each was to collect how often."""


def started(run: Mapping[str, Any]) -> datetime:
    """Return when a run began."""
    return moment(run["started_at"])


def kind_assurance(source: Collecting, kind: str, period: Window) -> dict[str, Any]:
    """Return what the evidence of a period proves of one kind of one connection."""
    gaps = find_gaps(source, kind, period, None)
    frequencies = list(required_frequencies(source, kind, period))
    runs: dict[str, list[Collected]] = {}
    for collection in source.collections:
        if collection.kind == kind and period[0] <= collection.ended_at < period[1]:
            runs.setdefault(collection.run, []).append(collection)
    worst = Counter(
        min((entry.outcome for entry in run), key=WORST_FIRST.index) for run in runs.values()
    )
    return {
        "connection": source.connection,
        "kind": kind,
        "required_frequency": frequencies[-1][1].total_seconds() if frequencies else None,
        "scheduled": int(sum((end - at) / every for (at, end), every in frequencies if every)),
        "completed": sum(
            all(entry.doubted == frozenset() for entry in run) for run in runs.values()
        ),
        "outcomes": dict(worst),
        "evidence_coverage": coverage(gaps, period),
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
    }


def find_gaps(source: Collecting, kind: str, period: Window, max_age: float | None) -> list[Gap]:
    """Return every part of a period for which the evidence of a kind was not sufficient."""
    gaps: list[Gap] = []
    for limited, allowed in age_limits(source, kind, period, max_age):
        for span in kind_spans(source, kind, allowed):
            window = intersection(span.window, limited)
            if window and (span.problem or span.subjects):
                reason = span.problem or "the evidence of these objects was incomplete"
                gap = gap_of(window, reason, source.connection, kind, sorted(span.subjects))
                if gaps and continues(gaps[-1], gap):
                    gaps[-1]["until"] = gap["until"]
                else:
                    gaps.append(gap)
    return gaps


def kind_spans(source: Collecting, kind: str, allowed: timedelta) -> Iterator[EvidenceSpan]:
    """Return the spans of a kind."""
    collections = [entry for entry in source.collections if entry.kind == kind]
    if kind in source.watch.events:
        lookback = timedelta(seconds=source.watch.lookback)
        return event_spans(collections, allowed, lookback, refreshed=kind in source.watch.refreshed)
    return snapshot_spans(collections, allowed)


def age_limits(
    source: Collecting, kind: str, period: Window, max_age: float | None
) -> list[tuple[Window, timedelta]]:
    """Return how old the evidence might be: twice the frequency that was required at the time."""
    if max_age is not None:
        return [(period, timedelta(seconds=max_age))]
    frequencies = list(required_frequencies(source, kind, period))
    usual = 2 * timedelta(seconds=source.watch.cadences.get(kind, USUAL_CADENCE))
    unstated = subtract([period], [window for window, _ in frequencies])
    limits = [(window, 2 * frequency) for window, frequency in frequencies]
    return sorted([*limits, *((window, usual) for window in unstated)])


def required_frequencies(
    source: Collecting, kind: str, period: Window
) -> Iterator[tuple[Window, timedelta]]:
    """Yield each frequency with the time it was in force: from a run that states it to the next."""
    stated = []
    for run in source.runs:
        cadences = [plan["cadence"] for plan in run["scheduled"] if plan["kind"] == kind]
        stated.append((started(run), cadences[0] if cadences else None))
    changes = [next(group) for _, group in groupby(stated, key=lambda pair: pair[1])]
    for (since, seconds), until in zip(changes, [*(at for at, _ in changes[1:]), LATEST]):
        window = intersection((since, until), period)
        if seconds is not None and window:
            yield window, timedelta(seconds=seconds)
