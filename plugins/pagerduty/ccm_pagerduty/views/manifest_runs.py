"""What the manifests of a connection's runs say of its collections."""

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

SEEN = frozenset({"complete", "partial"})
"""Outcomes of a collection that did see something."""


def runs(library: RecordIndex) -> list[Record]:
    """Give the manifests in the order in which the runs ended."""
    return sorted(library.records(MANIFEST), key=lambda run: (ended(run.body), run.key))


def collections(manifests: Iterable[Record], kind: str) -> list[tuple[Record, JsonObject]]:
    """Give the collections of a kind in order, each with the manifest in which it stands."""
    return [
        (run, collection)
        for run in manifests
        for collection in run.body["collections"]
        if collection["kind"] == kind
    ]


def longest_interval(moments: Sequence[datetime], since: datetime, now: datetime) -> timedelta:
    """Give the longest time without one of the moments, from an instant until now.

    Moments before that instant count: a pause that reaches into the period began with them.
    """
    before = [moment for moment in moments if moment <= since]
    inside = [moment for moment in moments if since < moment <= now]
    marks = [max(before, default=since), *inside, now]
    return max(later - earlier for earlier, later in pairwise(marks))


def ended(document: JsonObject) -> datetime:
    """Give when a run or a collection ended."""
    return parse_instant(document["ended_at"])


def started(document: JsonObject) -> datetime:
    """Give when a run or a collection began."""
    return parse_instant(document["started_at"])
