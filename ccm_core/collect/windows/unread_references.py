"""What records of a kind refer to among themselves and no run has read: an incident's parent.

Windows list what happened in them, and nothing lists what is older. No cursor is stored: what a
run left unread is found again in what was stored since the last refresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ccm_core.collect.batch_builder import RecordValidator, key_of
from ccm_core.collect.planner import CollectTask
from ccm_core.collect.references.dangling_lookup import DanglingByCollection
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.windows.window_read import Reference
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.json_codec import JsonObject

AppendedRecords = Callable[[Collection], Iterable[JsonObject]]
"""Reads what was new in a collection of an earlier run."""


def unread_references(
    context: RunContext,
    task: CollectTask,
    earlier: Sequence[Collection],
    collections: Sequence[Collection],
    dangling: DanglingByCollection,
) -> Mapping[str, Reference]:
    """Return what records of a refreshed kind name and nobody has read, in this run or before.

    Args:
        context: Of the run.
        task: The refresh.
        earlier: The collections before the run, in order.
        collections: Of the run.
        dangling: The references of its records whose target is not stored.
    """
    if task.collector.by_key is None:
        return {}
    return {
        **_left_unread(earlier, context.validator(task.kind), context.appended_records),
        **_named_in_this_run(task.kind.name, collections, dangling),
    }


def _named_in_this_run(
    kind: str, collections: Sequence[Collection], dangling: DanglingByCollection
) -> Mapping[str, Reference]:
    """Return what records that a run has stored refer to among themselves, by key."""
    return {
        reference.key: (reference.field, reference.named_by)
        for collection in collections
        if collection.kind == kind
        for reference in dangling.get(collection.id, ())
        if reference.kind == kind
    }


def _left_unread(
    earlier: Sequence[Collection], validator: RecordValidator, appended: AppendedRecords
) -> Mapping[str, Reference]:
    """Return what was named in the records of runs that were cut off before they could read it."""
    kind = validator.kind
    of_kind = [collection for collection in earlier if collection.kind == kind.name]
    refreshes = [n for n, collection in enumerate(of_kind) if _is_conclusive(collection)]
    after = of_kind[refreshes[-1] + 1 :] if refreshes else of_kind
    return {
        target: (field.field, key_of(body, kind.key) or "")
        for collection in after
        if collection.counts.appended
        for body in appended(collection)
        for field in validator.reference_fields
        for of, target in field.targets(body)
        if of == kind.name
    }


def _is_conclusive(collection: Collection) -> bool:
    """Return whether a refresh leaves no more open than it names."""
    return collection.window is None and collection.doubted is not None
