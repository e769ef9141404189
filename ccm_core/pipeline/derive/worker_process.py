"""A process that derives and judges for another one. It reads the store, and writes only replies.

It ends with the pipe that brings its messages, however the other process ended.
"""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from ccm_core.errors import CcmError, PluginFault, WorkerLost
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.derive.connection_work import ConnectionWork, view_evaluation, view_fault
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.row_tasks import EvaluatedRows, RowTask
from ccm_core.pipeline.derive.view_evaluation import ViewEvaluation
from ccm_core.pipeline.derive.worker_messages import (
    Begin,
    Failure,
    Ready,
    WorkerContext,
    read_frame,
    value_of,
    write_frame,
)
from ccm_core.pipeline.evaluate import load_evidence
from ccm_core.rules.choices.chosen_packs import chosen_packs
from ccm_core.rules.evaluate.build_facts import Evidence


def main() -> None:
    """Answer messages until their pipe is closed."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)  # the process that started this one decides
    incoming, outgoing = _private_streams()
    frames: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(incoming, frames), daemon=True).start()
    for reply in replies(value_of(frame) for frame in iter(frames.get, b"")):
        write_frame(outgoing, reply)


def replies(messages: Iterator[Any]) -> Iterator[Any]:
    """Yield a reply to each message, up to one that cannot be answered."""
    try:
        yield from _answers(messages)
    except CcmError as error:
        yield Failure.of(error, is_last=True)
    except MemoryError:
        text = "a process that evaluates has no more memory; run it again with fewer --jobs"
        yield Failure.of(WorkerLost(text), is_last=True)
    except Exception as fault:  # noqa: BLE001 - the other process says what went wrong
        text = f"a process that evaluates stopped at a fault of its code: {fault!r}"
        yield Failure(kind=CcmError, text=text, trace=traceback.format_exc(), is_last=True)


def _answers(messages: Iterator[Any]) -> Iterator[Any]:
    begin: Begin = next(messages)
    gc.set_threshold(*begin.collect_after)
    with begin.setup.open() as context:
        ready = Ready(revision=context.host.revision)
        yield ready
        connection: WorkingConnection | None = None
        for message in messages:
            if isinstance(message, ConnectionWork):
                connection = WorkingConnection.of(context, message)
                yield ready
            else:
                assert connection is not None  # noqa: S101 - tasks follow their connection
                yield _reply(connection, message)


def _reply(connection: WorkingConnection, task: RowTask) -> EvaluatedRows | Failure:
    try:
        return connection.evaluated(task)
    except PluginFault as fault:
        return Failure.of(fault)  # of this view alone


@dataclass(frozen=True, slots=True)
class WorkingConnection:
    """The connection that tasks are about."""

    context: WorkerContext
    evidence: Evidence
    judges: tuple[GroupJudge, ...]

    @classmethod
    def of(cls, context: WorkerContext, work: ConnectionWork) -> WorkingConnection:
        """Read what its rules look up."""
        evidence = load_evidence(context.host, work.scope, context.store, work.now)
        packs = chosen_packs(context.packs, work.now)
        return cls(context, evidence, work.judges(packs, evidence))

    def evaluated(self, task: RowTask) -> EvaluatedRows:
        """Return what a task gives.

        Raises:
            PluginFault: The view broke.
        """
        try:
            return self._view(task.view).evaluate(task)
        except (CcmError, MemoryError):
            raise
        except Exception as fault:
            raise PluginFault(view_fault(task.view, self.evidence, fault)) from fault

    def _view(self, over: str) -> ViewEvaluation:
        host, records = self.context.host, self.context.store.records
        return view_evaluation(over, host, records, self.evidence, self.judges)


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes of the messages; what plugins read and print has others in their place."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing


def _receive(incoming: BinaryIO, frames: SimpleQueue[bytes]) -> None:
    """Read on while tasks are evaluated, so that whoever writes never waits; end with the pipe."""
    try:
        while True:
            frames.put(read_frame(incoming))
    except (EOFError, OSError):
        os._exit(0)  # whatever is under way: nobody waits for it any more
