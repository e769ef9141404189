"""The watch: starts rounds and verdicts when they are due, until it is told to stop.

Everything runs in one event loop, so that connections wait side by side and stop together. What
decides is in :mod:`~ccm_core.daemon.scheduler` and :mod:`~ccm_core.daemon.evaluation_timer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from ccm_core.daemon import log_lines
from ccm_core.daemon.evaluation_timer import EvaluationTimer
from ccm_core.daemon.poll import PollResult, ProgressObserver, look
from ccm_core.daemon.ports import DaemonClock, OpenWatchJob, StatusOutput, WatchJob
from ccm_core.daemon.scheduler import STEP, PollSchedule
from ccm_core.daemon.signals import SignalFlags
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.errors import CcmError, IntegrityError
from ccm_core.sdk.rate_limit import Limiters


class Daemon:
    """Watches what the settings name. Used once."""

    def __init__(
        self,
        open_duty: OpenWatchJob,
        *,
        clock: DaemonClock,
        voice: StatusOutput,
        supervisor: SystemdNotifier,
        jitter: Callable[[], float],
        limiters: Limiters,
    ) -> None:
        """Prepare to watch.

        Args:
            open_duty: Reads the settings and opens what they name.
            clock: The time.
            voice: Who is told.
            supervisor: Who started the process.
            jitter: Gives a number from 0 up to 1, such as ``random.random``.
            limiters: Shared by every connection.
        """
        self._open, self._clock, self._voice = open_duty, clock, voice
        self._supervisor, self._jitter, self._limiters = supervisor, jitter, limiters
        self._rounds: dict[str, asyncio.Task[PollResult]] = {}
        self._verdict: asyncio.Task[str] | None = None
        self._reading: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._judged: str | None = None
        self._replacement: tuple[WatchJob, ExitStack] | None = None
        """Settings that were read anew, to be used once nothing runs by the old ones."""

    async def run(self, orders: SignalFlags) -> None:
        """Watch until it is ordered to stop; the runs in flight are given up and sealed.

        Raises:
            UsageError: The settings have mistakes at the start.
            IntegrityError: The store is damaged.
        """
        self._take(*self._opened())
        self._supervisor.ready()
        try:
            while not orders.stopping:
                self._heed(orders)
                self._begin_what_is_due()
                self._show()
                await self._something(orders)
                self._end_what_is_done()
        finally:
            await self._give_up()

    # -- settings -----------------------------------------------------------------------------

    def _opened(self) -> tuple[WatchJob, ExitStack]:
        stack = ExitStack()
        return stack.enter_context(self._open()), stack

    def _take(self, duty: WatchJob, held: ExitStack) -> None:
        now = self._clock.now()
        self._duty, self._held = duty, held
        # The store knows what is due; a look costs nothing where nothing is.
        self._schedule = PollSchedule.begun(duty.connections, now)
        self._judging = EvaluationTimer(asked_at=now)
        self._last = {name: how for name, how in self._last.items() if name in duty.connections}
        self._voice.say(f"watching {', '.join(duty.connections)}")

    def _heed(self, orders: SignalFlags) -> None:
        if orders.take_reload():
            try:
                fresh = self._opened()
            except CcmError as error:
                self._say_error("the settings cannot be used; the old ones stay in force", error)
            else:
                self._drop_replacement()
                self._replacement = fresh
        if self._replacement and not self._rounds and self._verdict is None:
            self._held.close()
            self._take(*self._replacement)
            self._replacement = None

    def _drop_replacement(self) -> None:
        if self._replacement is not None:
            self._replacement[1].close()
            self._replacement = None

    # -- what is due --------------------------------------------------------------------------

    def _begin_what_is_due(self) -> None:
        if self._replacement is not None:
            return
        now = self._clock.now()
        for name in self._schedule.startable(now):
            self._schedule = self._schedule.started(name)
            gaze = ProgressObserver(partial(self._gazed, name))
            slots = partial(self._slots_missed, name)
            looking = look(self._duty, name, self._limiters, gaze, slots)
            self._rounds[name] = asyncio.create_task(looking)
        if self._judging.due(now, reading=bool(self._rounds)):
            self._judging = self._judging.began()
            self._verdict = asyncio.create_task(asyncio.to_thread(self._duty.judge))

    async def _something(self, orders: SignalFlags) -> None:
        """Wait for the next round, the end of one, an order, or the step after which to look."""
        idle = self._replacement is None
        wait = self._schedule.wait(self._clock.now()) if idle else STEP
        sleeper = asyncio.ensure_future(self._clock.sleep(wait.total_seconds()))
        waiters = {sleeper, asyncio.ensure_future(orders.given())}
        running = {*self._rounds.values(), *([self._verdict] if self._verdict else [])}
        try:
            await asyncio.wait({*waiters, *running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()
            await asyncio.gather(*waiters, return_exceptions=True)

    def _end_what_is_done(self) -> None:
        for name, task in [each for each in self._rounds.items() if each[1].done()]:
            del self._rounds[name]
            self._reading.pop(name, None)
            self._round_over(name, task.result())
        if self._verdict is not None and self._verdict.done():
            task_of_verdict, self._verdict = self._verdict, None
            self._judging = self._judging.ended(self._clock.now())
            self._judged = self._judgement(task_of_verdict)

    def _round_over(self, name: str, looked: PollResult) -> None:
        now = self._clock.now()
        if looked.error is None:
            self._schedule = self._schedule.rested(name, looked.due_times, now, self._jitter())
        else:
            self._schedule = self._schedule.failed(name, now)
            self._last[name] = f"not read at {log_lines.clock_time(now)}"
        next_at = self._schedule.posts[name].due_at
        if looked.manifest is not None:
            self._last[name] = f"{looked.manifest.outcome} at {log_lines.clock_time(now)}"
            self._judging = self._judging.asked(now)
            for line in log_lines.round_over(looked.manifest, next_at):
                self._voice.say(line)
        if looked.error is not None:
            again = f"{name}: not read, tried again at {log_lines.clock_time(next_at)}"
            self._say_error(again, looked.error)

    def _judgement(self, task: asyncio.Task[str]) -> str | None:
        try:
            verdict = task.result()
        except IntegrityError:
            raise
        except CcmError as error:
            self._say_error("nothing could be judged", error)
            return None
        if verdict != self._judged:
            self._voice.say(f"verdict: {verdict}")
        return verdict

    # -- the end ------------------------------------------------------------------------------

    async def _give_up(self) -> None:
        """Stop what runs. Each run keeps what it had and seals itself; a verdict is still told."""
        self._supervisor.stopping()
        running = dict(self._rounds)
        for task in running.values():
            task.cancel()
        ended = await asyncio.gather(*running.values(), return_exceptions=True)
        for name, what in zip(running, ended, strict=True):
            if isinstance(what, CcmError):
                self._say_error(f"{name}: the run could not be sealed; the next one does", what)
            elif isinstance(what, asyncio.CancelledError):
                self._voice.say(f"{name}: stopped; what was kept is kept")
        try:
            if self._verdict is not None:
                await asyncio.wait({self._verdict})
                self._judgement(self._verdict)
        finally:
            self._drop_replacement()
            self._held.close()
            self._voice.show("")
            self._voice.say("stopped")

    # -- telling ------------------------------------------------------------------------------

    def _gazed(self, name: str, what: str) -> None:
        self._reading[name] = what
        self._show()

    def _slots_missed(self, name: str, missed: Mapping[str, int]) -> None:
        self._voice.say(log_lines.slots_missed(name, missed))

    def _show(self) -> None:
        status = log_lines.status(self._schedule, self._reading, self._last, self._judged)
        self._voice.show(status)
        self._supervisor.alive(status)

    def _say_error(self, what: str, error: CcmError) -> None:
        for line in str(error).splitlines() or [type(error).__name__]:
            self._voice.say(f"{what}: {line}")
