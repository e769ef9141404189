"""Parts of a window that are stored before all of it was read, and what the next run has of them.

A part is a complete collection over no time at all: what it holds is evidence, and it states
nothing of the window. A window of which only parts are stored is planned again, and its collector
is handed the events of the parts.
"""

from __future__ import annotations

from dataclasses import replace

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.windows.collection_record import write_batch
from ccm_core.collect.windows.window_read import Flaw, WindowRead
from ccm_core.model.evidence.collection import Counts, Outcome
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import EvidenceKind

PART = "part"
"""With its number, the end of the id of a part."""


def flaws_of(batch: BatchBuilder) -> tuple[Flaw, ...]:
    """Return what is missing so far, without what changes with the number of objects read."""
    return tuple(
        (shortfall.reason.value, shortfall.missing, shortfall.subjects)
        for shortfall in batch.all_shortfalls()
    )


def part_of(context: RunContext, kind: EvidenceKind, read: WindowRead) -> WriteBatch | None:
    """Return what a read has returned since its last part; None: nothing, or not without a flaw.

    What was read with a flaw is stored with the window alone, which states the flaw.

    Args:
        context: Of the run.
        kind: What is being read.
        read: A read of a window that goes on.
    """
    window, observations = read.batch.window, read.batch.take_unstored()
    before, read.flaws = read.flaws, flaws_of(read.batch)
    if window is None or not observations or read.flaws != before:
        return None
    whole = write_batch(
        context, kind, read.batch, Outcome.COMPLETE, (), read=read, snapshot=False
    ).collection
    read.parts += 1
    bounds = f"{format_instant(window.since)} to {format_instant(window.until)}"
    return WriteBatch(
        collection=replace(
            whole,
            id=f"{whole.id}/{PART}-{read.parts}",
            window=Window(window.since, window.since),
            requests=(),
            counts=Counts(items=len(observations)),
            notes=(f"stored before all of {bounds} was read: it does not cover that time",),
        ),
        observations=observations,
    )
