"""Processes that derive and judge for one evaluation, and the order of what they give.

Each is a new interpreter that shares nothing with this one: it compiles the packs and opens the
store itself. They are started when there is enough for them to do, and killed at the end, which
harms nothing: they only read.

The runtime of conditions never releases what it hands to functions (cel-expr-python 0.1.3), some
kilobytes for each row; the end of a process does. So each evaluates a bounded number of rows, and
this process, which may be a daemon, few in each evaluation.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TypeVar

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.derive.connection_work import ConnectionWork
from ccm_core.pipeline.derive.row_tasks import EvaluatedRows, RowTask
from ccm_core.pipeline.derive.worker import Worker
from ccm_core.pipeline.derive.worker_messages import Begin, WorkerSetup

Task = TypeVar("Task", bound=RowTask)

_AHEAD = 2
"""How many tasks a process has at most: one that it works on, and the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """How many processes evaluate side by side for this one."""

    number: int
    setup: WorkerSetup
    """Opens what each of them needs."""
    least: int = 4000
    """How many partitions or rows are worth starting processes for. This process evaluates at most
    as many by itself."""
    most: int = 16_000
    """After how many partitions or rows another process takes the place of one."""


@dataclass(slots=True)
class WorkerPool:
    """The processes of one evaluation."""

    jobs: Jobs
    revision: str
    """Of this host."""
    _workers: list[Worker] = field(default_factory=list)
    """Those that are handed tasks, in turn: at most as many as there are jobs."""
    _leaving: list[Worker] = field(default_factory=list)
    """Those that others have taken the place of, while their last tasks are under way."""
    _turn: int = 0
    _rows_here: int = 0
    """How many partitions or rows this process has evaluated."""
    _expected: dict[str, set[str]] = field(default_factory=dict)
    """The names of partitions that were indexed, by view."""

    def is_worth(self, number: int) -> bool:
        """Return whether so many partitions or rows more are worth the processes."""
        return number >= self.jobs.least or self._rows_here + number > self.jobs.least

    def expect(self, view: str, names: Iterable[str]) -> None:
        """Note which partitions were indexed: processes start while the rest of them are."""
        if self._workers:
            return
        expected = self._expected.setdefault(view, set())
        expected.update(names)
        if self.is_worth(len(expected)):
            self._expected.clear()
            for _ in range(self.jobs.number):
                self._start(len(self._workers))

    def evaluated(
        self,
        work: ConnectionWork,
        tasks: Iterable[Task],
        number: int,
        here: Callable[[Task], EvaluatedRows],
    ) -> Iterator[tuple[Task, EvaluatedRows]]:
        """Yield what tasks give, in their order; a bounded number of them is under way.

        Args:
            work: The connection that they are about.
            tasks: Read while others are evaluated.
            number: How many partitions or rows they are, as far as that is known.
            here: Evaluates a task in this process, as long as there are few.

        Raises:
            CcmError: What a task raised.
            WorkerLost: A process ended.
        """
        for worker in (*self._workers, *self._leaving):
            worker.pending = 0  # where a view broke, nobody waits for what else was asked of it
        self._end_leaving()
        is_worth = self.is_worth(number)
        pending: deque[tuple[Task, Worker, int]] = deque()
        for task in tasks:
            is_worth = is_worth or self.is_worth(task.size)
            if is_worth:
                worker = self._next_worker(work)
                pending.append((task, worker, worker.send_task(task)))
            else:
                evaluated = here(task)
                self._rows_here += max(task.size, evaluated.size)
                yield task, evaluated
            if len(pending) >= _AHEAD * self.jobs.number:
                yield self._first(pending)
        while pending:
            yield self._first(pending)

    def close(self) -> None:
        """End all processes: none outlives this one, though it is interrupted again meanwhile."""
        for workers in (self._workers, self._leaving):
            for worker in workers:
                worker.process.kill()
        for workers in (self._workers, self._leaving):
            while workers:
                workers.pop().reap()

    def _first(self, pending: deque[tuple[Task, Worker, int]]) -> tuple[Task, EvaluatedRows]:
        task, worker, number = pending.popleft()
        evaluated = worker.receive(number, self.revision)
        worker.rows += max(0, evaluated.size - task.size)  # the task's were counted before
        self._end_leaving()
        return task, evaluated

    def _next_worker(self, work: ConnectionWork) -> Worker:
        """Return the process whose turn it is; a new one where it has evaluated its share."""
        index, self._turn = self._turn, (self._turn + 1) % self.jobs.number
        if index >= len(self._workers) or self._workers[index].rows >= self.jobs.most:
            self._start(index)
            self._end_leaving()
        worker = self._workers[index]
        if worker.connection != work.scope.connection:
            worker.connection = work.scope.connection
            worker.send(work)
        return worker

    def _start(self, index: int) -> None:
        """Start a process in a place, which another one leaves to it."""
        worker = Worker.start()
        self._leaving += self._workers[index : index + 1]
        self._workers[index : index + 1] = [worker]
        worker.send(Begin(setup=self.jobs.setup, collect_after=gc.get_threshold()))

    def _end_leaving(self) -> None:
        """End those that have given all that they were asked for."""
        for worker in [worker for worker in self._leaving if not worker.pending]:
            worker.process.kill()
            worker.reap()
            self._leaving.remove(worker)


@contextmanager
def worker_pool(jobs: Jobs | None, revision: str) -> Iterator[WorkerPool | None]:
    """Offer processes that are ended with the block; None where this process evaluates alone.

    Args:
        jobs: How many, and what they need; None: none.
        revision: Of this host.
    """
    if jobs is None:
        yield None
        return
    pool = WorkerPool(jobs, revision)
    try:
        yield pool
    finally:
        pool.close()
