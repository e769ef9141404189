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


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each kind that the newest run was scheduled to collect."""
    index = RecordIndex(request.records)
    manifests = runs(index)
    if not manifests:
        return
    newest, now = manifests[-1], request.now.replace(microsecond=0)
    observed = [run for run in manifests if ended(run.body) >= request.horizon.since]
    earlier = manifests[: len(manifests) - len(observed)]
    since = request.horizon.since if earlier else started(manifests[0].body)
    for scheduled in newest.body["scheduled"]:
        kind = scheduled["kind"]
        builder = RowBuilder(index)
        builder.read(newest)
        body = _schedule(manifests, scheduled, since, now)
        body |= _last_collection(collections(manifests, kind), builder, now)
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
    history: Sequence[tuple[Record, JsonObject]], builder: RowBuilder, now: datetime
) -> JsonObject:
    if not history:
        return {"last_collected_at": None}
    run, newest = history[-1]
    builder.read(run)
    return {
        "last_collected_at": format_instant(ended(newest)),
        "last_outcome": newest["outcome"],
        "last_collected_age": seconds_of(now - ended(newest).replace(microsecond=0)),
        "rejected_records": newest["counts"]["rejected"],
        "unknown_fields": newest["unknown_fields"],
    }
