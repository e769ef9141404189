"""The collection that states what one window returned, and the batch that stores both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.windows.window_read import WindowRead
from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import (
    Collection,
    Dangling,
    LookupOutcome,
    Outcome,
    Shortfall,
)
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.sdk.types import EvidenceKind


def write_batch(
    context: RunContext,
    kind: EvidenceKind,
    batch: BatchBuilder,
    outcome: Outcome,
    shortfalls: Sequence[Shortfall],
    *,
    read: WindowRead | None,
    snapshot: bool,
) -> WriteBatch:
    """Return what is stored of a window.

    Args:
        context: Of the run, and the clock of its end.
        kind: What was read.
        batch: What the window returned.
        outcome: How that went.
        shortfalls: What is missing.
        read: The read that ended; None: it was not tried.
        snapshot: Whether what is not in the batch is gone.
    """
    now, counts = context.clock(), batch.counts()
    collection = Collection(
        id=batch.collection,
        run=context.run,
        connection=context.connection,
        kind=kind.name,
        version=kind.version,
        window=batch.window,
        started_at=read.started_at if read else now,
        ended_at=now,
        outcome=outcome,
        shortfalls=tuple(shortfalls),
        requests=batch.requests(),
        counts=read.with_traffic(counts) if read else counts,
        unknown_fields=tuple(sorted(batch.unknown_fields)),
        notes=tuple(dict.fromkeys(batch.notes)),
        depends_on=tuple(dict.fromkeys(batch.depends_on)),
        account=context.account,
        dangling=_gone(kind, batch, read),
    )
    return WriteBatch(
        collection=collection,
        observations=tuple(batch.observations.values()),
        rejected=tuple(batch.rejected),
        snapshot=snapshot,
    )


def _gone(kind: EvidenceKind, batch: BatchBuilder, read: WindowRead | None) -> tuple[Dangling, ...]:
    """Return what was requested by its key because records name it, and does not exist any more."""
    named = {**read.query.references, **read.references} if read else {}
    return tuple(
        Dangling(
            field=field,
            kind=kind.name,
            key=key,
            named_by=referrer,
            lookup_outcome=LookupOutcome.DELETED,
        )
        for key, (field, referrer) in sorted(named.items())
        if key in batch.gone
    )


def current_collections(
    kinds: Sequence[str], of_run: Sequence[Collection], earlier: Sequence[Collection]
) -> Mapping[str, Sequence[Collection]]:
    """Return the collections of a run of some kinds, or else the newest of each before it."""
    current: dict[str, Sequence[Collection]] = {}
    for kind in kinds:
        in_run = [collection for collection in of_run if collection.kind == kind]
        before = [collection for collection in earlier if collection.kind == kind]
        current[kind] = as_amended(in_run) if in_run else as_amended(before)[-1:]
    return current
