"""The view ``pagerduty.collection_health``: whether evidence is collected as was promised."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Subject
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.manifest_runs import SEEN, collections, ended, longest_interval, runs, started
from ccm_pagerduty.views.row_builder import RecordIndex, RowBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

EVIDENCE_KIND = "evidence_kind"
"""What a row is about."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each kind that the newest run was to collect."""
    manifests = runs(RecordIndex(request.records))
    if not manifests:
        return
    newest, now = manifests[-1], request.now.replace(microsecond=0)
    watched = [run for run in manifests if ended(run.body) >= request.horizon.since]
    earlier = manifests[: len(manifests) - len(watched)]
    since = request.horizon.since if earlier else started(manifests[0].body)
    for promise in newest.body["promised"]:
        kind = promise["kind"]
        trail = RowBuilder(RecordIndex(request.records))
        trail.read(newest)
        body = _rhythm(manifests, promise, since, now)
        body |= _newest(collections(manifests, kind), trail, now)
        subject = Subject(kind=EVIDENCE_KIND, key=kind, title=kind)
        trail.read_all(run for run, _ in collections(watched, kind))
        yield trail.build_for(subject, body)


def _rhythm(
    manifests: Sequence[Record], promise: JsonObject, since: datetime, now: datetime
) -> JsonObject:
    found, cadence = collections(manifests, promise["kind"]), timedelta(total_seconds=promise["cadence"])
    moments = [ended(one).replace(microsecond=0) for _, one in found if one["outcome"] in SEEN]
    start = min(since.replace(microsecond=0), now)
    pause = longest_interval(sorted(moments), start, now)
    return {
        "cadence": seconds_of(cadence),
        "observed_since": format_instant(start),
        "collections": sum(moment >= start for moment in moments),
        "longest_interval": seconds_of(pause),
    } | ({"consecutive_missed": max(pause // cadence - 1, 0)} if cadence else {})


def _newest(found: Sequence[tuple[Record, JsonObject]], trail: RowBuilder, now: datetime) -> JsonObject:
    if not found:
        return {"last_collected_at": None}
    run, newest = found[-1]
    trail.read(run)
    return {
        "last_collected_at": format_instant(ended(newest)),
        "last_outcome": newest["outcome"],
        "last_collected_age": seconds_of(now - ended(newest).replace(microsecond=0)),
        "rejected_records": newest["counts"]["rejected"],
        "unknown_fields": newest["unknown_fields"],
    }
