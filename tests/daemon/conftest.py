"""A watch over sources made of Python values, whose clock leaps while nothing runs."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.ports import WatchJob
from ccm_core.daemon.signals import SignalFlags
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.errors import CcmError
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import CredentialInfo, Request, Visibility
from ccm_core.pipeline.context import Connection, Host
from ccm_core.sdk.rate_limit import Limiter, Limiters
from ccm_core.sdk.types import (
    AuthMethod,
    Collector,
    Connector,
    EvidenceKind,
    Horizon,
    Page,
    Shape,
    Traffic,
)
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "required": ["id"],
    "additionalProperties": False,
}
KIND = EvidenceKind(
    name="fake.thing",
    version=1,
    title="Things",
    shape=Shape.SNAPSHOT,
    key=("id",),
    cadence=HOUR,
    schema=lambda: SCHEMA,
)


class LeapingClock:
    """Gives time away: a sleep is over at once, unless something runs, which takes no time."""

    def __init__(self, *, now: datetime = NOW, until: datetime, flags: SignalFlags) -> None:
        self.moment, self.until, self.flags = now, until, flags
        self.busy: Callable[[], bool] = lambda: False
        self.at: list[tuple[datetime, Callable[[], None]]] = []
        """What happens at which moment."""

    def now(self) -> datetime:
        """Give the moment."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Leap, or wait for what runs."""
        for _ in range(6):
            # Whoever has just ended is heard first: then this sleep is given up.
            await asyncio.sleep(0)
        if self.busy():
            await asyncio.Event().wait()
        self.moment += timedelta(seconds=seconds)
        for when, what in [each for each in self.at if each[0] <= self.moment]:
            self.at.remove((when, what))
            what()
        if self.moment >= self.until:
            self.flags.stop()


class RecordedOutput:
    """Records log lines and statuses."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.statuses: list[str] = []

    def log(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def set_status(self, status: str) -> None:
        """Keep a status."""
        self.statuses.append(status)

    def about(self, text: str) -> list[str]:
        """Give the lines that hold a text."""
        return [line for line in self.lines if text in line]


class Counted:
    """A store that counts the runs over each connection that are under way."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        """The most at once, by connection."""

    def __getattr__(self, name: str):
        """Leave everything else to the store."""
        return getattr(self._store, name)

    @contextmanager
    def lock_connection(self, connection: str) -> Iterator[None]:
        """Count while it is held."""
        with self._store.lock_connection(connection):
            self.running[connection] += 1
            self.most[connection] = max(self.most[connection], self.running[connection])
            try:
                yield
            finally:
                self.running[connection] -= 1


class Counting(ThreadPoolExecutor):
    """Threads that count what they were given and have not done yet."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self.under_way = 0

    def submit(self, work, /, *arguments, **named):
        """Take work; it is under way until the event loop has heard of its end."""
        self.under_way += 1
        loop = asyncio.get_running_loop()
        given = super().submit(work, *arguments, **named)
        given.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ended))
        return given

    def _ended(self) -> None:
        self.under_way -= 1


class Unhurried(Limiters):
    """Limiters for a clock that runs far faster than theirs."""

    def limiter_for(self, name: str, per_minute: int) -> Limiter:
        """Give one that lets everything through."""
        return super().limiter_for(name, per_minute * 100_000)


@dataclass
class Session:
    """A live session of the fake source."""

    traffic: Traffic = field(default_factory=Traffic)
    credential: CredentialInfo = field(
        default_factory=lambda: CredentialInfo(kind="fake", visibility=Visibility.WHOLE)
    )


@dataclass
class FakeSource:
    """One source: whether it can be had, and what is done while it is read."""

    down: Exception | None = None
    during: Callable[[], object] | None = None
    """Called while it is read; what it gives is awaited."""
    read: int = 0

    def connector(self, name: str) -> Connector:
        """Describe it."""

        @asynccontextmanager
        async def connect(request):
            if self.down is not None:
                raise self.down
            yield Session()

        async def collect(session, ask):
            self.read += 1
            await asyncio.sleep(0)
            if self.during is not None and (pause := self.during()) is not None:
                await pause
            yield Page(
                request=Request(endpoint="/things"),
                number=1,
                items=[{"id": f"T{self.read}"}],
                response_digest=digest(b""),
                received_at=ask.now,
                last=True,
            )

        async def check(session):
            return ()

        return Connector(
            name=name,
            title=name,
            settings_schema=dict,
            auth_methods=(AuthMethod(name="none", title="None", secrets=()),),
            connect=connect,
            collectors=(Collector(kind=KIND.name, collect=collect),),
            check=check,
            horizon=lambda _settings: Horizon(lookback=HOUR, lookahead=timedelta(0)),
        )


class WatchedSources:
    """Sources to watch, a store, and a daemon that watches them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: dict[str, FakeSource] = {"prod": FakeSource()}
        self.output = RecordedOutput()
        self.connection_errors: dict[str, CcmError] = {}
        """By connection: what asking for it raises, such as a secret that is gone."""
        self.settings_error: CcmError | None = None
        """What reading the settings anew raises."""
        self.evaluations = 0
        self.evaluation_errors: list[CcmError] = []
        """What the next evaluations raise."""
        self.opened = self.closed = 0

    def watch(self, hours: float, at: dict[float, Callable[[], None]] | None = None) -> None:
        """Watch for so many hours; at some of them something happens."""
        asyncio.run(self._watch(hours, at or {}))

    async def _watch(self, hours: float, at: dict[float, Callable[[], None]]) -> None:
        self.flags, self.threads = SignalFlags(), Counting()
        asyncio.get_running_loop().set_default_executor(self.threads)
        self.clock = LeapingClock(until=NOW + hours * HOUR, flags=self.flags)
        self.clock.at = [(NOW + hour * HOUR, what) for hour, what in at.items()]
        daemon = Daemon(
            self.open,
            clock=self.clock,
            output=self.output,
            supervisor=SystemdNotifier({}),
            jitter=lambda: 0.0,
            limiters=Unhurried(),
        )
        await asyncio.wait_for(daemon.run(self.flags), 60)

    @contextmanager
    def open(self) -> Iterator[WatchJob]:
        """Read the settings, as they are now."""
        if self.settings_error is not None:
            raise self.settings_error
        self.opened += 1
        self.store = Counted(open_store(StoreLocation(url="sqlite:///ccm.db"), base=self.folder))
        # Evaluation is done in a thread, and takes no time either, however busy the machine is.
        self.clock.busy = lambda: bool(sum(self.store.running.values()) + self.threads.under_way)
        host = Host(
            version="1",
            kinds={KIND.name: KIND},
            views={},
            plugins=(),
            clock=self.clock.now,
        )
        try:
            yield WatchJob(
                host=host,
                store=self.store,
                connections=tuple(self.sources),
                connection=self.connection,
                evaluate=self.evaluate,
            )
        finally:
            self.closed += 1
            self.store.close()

    def connection(self, name: str) -> Connection:
        """Give a connection."""
        if name in self.connection_errors:
            raise self.connection_errors[name]
        return Connection(
            name=name,
            connector=self.sources[name].connector(name),
            settings={},
            auth_method="none",
            settings_digest="sha256:" + "0" * 64,
        )

    def evaluate(self) -> str:
        """Evaluate, in a thread of its own."""
        assert threading.current_thread() is not threading.main_thread()
        self.evaluations += 1
        if self.evaluation_errors:
            raise self.evaluation_errors.pop(0)
        return "rules: 1 pass"

    def manifests(self, name: str = "prod") -> list:
        """Give what the store holds of a connection's runs."""
        store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=self.folder)
        try:
            return list(store.runs.manifests(name))
        finally:
            store.close()


@pytest.fixture
def world(tmp_path: Path) -> WatchedSources:
    """Make a world with one source."""
    return WatchedSources(tmp_path)
