"""The daemon: starts polls and evaluations when they are due, until it is stopped.

Everything runs in one event loop, so that connections wait side by side and stop together. What is
due is decided in :mod:`~ccm_core.daemon.scheduler` and :mod:`~ccm_core.daemon.evaluation_timer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from ccm_core.daemon import log_lines
from ccm_core.daemon.evaluation_timer import EvaluationTimer
from ccm_core.daemon.poll import PollResult, ProgressObserver, poll_connection
from ccm_core.daemon.ports import DaemonClock, OpenWatchJob, StatusOutput, WatchJob
from ccm_core.daemon.scheduler import MAX_SLEEP, PollSchedule
from ccm_core.daemon.signals import SignalFlags
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.errors import CcmError, IntegrityError
from ccm_core.sdk.rate_limit import Limiters


class Daemon:
    """Collects and evaluates what the settings name. Used once."""

    def __init__(
        self,
        open_job: OpenWatchJob,
        *,
        clock: DaemonClock,
        output: StatusOutput,
        supervisor: SystemdNotifier,
        jitter: Callable[[], float],
        limiters: Limiters,
    ) -> None:
        """Prepare to run.

        Args:
            open_job: Reads the settings and opens what they name.
            clock: The time.
            output: Where log lines and the status go.
            supervisor: The service manager that started the process.
            jitter: Returns a number from 0 up to 1, such as ``random.random``.
            limiters: Shared by every connection.
        """
        self._open_job, self._clock, self._output = open_job, clock, output
        self._supervisor, self._jitter, self._limiters = supervisor, jitter, limiters
        self._polls: dict[str, asyncio.Task[PollResult]] = {}
        self._evaluation: asyncio.Task[str] | None = None
        self._progress: dict[str, str] = {}
        """What is being read, by connection."""
        self._last: dict[str, str] = {}
        """How the newest poll ended, by connection."""
        self._summary: str | None = None
        self._reloaded: tuple[WatchJob, ExitStack] | None = None
        """The job of reloaded settings, to be used once nothing runs by the old one."""

    async def run(self, flags: SignalFlags) -> None:
        """Run until it is stopped; the runs in flight are then cancelled and sealed.

        Raises:
            UsageError: The settings have mistakes at the start.
            IntegrityError: The store is damaged.
        """
        self._use(*self._opened())
        self._supervisor.ready()
        try:
            while not flags.stopping:
                self._reload(flags)
                self._start_due()
                self._update_status()
                await self._wait(flags)
                self._finish_done()
        finally:
            await self._shut_down()

    # -- settings -----------------------------------------------------------------------------

    def _opened(self) -> tuple[WatchJob, ExitStack]:
        stack = ExitStack()
        return stack.enter_context(self._open_job()), stack

    def _use(self, job: WatchJob, stack: ExitStack) -> None:
        now = self._clock.now()
        self._job, self._stack = job, stack
        # The store knows what is due; a poll costs nothing where nothing is.
        self._schedule = PollSchedule.all_due(job.connections, now)
        self._timer = EvaluationTimer(pending_since=now)
        self._last = {name: end for name, end in self._last.items() if name in job.connections}
        self._output.log(f"watching {', '.join(job.connections)}")

    def _reload(self, flags: SignalFlags) -> None:
        if flags.clear_reload():
            try:
                reloaded = self._opened()
            except CcmError as error:
                self._log_error("reload failed; the previous settings stay in force", error)
            else:
                self._drop_reloaded()
                self._reloaded = reloaded
        if self._reloaded and not self._polls and self._evaluation is None:
            self._stack.close()
            self._use(*self._reloaded)
            self._reloaded = None

    def _drop_reloaded(self) -> None:
        if self._reloaded is not None:
            self._reloaded[1].close()
            self._reloaded = None

    # -- what is due --------------------------------------------------------------------------

    def _start_due(self) -> None:
        if self._reloaded is not None:
            return
        now = self._clock.now()
        for name in self._schedule.startable(now):
            self._schedule = self._schedule.started(name)
            self._polls[name] = asyncio.create_task(self._poll(name))
        if self._timer.due(now, polling=bool(self._polls)):
            self._timer = self._timer.started()
            self._evaluation = asyncio.create_task(asyncio.to_thread(self._job.evaluate))

    async def _poll(self, name: str) -> PollResult:
        return await poll_connection(
            self._job,
            name,
            self._limiters,
            ProgressObserver(partial(self._set_progress, name)),
            partial(self._log_missed, name),
        )

    async def _wait(self, flags: SignalFlags) -> None:
        """Wait for the next poll, the end of one, a signal, or the longest single wait."""
        idle = self._reloaded is None
        duration = self._schedule.sleep_time(self._clock.now()) if idle else MAX_SLEEP
        sleeper = asyncio.ensure_future(self._clock.sleep(duration.total_seconds()))
        waiters = {sleeper, asyncio.ensure_future(flags.wait())}
        running = {*self._polls.values(), *([self._evaluation] if self._evaluation else [])}
        try:
            await asyncio.wait({*waiters, *running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()
            await asyncio.gather(*waiters, return_exceptions=True)

    def _finish_done(self) -> None:
        for name, poll in [(name, poll) for name, poll in self._polls.items() if poll.done()]:
            del self._polls[name]
            self._progress.pop(name, None)
            self._finish_poll(name, poll.result())
        if self._evaluation is not None and self._evaluation.done():
            evaluation, self._evaluation = self._evaluation, None
            self._timer = self._timer.ended(self._clock.now())
            self._summary = self._finish_evaluation(evaluation)

    def _finish_poll(self, name: str, result: PollResult) -> None:
        now = self._clock.now()
        if result.error is None:
            self._schedule = self._schedule.completed(name, result.due_times, now, self._jitter())
        else:
            self._schedule = self._schedule.failed(name, now)
            self._last[name] = f"not collected at {log_lines.clock_time(now)}"
        next_at = self._schedule.connections[name].due_at
        if result.manifest is not None:
            self._last[name] = f"{result.manifest.outcome} at {log_lines.clock_time(now)}"
            self._timer = self._timer.requested(now)
            for line in log_lines.run_lines(result.manifest, next_at):
                self._output.log(line)
        if result.error is not None:
            next_attempt = f"next attempt at {log_lines.clock_time(next_at)}"
            self._log_error(f"{name}: not collected; {next_attempt}", result.error)

    def _finish_evaluation(self, evaluation: asyncio.Task[str]) -> str | None:
        try:
            summary = evaluation.result()
        except IntegrityError:
            raise
        except CcmError as error:
            self._log_error("evaluation failed", error)
            return None
        if summary != self._summary:
            self._output.log(f"results: {summary}")
        return summary

    # -- the end ------------------------------------------------------------------------------

    async def _shut_down(self) -> None:
        """Cancel what runs. Each run seals itself; an evaluation is waited for and logged."""
        self._supervisor.stopping()
        running = dict(self._polls)
        for poll in running.values():
            poll.cancel()
        ends = await asyncio.gather(*running.values(), return_exceptions=True)
        for name, end in zip(running, ends, strict=True):
            if isinstance(end, CcmError):
                self._log_error(f"{name}: the run could not be sealed; the next run seals it", end)
            elif isinstance(end, asyncio.CancelledError):
                self._output.log(f"{name}: stopped; windows already stored are kept")
        try:
            if self._evaluation is not None:
                await asyncio.wait({self._evaluation})
                self._finish_evaluation(self._evaluation)
        finally:
            self._drop_reloaded()
            self._stack.close()
            self._output.set_status("")
            self._output.log("stopped")

    # -- output -------------------------------------------------------------------------------

    def _set_progress(self, name: str, progress: str) -> None:
        self._progress[name] = progress
        self._update_status()

    def _log_missed(self, name: str, missed: Mapping[str, int]) -> None:
        self._output.log(log_lines.missed_runs_line(name, missed))

    def _update_status(self) -> None:
        status = log_lines.status_line(self._schedule, self._progress, self._last, self._summary)
        self._output.set_status(status)
        self._supervisor.alive(status)

    def _log_error(self, message: str, error: CcmError) -> None:
        for line in str(error).splitlines() or [type(error).__name__]:
            self._output.log(f"{message}: {line}")
