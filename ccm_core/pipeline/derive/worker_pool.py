"""Processes that derive and judge side by side for one evaluation, and the order of what they give.

Each is a new interpreter that shares nothing with this one: it compiles the packs and opens the
store itself. They are started when there is enough for them to do, and killed at the end, which
harms nothing: they only read.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import TypeVar

from ccm_core.pipeline.derive.connection_work import ConnectionWork
from ccm_core.pipeline.derive.row_tasks import EvaluatedRows, RowTask
from ccm_core.pipeline.derive.worker import Worker
from ccm_core.pipeline.derive.worker_messages import Begin, WorkerSetup

Task = TypeVar("Task", bound=RowTask)

_AHEAD = 2
"""How many tasks a process has at most: one that it works on, and the next."""


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
        """End all processes: none outlives this one, though it is interrupted again meanwhile."""
        for worker in self._workers:
            worker.process.kill()
        while self._workers:
            self._workers.pop().reap()

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
