"""Assess one kind over a period: collections scheduled and completed, and evidence gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from ccm_core.assurance.inputs import ConnectionHistory
from ccm_core.assurance.sufficiency_spans import (
    LATEST,
    SufficiencySpan,
    event_spans,
    snapshot_spans,
)
from ccm_core.model.assurance import EvidenceGap, KindAssurance
from ccm_core.model.evidence.collection import WORST_FIRST, Collection
from ccm_core.model.evidence.window import Window, subtract, union

_DEFAULT = timedelta(days=1)


def kind_assurance(history: ConnectionHistory, kind: str, period: Window) -> KindAssurance:
    """Return what the evidence of a period proves of one kind of one connection.

    Args:
        history: The connection.
        kind: The kind.
        period: The part of the period that has elapsed.
    """
    gaps = find_evidence_gaps(history, kind, period)
    frequencies = list(_required_frequencies(history, kind, period))
    runs = _collections_by_run(history, kind, period)
    outcomes = Counter(_worst(collections).outcome.value for collections in runs.values())
    return KindAssurance(
        connection=history.connection,
        kind=kind,
        required_frequency=frequencies[-1][1].total_seconds() if frequencies else None,
        scheduled=int(
            sum(window.length / frequency for window, frequency in frequencies if frequency)
        ),
        completed=sum(_is_complete(collections) for collections in runs.values()),
        outcomes=dict(sorted(outcomes.items())),
        evidence_coverage=coverage(gaps, period),
        evidence_gaps=gaps,
    )


def find_evidence_gaps(
    history: ConnectionHistory, kind: str, period: Window, max_age: timedelta | None = None
) -> tuple[EvidenceGap, ...]:
    """Return every part of a period for which the evidence of a kind was not sufficient.

    Args:
        history: The connection.
        kind: The kind.
        period: The part of the period that has elapsed.
        max_age: How old the evidence may be; None: twice its required frequency.
    """
    collections = sorted(
        (collection for collection in history.collections if collection.kind == kind),
        key=lambda collection: (collection.ended_at, collection.started_at, collection.id),
    )
    gaps = [
        EvidenceGap(
            connection=history.connection,
            kind=kind,
            since=window.since,
            until=window.until,
            reason=span.problem or "the evidence of these objects was incomplete",
            subjects=tuple(sorted(span.subjects)),
        )
        for limited, allowed in _age_limits(history, kind, period, max_age)
        for span in _spans(history, kind, collections, allowed)
        if (span.problem or span.subjects) and (window := span.window.intersection(limited))
    ]
    return tuple(_joined(gaps))


def coverage(gaps: Iterable[EvidenceGap], period: Window) -> float:
    """Return the share of a period without gaps; those of named objects do not count."""
    if period.since >= period.until:
        return 0.0
    missing = union(Window(gap.since, gap.until) for gap in gaps if not gap.subjects)
    covered = subtract([period], missing)
    return sum((window.length for window in covered), timedelta()) / period.length


def _spans(
    history: ConnectionHistory, kind: str, collections: Sequence[Collection], allowed: timedelta
) -> Iterator[SufficiencySpan]:
    if kind in history.event_kinds:
        refreshed = kind in history.refreshed_kinds
        return event_spans(collections, allowed, history.lookback, refreshed=refreshed)
    return snapshot_spans(collections, allowed)


def _age_limits(
    history: ConnectionHistory, kind: str, period: Window, max_age: timedelta | None
) -> Sequence[tuple[Window, timedelta]]:
    """Return how old the evidence might be: twice the frequency that was required at the time."""
    if max_age is not None:
        return [(period, max_age)]
    frequencies = list(_required_frequencies(history, kind, period))
    unstated = subtract([period], [window for window, _ in frequencies])
    usual = history.cadences.get(kind, _DEFAULT)
    limits = [(window, 2 * frequency) for window, frequency in frequencies]
    return sorted([*limits, *((window, 2 * usual) for window in unstated)])


def _joined(gaps: Sequence[EvidenceGap]) -> Iterator[EvidenceGap]:
    """Join adjacent gaps of one reason."""
    previous: EvidenceGap | None = None
    for gap in gaps:
        if previous and _continues(previous, gap):
            previous = replace(previous, until=gap.until)
            continue
        if previous:
            yield previous
        previous = gap
    if previous:
        yield previous


def _continues(previous: EvidenceGap, gap: EvidenceGap) -> bool:
    same = (previous.reason, previous.subjects) == (gap.reason, gap.subjects)
    return previous.until == gap.since and same


# -- collections ------------------------------------------------------------------------------


def _required_frequencies(
    history: ConnectionHistory, kind: str, period: Window
) -> Iterator[tuple[Window, timedelta]]:
    """Yield each frequency with the time it was in force: from a run that states it to the next."""
    runs = sorted(history.manifests, key=lambda run: run.started_at)
    stated = [
        (
            run.started_at,
            next(
                (kind_plan.cadence for kind_plan in run.scheduled if kind_plan.kind == kind), None
            ),
        )
        for run in runs
    ]
    changes = [next(group) for _, group in groupby(stated, key=lambda pair: pair[1])]
    ends = [since for since, _ in changes[1:]]
    for (since, seconds), until in zip(changes, [*ends, LATEST], strict=False):
        window = Window(since, until).intersection(period)
        if seconds is not None and window:
            yield window, timedelta(seconds=seconds)


def _collections_by_run(
    history: ConnectionHistory, kind: str, period: Window
) -> dict[str, list[Collection]]:
    """Return what was collected of a kind in a period, by run."""
    runs: dict[str, list[Collection]] = {}
    for collection in history.collections:
        if collection.kind == kind and collection.ended_at in period:
            runs.setdefault(collection.run, []).append(collection)
    return runs


def _is_complete(collections: Iterable[Collection]) -> bool:
    return all(collection.doubted == frozenset() for collection in collections)


def _worst(collections: Iterable[Collection]) -> Collection:
    return min(collections, key=lambda collection: WORST_FIRST.index(collection.outcome))
