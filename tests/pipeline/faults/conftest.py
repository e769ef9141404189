"""A simulated PagerDuty over a socket, and the whole way from there to a verdict."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import pytest
from ccm_pagerduty.client import open_session
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account, many_incidents
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.credentials import SimulatedCredential

from ccm_core.cli.terminal.exit_codes import Exit, evaluation_code, most_severe, run_code
from ccm_core.collect.observer import NullObserver
from ccm_core.collect.outcome import worst
from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult
from ccm_core.model.evidence.collection import Collection, Outcome, Reason
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.rules.pack.rule_scopes import kinds_of_rows
from ccm_core.rules.types import PackText
from ccm_core.sdk.http import Bounds
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)
SIZES = AccountSizes(users=8, teams=3, schedules=4, policies=3, services=3, incidents=6)
HASTY = Bounds(attempts=2, backoff=0.0, max_backoff=0.0, max_wait=0.0, read_timeout=5.0)
"""One more try, at once; what the source says about waiting is not believed."""
NAME = "pagerduty-test"
STORE = StoreLocation(url="sqlite:///ccm.db")
NEVER = timedelta(days=3650)
HELD = ("users", "deleted_users", "teams", "memberships", "schedules", "policies", "services")
"""What of the account a test may change: it is put back."""


@dataclass(frozen=True, kw_only=True)
class FaultRun:
    """What one run left behind, and what was made of it."""

    manifest: Manifest
    evaluation: Evaluation
    exit: Exit
    folder: Path
    bodies: Mapping[str, Mapping[str, object]]
    """Every record that stands, by kind and key."""
    requests: tuple
    """Every request of the run."""

    @cached_property
    def by_kind(self) -> dict[str, list[Collection]]:
        """The run's collections of each kind."""
        found: dict[str, list[Collection]] = {}
        for one in self.manifest.collections:
            found.setdefault(one.kind.removeprefix("pagerduty."), []).append(one)
        return found

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """The worst outcome of each kind that was read."""
        return {kind: worst(one.outcome for one in got) for kind, got in self.by_kind.items()}

    def reasons(self, kind: str) -> set[Reason]:
        """Why a kind could not be read whole."""
        return {fall.reason for one in self.by_kind[kind] for fall in one.shortfalls}

    def details(self, kind: str) -> str:
        """The same in words."""
        return "\n".join(fall.detail for one in self.by_kind[kind] for fall in one.shortfalls)

    def subjects(self, kind: str) -> set[str]:
        """The only objects that a kind lacks."""
        return {
            name for one in self.by_kind[kind] for fall in one.shortfalls for name in fall.subjects
        }

    @property
    def judgement(self) -> Evaluation:
        """The evaluation without the seals of what it read, which name this run."""
        return replace(self.evaluation, evidence_read=())

    @cached_property
    def rules(self) -> dict[str, RuleResult]:
        """What was said by each rule."""
        return {one.rule: one for one in self.evaluation.rules}

    def results(self, rule: str) -> dict[str, Result]:
        """What a rule says of each object, by ``kind:key``."""
        return {f"{one.subject.kind}:{one.subject.key}": one for one in self.rules[rule].results}

    def messages(self) -> bytes:
        """Everything that a person or a file is given."""
        written = b"".join(one.read_bytes() for one in self.folder.iterdir() if one.is_file())
        return written + encode(self.manifest) + encode(self.evaluation) + encode(self.bodies)


class Lab:
    """An account that was read two hours ago, and can be read again with something amiss."""

    def __init__(self, simulator: PagerDutySimulator, workshop: Path) -> None:
        self.simulator, self._workshop = simulator, workshop
        self._numbers = itertools.count()
        self._honest: dict[object, FaultRun] = {}
        self.host = Host(
            version="test",
            kinds={one.name: one for one in kinds()},
            views={one.name: one for one in views()},
            plugins=(),
            clock=lambda: NOW,
        )
        packs = [PackText(text=one.text(), source=one.location) for one in rule_packs()]
        self.packs = compile_rules(self.host, packs, {})
        self._before = self._last = self._new_folder()
        self._collect(self._before, self._connection(frozenset(self.kinds), HASTY, {}), EARLIER)

    @property
    def account(self):
        """The account that is served."""
        return self.simulator.account

    @property
    def control(self) -> SimulatorControl:
        """How it is steered."""
        return self.simulator.control

    @property
    def key(self) -> str:
        """The secret."""
        return self.simulator.api_key

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Every kind, without the name of the source."""
        return tuple(one.removeprefix("pagerduty.") for one in self.host.kinds)

    def rules_over(self, *lost: str) -> set[str]:
        """Name the rules whose rows rest on any of some kinds, by the fields that they read."""
        kinds = {f"pagerduty.{kind}" for kind in lost}
        return {
            one.rule.id
            for pack in self.packs.packs
            for group in pack.groups
            for one in group.rules
            if kinds & kinds_of_rows(self.packs, one)
        }

    def read(
        self,
        *due: str,
        first: bool = False,
        bounds: Bounds = HASTY,
        account: str | None = None,
        after: FaultRun | None = None,
        later: timedelta = timedelta(minutes=10),
        **settings: object,
    ) -> FaultRun:
        """Read some kinds of the account, all of them where none is named, and judge.

        Args:
            due: The kinds that are due.
            first: Into a store without earlier evidence; then everything is due.
            bounds: Of the source.
            account: The one that the settings name.
            after: A run to go on from; None: the one of two hours ago.
            later: How long after that.
            settings: Of the connection.
        """
        folder = self._new_folder() if first else after.folder if after else self._copy()
        connection = self._connection(frozenset(due or self.kinds), bounds, settings)
        connection = replace(connection, account=account)
        began = len(self.control.requests)
        at = after.manifest.started_at + later if after else NOW
        manifest = self._collect(folder, connection, at)
        requests = tuple(self.control.requests[began:])
        store = open_store(STORE, base=folder)
        try:
            host = replace(self.host, clock=lambda: at + timedelta(minutes=1))
            evaluation = evaluate(host, [connection], store, self.packs)
            bodies = {
                kind: {
                    one.key: one.body for one in store.records.current(NAME, f"pagerduty.{kind}")
                }
                for kind in self.kinds
            }
        finally:
            store.close()
        ran = FaultRun(
            manifest=manifest,
            evaluation=evaluation,
            exit=most_severe([run_code(manifest), evaluation_code(evaluation)]),
            folder=folder,
            bodies=bodies,
            requests=requests,
        )
        assert self.key.encode() not in ran.messages()
        return ran

    def honest(self, *due: str, first: bool = False, **settings: object) -> FaultRun:
        """Give what the same reading gives when nothing is amiss."""
        key = (frozenset(due), first, tuple(sorted(settings.items())))
        if key not in self._honest:
            snapshot = self.calm()
            self._honest[key] = self.read(*due, first=first, **settings)
            self.restore(snapshot)
        return self._honest[key]

    def runs_of_last_store(self) -> int:
        """Count the runs, sealed or not, in the store that was read into last."""
        with self._opened(self._last) as store:
            return len(store.runs.manifests(NAME)) + len(store.runs.open_runs(NAME))

    def stored_at(self) -> datetime:
        """Return when the last of the evidence of two hours ago was stored, its manifest."""
        with self._opened(self._before) as store:
            return store.runs.manifests(NAME)[-1].ended_at

    def evaluate_at(self, after: timedelta) -> Evaluation:
        """Evaluate that evidence by a clock that shows so much after it was stored."""
        host = replace(self.host, clock=lambda: self.stored_at() + after)
        connection = self._connection(frozenset(self.kinds), HASTY, {})
        with self._opened(self._before) as store:
            return evaluate(host, [connection], store, self.packs)

    def become_user_of_one_team(self) -> tuple[str, list[str]]:
        """Read by the key of a user who sees one team; return it and the others."""
        user = next(user for user in self.account.users.values() if user.role == "limited_user")
        credential = SimulatedCredential(secret=self.key, user_id=user.id)
        self.control.api_keys = {self.key: credential}
        mine, *others = self.account.teams
        self.control.visible_teams = {mine}
        return mine, others

    def calm(self) -> dict[str, object]:
        """Let the source be well again; give how it was steered."""
        snapshot = {name: getattr(self.control, name) for name in SimulatorControl.__slots__}
        calm = _calm()
        for name in SimulatorControl.__slots__:
            if name not in {"requests", "writes", "keys", "bearers"}:
                setattr(self.control, name, getattr(calm, name))
        return snapshot

    def restore(self, snapshot: Mapping[str, object]) -> None:
        """Steer the source as before."""
        for name, value in snapshot.items():
            setattr(self.control, name, value)

    # -- inside -------------------------------------------------------------------------------

    def _collect(self, folder: Path, connection: Connection, at: datetime) -> Manifest:
        ticks = itertools.count()
        host = replace(self.host, clock=lambda: at + timedelta(milliseconds=next(ticks)))
        store = open_store(STORE, base=folder)
        try:
            return asyncio.run(collect(host, connection, store, NullObserver()))
        finally:
            store.close()

    def _connection(self, due, bounds: Bounds, settings: Mapping[str, object]) -> Connection:
        @asynccontextmanager
        async def connect(request):
            async with open_session(request, bounds=bounds) as session:
                yield session

        return Connection(
            name=NAME,
            connector=replace(connector(), connect=connect),
            settings={"base_url": self.simulator.base_url, **settings},
            auth_method="api_key",
            secrets={"key": Secret(self.key)},
            cadences={
                f"pagerduty.{kind}": timedelta(hours=1) if kind in due else NEVER
                for kind in self.kinds
            },
            settings_digest="sha256:" + "0" * 64,
        )

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[EvidenceStore]:
        store = open_store(STORE, base=folder, read_only=True)
        try:
            yield store
        finally:
            store.close()

    def _new_folder(self) -> Path:
        folder = self._workshop / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _copy(self) -> Path:
        folder = self._workshop / str(next(self._numbers))
        shutil.copytree(self._before, folder)
        self._last = folder
        return folder


def _calm() -> SimulatorControl:
    return SimulatorControl(rate_limit=10**9, on_call_limit=10**9)


@pytest.fixture(scope="session")
def the_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A small account of which everything was read two hours ago."""
    account = build_account(NOW, sizes=SIZES)
    recent = (NOW - timedelta(minutes=100), NOW - timedelta(minutes=40))
    many_incidents(account, 4, spread=recent)
    with PagerDutySimulator(account, control=_calm()) as simulator:
        yield Lab(simulator, tmp_path_factory.mktemp("lab"))


@pytest.fixture
def lab(the_lab: Lab, caplog: pytest.LogCaptureFixture) -> Iterator[Lab]:
    """The same, with nothing amiss.

    Whatever a test does, nothing is ever written to the source, and the key is in no log.
    """
    the_lab.calm()
    account = the_lab.account
    laboratory = {name: copy(getattr(account, name)) for name in HELD}
    yield the_lab
    for name, value in laboratory.items():
        setattr(account, name, value)
    assert the_lab.control.writes == []
    assert the_lab.key not in caplog.text


@pytest.fixture
def elsewhere() -> Iterator[SimpleNamespace]:
    """Another host: it listens, and tells whether anybody ever connected."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)

        def was_reached() -> bool:
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        yield SimpleNamespace(url=url, was_reached=was_reached)
