"""The runs of a connection and their collections, read from the run manifests."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.views.row_builder import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RecordIndex

    Attempt: TypeAlias = tuple[Record, JsonObject]
    """The manifest of a run and one of its collections."""

SUCCESSFUL = frozenset({"complete", "partial"})
"""Outcomes of a collection that read something."""
_AMENDED = ("ended_at", "outcome", "shortfalls", "dangling")
"""What an amendment states of the collection that it amends; the rest stands there."""


def runs(index: RecordIndex) -> list[Record]:
    """Return the manifests in the order in which their runs ended."""
    return sorted(index.records(MANIFEST), key=lambda run: (ended(run.body), run.key))


def collections_by_kind(manifests: Iterable[Record]) -> dict[str, list[Attempt]]:
    """Return the collections of each kind as they were amended, in order, with their manifests."""
    by_kind: dict[str, list[Attempt]] = {}
    for run in manifests:
        for collection in _as_amended(run.body["collections"]):
            by_kind.setdefault(collection["kind"], []).append((run, collection))
    return by_kind


def newest(history: Sequence[Attempt]) -> tuple[Record, list[JsonObject]] | None:
    """Return the newest run that tried a kind, with all of its collections of it.

    Args:
        history: The collections of the kind, in order.
    """
    if not history:
        return None
    *_, (run, collections) = by_run(history)
    return run, collections


def by_run(history: Iterable[Attempt]) -> Iterator[tuple[Record, list[JsonObject]]]:
    """Yield each run that tried a kind, with its collections of it, in order."""
    for _, attempts in groupby(history, key=lambda attempt: attempt[0].key):
        run_and_collections = list(attempts)
        yield run_and_collections[0][0], [collection for _, collection in run_and_collections]


def same_since(stated: Sequence[tuple[Record, object]]) -> Record:
    """Return the run since which all state what the newest does; the first of its day at most.

    So a row changes when something else is stated, or another day begins, and not with each run.

    Args:
        stated: Runs in order, each with what it states; one at least.
    """
    run, newest_statement = stated[-1]
    day = ended(run.body).date()
    for earlier, statement in reversed(stated[:-1]):
        if statement != newest_statement or ended(earlier.body).date() != day:
            break
        run = earlier
    return run


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


def ended(document: JsonObject) -> datetime:
    """Return when a run or a collection ended."""
    return parse_instant(document["ended_at"])


def started(document: JsonObject) -> datetime:
    """Return when a run or a collection started."""
    return parse_instant(document["started_at"])


def clock_since(since: datetime) -> list[JsonObject]:
    """Return the clock of a row that runs from an instant on, without an end."""
    return [{"since": format_instant(since), "until": None, "hours": None}]
