"""The view ``pagerduty.collection_health``: whether evidence is collected on schedule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Subject
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.manifest_runs import (
    SUCCESSFUL,
    collections,
    ended,
    longest_interval,
    newest,
    runs,
    started,
)
from ccm_pagerduty.views.row_builder import RecordIndex, RowBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

EVIDENCE_KIND = "evidence_kind"
"""The kind of a row's subject."""
_WORST_FIRST = ("failed", "unavailable", "partial", "complete")


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each kind that the newest run was scheduled to collect."""
    index = RecordIndex(request.records)
    manifests = runs(index)
    if not manifests:
        return
    last, now = manifests[-1], request.now.replace(microsecond=0)
    observed = [run for run in manifests if ended(run.body) >= request.horizon.since]
    earlier = manifests[: len(manifests) - len(observed)]
    since = request.horizon.since if earlier else started(manifests[0].body)
    for scheduled in last.body["scheduled"]:
        kind = scheduled["kind"]
        builder = RowBuilder(index)
        builder.read(last)
        body = _schedule(manifests, scheduled, since, now)
        body |= _last_collection(newest(manifests, kind), builder, now)
        subject = Subject(kind=EVIDENCE_KIND, key=kind, title=kind)
        builder.read_all(run for run, _ in collections(observed, kind))
        yield builder.build_for(subject, body)


def _schedule(
    manifests: Sequence[Record], scheduled: JsonObject, since: datetime, now: datetime
) -> JsonObject:
    """Compare the collections of a kind with their required frequency."""
    cadence = timedelta(seconds=scheduled["cadence"])
    instants = [
        ended(collection).replace(microsecond=0)
        for _, collection in collections(manifests, scheduled["kind"])
        if collection["outcome"] in SUCCESSFUL
    ]
    start = min(since.replace(microsecond=0), now)
    interval = longest_interval(sorted(instants), start, now)
    return {
        "cadence": seconds_of(cadence),
        "observed_since": format_instant(start),
        "collections": sum(instant >= start for instant in instants),
        "longest_interval": seconds_of(interval),
    } | ({"consecutive_missed": max(interval // cadence - 1, 0)} if cadence else {})


def _last_collection(
    tried: tuple[Record, list[JsonObject]] | None, builder: RowBuilder, now: datetime
) -> JsonObject:
    """Return what came of a kind in the newest run that tried it: of all its windows together."""
    if tried is None:
        return {"last_collected_at": None}
    run, read = tried
    builder.read(run)
    last = max(map(ended, read))
    return {
        "last_collected_at": format_instant(last),
        "last_outcome": min((entry["outcome"] for entry in read), key=_WORST_FIRST.index),
        "last_collected_age": seconds_of(now - last.replace(microsecond=0)),
        "rejected_records": sum(entry["counts"]["rejected"] for entry in read),
        "unknown_fields": sorted({name for entry in read for name in entry["unknown_fields"]}),
    }
