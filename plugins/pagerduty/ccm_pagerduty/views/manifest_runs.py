"""The runs of a connection and their collections, read from the run manifests."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.row_builder import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RecordIndex

SUCCESSFUL = frozenset({"complete", "partial"})
"""Outcomes of a collection that read something."""
_AMENDED = ("ended_at", "outcome", "shortfalls", "dangling")
"""What an amendment states of the collection that it amends; the rest stands there."""


def runs(index: RecordIndex) -> list[Record]:
    """Return the manifests in the order in which their runs ended."""
    return sorted(index.records(MANIFEST), key=lambda run: (ended(run.body), run.key))


def collections(manifests: Iterable[Record], kind: str) -> list[tuple[Record, JsonObject]]:
    """Return the collections of a kind as they were amended, in order, each with its manifest."""
    return [
        (run, collection)
        for run in manifests
        for collection in _as_amended(run.body["collections"])
        if collection["kind"] == kind
    ]


def newest(manifests: Iterable[Record], kind: str) -> tuple[Record, list[JsonObject]] | None:
    """Return the newest run that tried a kind, with all of its collections of it."""
    history = collections(manifests, kind)
    if not history:
        return None
    run = history[-1][0]
    return run, [collection for tried_by, collection in history if tried_by is run]


def _as_amended(collections: Iterable[JsonObject]) -> list[JsonObject]:
    """Join collections with their amendments, which state outcome and references anew."""
    joined: list[JsonObject] = []
    places: dict[str, int] = {}
    for collection in collections:
        place = places.get(collection["amends"] or "")
        if place is None:
            place = len(joined)
            joined.append(collection)
        else:
            joined[place] = joined[place] | {field: collection[field] for field in _AMENDED}
        places[collection["id"]] = place
    return joined


def longest_interval(instants: Sequence[datetime], since: datetime, now: datetime) -> timedelta:
    """Return the longest interval without one of the instants, between ``since`` and now.

    Instants before ``since`` count: an interval that reaches into the period began with them.
    """
    before = [instant for instant in instants if instant <= since]
    inside = [instant for instant in instants if since < instant <= now]
    boundaries = [max(before, default=since), *inside, now]
    return max(end - start for start, end in pairwise(boundaries))


def ended(document: JsonObject) -> datetime:
    """Return when a run or a collection ended."""
    return parse_instant(document["ended_at"])


def started(document: JsonObject) -> datetime:
    """Return when a run or a collection started."""
    return parse_instant(document["started_at"])
