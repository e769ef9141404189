"""Processes that derive and judge side by side for one evaluation, and the order of what they give.

Each is a new interpreter that shares nothing with this one: it compiles the packs and opens the
store itself. They are started when there is enough for them to do, and killed at the end, which
harms nothing: they only read.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import IO, Any, TypeVar

from ccm_core.errors import CcmError, WorkerLost
from ccm_core.pipeline.derive.connection_work import ConnectionWork
from ccm_core.pipeline.derive.row_tasks import EvaluatedRows, RowTask
from ccm_core.pipeline.derive.worker_messages import (
    Begin,
    Failure,
    Ready,
    WorkerSetup,
    read_frame,
    value_of,
    write_frame,
)

Task = TypeVar("Task", bound=RowTask)

_AHEAD = 2
"""How many tasks a process has at most: one that it works on, and the next."""
_PATIENCE = 5
"""Seconds that a process has to end once its pipe is closed."""
_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from ccm_core.pipeline.derive.worker_process import main
main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """How many processes evaluate side by side."""

    number: int
    """One: this process alone."""
    setup: WorkerSetup
    """Opens what each of the others needs."""
    least: int = 4000
    """How many partitions or rows of a view are worth starting processes for."""


@dataclass(slots=True)
class Worker:
    """One process, with the pipes to and from it."""

    process: subprocess.Popen[bytes]
    _sent: int = 0
    _received: int = 0

    @classmethod
    def start(cls) -> Worker:
        """Start a process.

        Raises:
            WorkerLost: The system does not let it be started.
        """
        command = [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)]
        # A group of its own: Ctrl-C in a terminal reaches this process, which stops the others.
        group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **group
            )
        except OSError as cause:
            raise WorkerLost(
                f"a process to evaluate with cannot be started: {cause.strerror}. Nothing was "
                "concluded; run again with fewer --jobs"
            ) from cause
        return cls(process)

    def send(self, message: Any) -> int:
        """Send a message, and return its number.

        Raises:
            WorkerLost: The process has ended.
        """
        try:
            write_frame(_pipe(self.process.stdin), message)
        except OSError as cause:
            raise self._lost() from cause
        self._sent += 1
        return self._sent

    def receive(self, number: int, revision: str) -> EvaluatedRows:
        """Return what a task gave; what it replied to earlier messages is dropped.

        Args:
            number: That of the task.
            revision: Of this host.

        Raises:
            CcmError: What the task raised.
            WorkerLost: The process has ended, or is of another version.
        """
        while True:
            try:
                reply = value_of(read_frame(_pipe(self.process.stdout)))
            except (EOFError, OSError) as cause:
                raise self._lost() from cause
            self._received += 1
            if isinstance(reply, Ready) and reply.revision != revision:
                raise WorkerLost(
                    "ccm or a plugin was installed anew while this process ran, and the processes "
                    "that it started are of the new version. Nothing was concluded; start ccm again"
                )
            if isinstance(reply, Failure) and (reply.is_last or self._received == number):
                raise reply.error()
            if self._received == number:
                assert isinstance(reply, EvaluatedRows)  # noqa: S101 - the reply to a task
                return reply

    def kill(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        self.process.wait()

    def _lost(self) -> CcmError:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        self.process.kill()  # it has closed its pipe and does not end
        code = self.process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        return WorkerLost(
            f"process {self.process.pid}, which evaluated for this one, ended with {how} before "
            "its work was done; where nobody ended it, the memory of the machine did not suffice. "
            "Nothing was concluded, and the next evaluation begins anew; run it with fewer --jobs"
        )


@dataclass(slots=True)
class WorkerPool:
    """The processes of one evaluation."""

    jobs: Jobs
    revision: str
    """Of this host."""
    _workers: list[Worker] = field(default_factory=list)
    _connection: str | None = None
    _expected: dict[str, set[str]] = field(default_factory=dict)
    """The names of partitions that were indexed, by view."""

    def is_worth(self, number: int) -> bool:
        """Return whether that many partitions or rows are worth the processes."""
        return number >= self.jobs.least

    def expect(self, view: str, names: Iterable[str]) -> None:
        """Note which partitions were indexed: processes start while the rest of them are."""
        if self._workers:
            return
        expected = self._expected.setdefault(view, set())
        expected.update(names)
        if self.is_worth(len(expected)):
            self._expected.clear()
            self._start()

    def evaluated(
        self, work: ConnectionWork, tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, EvaluatedRows]]:
        """Yield what tasks give, in their order; a bounded number of them is under way.

        Args:
            work: The connection that they are about.
            tasks: Read while others are evaluated.

        Raises:
            CcmError: What a task raised.
            WorkerLost: A process ended.
        """
        self._begin(work)
        pending: deque[tuple[Task, Worker, int]] = deque()
        for task, worker in zip(tasks, cycle(self._workers), strict=False):
            pending.append((task, worker, worker.send(task)))
            if len(pending) >= _AHEAD * len(self._workers):
                yield self._next(pending)
        while pending:
            yield self._next(pending)

    def close(self) -> None:
        """End all processes."""
        while self._workers:
            self._workers.pop().kill()

    def _next(self, pending: deque[tuple[Task, Worker, int]]) -> tuple[Task, EvaluatedRows]:
        task, worker, number = pending.popleft()
        return task, worker.receive(number, self.revision)

    def _begin(self, work: ConnectionWork) -> None:
        self._start()
        if self._connection != work.scope.connection:
            self._connection = work.scope.connection
            for worker in self._workers:
                worker.send(work)

    def _start(self) -> None:
        if self._workers:
            return
        begin = Begin(setup=self.jobs.setup, collect_after=gc.get_threshold())
        for _ in range(self.jobs.number):
            worker = Worker.start()
            self._workers.append(worker)
            worker.send(begin)


@contextmanager
def worker_pool(jobs: Jobs | None, revision: str) -> Iterator[WorkerPool | None]:
    """Offer processes that are ended with the block; None where this process evaluates alone.

    Args:
        jobs: How many, and what they need; None: none.
        revision: Of this host.
    """
    if jobs is None or jobs.number == 1:
        yield None
        return
    pool = WorkerPool(jobs, revision)
    try:
        yield pool
    finally:
        pool.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - both are pipes
    return pipe
