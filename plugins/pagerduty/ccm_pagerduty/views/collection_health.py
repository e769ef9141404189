"""The view ``pagerduty.collection_health``: whether evidence is collected on schedule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Subject
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.manifest_runs import (
    SUCCESSFUL,
    clock_since,
    collections_by_kind,
    ended,
    newest,
    runs,
    started,
)
from ccm_pagerduty.views.missed_collections import missed_collections
from ccm_pagerduty.views.row_builder import RecordIndex, RowBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.manifest_runs import Attempt

EVIDENCE_KIND = "evidence_kind"
"""The kind of a row's subject."""
_UNKNOWN = dict.fromkeys(("missed", "overdue"), "no frequency of collection is required")
_WORST_FIRST = ("failed", "unavailable", "partial", "complete")


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each kind that the newest run was scheduled to collect."""
    index = RecordIndex(request.records)
    manifests = runs(index)
    if not manifests:
        return
    first, history = _first_scheduled(manifests), collections_by_kind(manifests)
    stating = _stating_runs(manifests)
    for scheduled in manifests[-1].body["scheduled"]:
        kind = scheduled["kind"]
        builder = RowBuilder(index)
        builder.read(stating[kind])
        attempts = history.get(kind, [])
        body = _schedule(first[kind], attempts, timedelta(seconds=scheduled["cadence"]), builder)
        body |= _last_collection(newest(attempts), builder)
        subject = Subject(kind=EVIDENCE_KIND, key=kind, title=kind)
        yield builder.build_for(subject, body, _UNKNOWN)


def _first_scheduled(manifests: Iterable[Record]) -> dict[str, Record]:
    """Return the first run that was scheduled to collect each kind."""
    first: dict[str, Record] = {}
    for run in manifests:
        for scheduled in run.body["scheduled"]:
            first.setdefault(scheduled["kind"], run)
    return first


def _stating_runs(manifests: Iterable[Record]) -> dict[str, Record]:
    """Return by kind the run that states its frequency: the one that tried it last, or a later one.

    That is the run since which the frequency is another one. So a run in which a kind was not due
    changes nothing of its row.
    """
    stating: dict[str, Record] = {}
    before: dict[str, float] = {}
    for run in manifests:
        tried = {collection["kind"] for collection in run.body["collections"]}
        cadences = {entry["kind"]: entry["cadence"] for entry in run.body["scheduled"]}
        for kind, cadence in cadences.items():
            if kind in tried or before.get(kind) != cadence:
                stating[kind] = run
        before = cadences
    return stating


def _schedule(
    first: Record, attempts: Sequence[Attempt], cadence: timedelta, builder: RowBuilder
) -> JsonObject:
    """Compare the collections of a kind with their required frequency."""
    successes = list(_successes(attempts))
    since = started(first.body).replace(microsecond=0)
    last = max((instant for instant, _ in successes), default=None)
    body: JsonObject = {
        "cadence": seconds_of(cadence),
        "waiting_since": None if last else format_instant(since),
        "last_successful_at": None if last is None else format_instant(last),
    }
    boundaries = {last or since}
    if cadence:
        missed = missed_collections([since, *(instant for instant, _ in successes)], cadence)
        boundaries |= {instant for entry in missed for instant in (entry.since, entry.until)}
        body["missed"] = [entry.plain() for entry in missed]
        body["overdue"] = clock_since((last or since) + cadence)
    bounding = [(since, first), *successes]
    builder.read_all(run for instant, run in bounding if instant in boundaries)
    return body


def _successes(attempts: Iterable[Attempt]) -> Iterator[tuple[datetime, Record]]:
    """Yield when something of a kind was read, with the run that read it."""
    for run, collection in attempts:
        if collection["outcome"] in SUCCESSFUL:
            yield ended(collection).replace(microsecond=0), run


def _last_collection(
    tried: tuple[Record, list[JsonObject]] | None, builder: RowBuilder
) -> JsonObject:
    """Return what came of a kind in the newest run that tried it: of all its windows together."""
    if tried is None:
        return {"last_collected_at": None}
    run, read = tried
    builder.read(run)
    return {
        "last_collected_at": format_instant(max(map(ended, read))),
        "last_outcome": min((entry["outcome"] for entry in read), key=_WORST_FIRST.index),
        "rejected_records": sum(entry["counts"]["rejected"] for entry in read),
        "unknown_fields": sorted({name for entry in read for name in entry["unknown_fields"]}),
    }
