"""The queries with which the windows of a kind are read, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ccm_core.collect.batch_builder import at_path
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.windows.window_read import WindowQuery
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Collector, NamedBy


def window_queries(
    context: RunContext,
    collector: Collector,
    windows: Iterable[Window | None],
    collections: Sequence[Collection],
) -> list[WindowQuery]:
    """Return a query for each window, with the objects that events of it name.

    Args:
        context: Reads stored events.
        collector: Of the kind.
        windows: What to read; None: a snapshot.
        collections: Of the connection, those of this run included.
    """
    queries = []
    for window in windows:
        overlap = collector.overlap if window else timedelta(0)
        requested = window and Window(window.since - overlap, window.until)
        named = (
            _named_keys(context, collector.named_by, requested, collections)
            if collector.named_by and requested
            else ()
        )
        queries.append(WindowQuery(window=window, overlap=overlap, changed_keys=named))
    return queries


def _named_keys(
    context: RunContext, named_by: NamedBy, window: Window, collections: Sequence[Collection]
) -> tuple[str, ...]:
    """Return the keys that events of a window name, sorted.

    Only what collections of that time appended is read: an event that one of them listed again was
    appended by another, which covers it as well.
    """
    appended = (
        body
        for collection in collections
        if collection.kind == named_by.kind and _may_cover(collection, window)
        for body in context.appended_records(collection)
    )
    marked = (body for body in appended if _is_marked(body, named_by, window))
    return tuple(sorted({str(at_path(body, named_by.path)) for body in marked}))


def _may_cover(collection: Collection, window: Window) -> bool:
    """Return whether a collection may have appended events of a window.

    One without a length is a part of another, or the history of single objects: of any time.
    """
    covered = collection.window
    if covered is None or not collection.counts.appended:
        return False
    return not covered.length or covered.intersection(window) is not None


def _is_marked(body: JsonObject, named_by: NamedBy, window: Window) -> bool:
    path, value = named_by.marker
    instant = at_path(body, named_by.occurred_at)
    return (
        at_path(body, path) == value
        and isinstance(at_path(body, named_by.path), str)
        and isinstance(instant, str)
        and parse_instant(instant) in window
    )
