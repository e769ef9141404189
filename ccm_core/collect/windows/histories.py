"""Reads the history of objects that enter the evidence from before the lookback.

No window has the events of such an object: an incident that has been open for longer, or the one
that another was merged into. They are stored over no time, as parts of windows are, and before the
object itself. So a run that is stopped between the two reads both again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.outcome import shortfall_of
from ccm_core.collect.planner import CollectTask, PlanInputs
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.windows.collection_record import write_batch
from ccm_core.collect.windows.window_read import WindowQuery, WindowRead
from ccm_core.errors import AuthenticationFailed, SourceError
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.types import EvidenceKind, Session

HISTORY = "history"
"""The end of the id of a collection of histories."""
MAX_HISTORIES = 500
"""Objects of which one run reads the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRead:
    """What reading the histories of some objects returned."""

    batch: WriteBatch | None = None
    """None: nothing was read."""
    shortfalls: tuple[Shortfall, ...] = ()
    """Of the objects."""
    refused: AuthenticationFailed | None = None
    """The credential was refused: the run ends here."""


async def read_histories(
    context: RunContext,
    inputs: PlanInputs,
    session: Session,
    task: CollectTask,
    read: WindowRead,
    collection: str,
) -> HistoryRead:
    """Read the history of what a refresh brought into the evidence.

    Args:
        context: Of the run.
        inputs: Of its plan.
        session: Where to read it.
        task: The refresh.
        read: What it has read, not stored yet.
        collection: The id of the collection to store the events in.
    """
    history, kind = task.collector.history, task.history_kind
    if history is None or kind is None:
        return HistoryRead()
    keys = _entering(context, task, read, inputs.horizon.since)
    if not keys:
        return HistoryRead()
    some, rest = keys[:MAX_HISTORIES], keys[MAX_HISTORIES:]
    events = WindowRead(
        context=context,
        task=replace(
            task,
            collector=replace(task.collector, refresh=history.collect, by_key=None),
            kind=kind,
        ),
        query=WindowQuery(changed_keys=tuple(some)),
        inputs=inputs,
        traffic=session.traffic,
        batch=BatchBuilder(
            validator=context.validator(kind),
            pack=context.packer(kind.name),
            collection=collection,
            window=None,
        ),
    )
    error = await events.read(session, lambda _read: None)
    return HistoryRead(
        batch=_stored(context, kind, events, inputs.horizon.since),
        shortfalls=(
            *_shortfalls(task.kind.name, some, events, error),
            *_postponed(task.kind.name, rest),
        ),
        refused=error if isinstance(error, AuthenticationFailed) else None,
    )


def _entering(
    context: RunContext, task: CollectTask, read: WindowRead, since: datetime
) -> Sequence[str]:
    """Return the objects that are new, or in doubt, and began before the windows."""
    older = {key for key, instant in read.batch.instants.items() if instant < since}
    stored = context.existing_keys(task.kind.name, older) if older else frozenset()
    entering = {key for key in older if key not in stored or key in read.query.doubtful_keys}
    # What others refer to comes first: they wait for it.
    return sorted(entering, key=lambda key: (key not in read.references, key))


def _stored(
    context: RunContext, kind: EvidenceKind, events: WindowRead, since: datetime
) -> WriteBatch | None:
    if not events.batch.observations:
        return None
    stored = write_batch(
        context, kind, events.batch, Outcome.COMPLETE, (), read=events, snapshot=False
    )
    note = "the history of objects from before the lookback: it does not cover that time"
    whole = replace(
        stored.collection,
        window=Window(since, since),
        notes=(*stored.collection.notes, note),
    )
    return replace(stored, collection=whole)


def _shortfalls(
    kind: str, keys: Sequence[str], events: WindowRead, error: SourceError | None
) -> Iterable[Shortfall]:
    subjects = tuple(f"{kind}:{key}" for key in keys)
    for shortfall in events.batch.all_shortfalls() if error is None else events.batch.shortfalls:
        yield shortfall if shortfall.subjects else replace(shortfall, subjects=subjects)
    if error is not None:
        yield replace(shortfall_of(error), subjects=subjects)


def _postponed(kind: str, keys: Sequence[str]) -> Iterable[Shortfall]:
    if keys:
        yield Shortfall(
            reason=Reason.INTERRUPTED,
            detail=f"the history of {len(keys)} objects was not read: a run reads that of "
            f"{MAX_HISTORIES}. Run `ccm collect` again",
            missing=len(keys),
            subjects=tuple(f"{kind}:{key}" for key in keys),
        )
