"""A source made of Python lists, read through the real runner into a real store's interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ccm_core.collect.batch_builder import RecordValidator
from ccm_core.collect.observer import NullObserver
from ccm_core.collect.planner import PlanInputs, plan
from ccm_core.collect.privacy_projection import Pseudonymizer
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.runner import Runner
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Collection, CredentialInfo, Request, Visibility
from ccm_core.model.evidence.window import SECOND, Window
from ccm_core.model.evidence.write_batch import EncodedBody, WriteBatch
from ccm_core.model.json_codec import decode, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.types import (
    ChangedBy,
    Collector,
    CollectRequest,
    EvidenceKind,
    Overflow,
    Page,
    ResumeFrom,
    Shape,
    Shortfall,
    Traffic,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HORIZON = Window(NOW - timedelta(days=30), NOW + timedelta(days=14))

REF = {
    "type": "object",
    "properties": {"id": {"type": "string", "x-ccm-references": "fake.owner"}},
    "required": ["id"],
    "additionalProperties": False,
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "size": {"type": "integer"},
        "owner": {"anyOf": [REF, {"type": "null"}]},
        "email": {"type": ["string", "null"], "x-ccm-privacy": "pseudonym"},
        "token": {"type": "string", "x-ccm-privacy": "drop"},
    },
    "required": ["id"],
    "additionalProperties": False,
}


def whole(text: str) -> datetime:
    """Read an instant in whole seconds."""
    return parse_instant(text).replace(microsecond=0)


def kind(name: str, shape: Shape, cadence: timedelta = timedelta(hours=1)) -> EvidenceKind:
    """Make a kind whose objects have an id, and an instant where they are events."""
    return EvidenceKind(
        name=name,
        version=1,
        title=name,
        shape=shape,
        key=("id",),
        cadence=cadence,
        schema=lambda: SCHEMA,
        occurred_at="at" if shape is Shape.EVENT else None,
    )


@dataclass
class Session:
    """What the fake collectors are handed."""

    traffic: Traffic = field(default_factory=Traffic)
    credential: CredentialInfo = field(
        default_factory=lambda: CredentialInfo(kind="fake", visibility=Visibility.WHOLE)
    )


@dataclass
class Source:
    """A steerable source: lists by kind, a cap, and what happens between pages."""

    objects: dict[str, list[dict]] = field(default_factory=dict)
    cap: int = 10_000
    size: int = 100
    script: dict[str, list] = field(default_factory=dict)
    """By kind: what to do at each page: an exception to raise, a callable to call, or None."""
    counted: bool = True
    oldest_first: bool = False
    """Whether it lists in the order of time and can be gone on from where it stopped."""
    linked: bool = False
    """Whether it is looked whether pages follow on each other."""
    parts: tuple[dict[str, str], ...] = ()
    """What it offers where time cuts no further."""
    asked: list[tuple[str, Window | None]] = field(default_factory=list)
    refreshed: list[tuple[str, ...]] = field(default_factory=list)
    """What each refresh was asked for."""
    refusals: list[Exception] = field(default_factory=list)
    """What the next refreshes raise."""
    hidden: set[str] = field(default_factory=set)
    """What a refresh cannot read."""

    async def refresh(self, session: Session, ask: CollectRequest):
        """Read again what may have changed."""
        self.refreshed.append(ask.changed_keys)
        session.traffic.requests += 1 + len(ask.changed_keys)
        if self.refusals:
            raise self.refusals.pop(0)
        cases = {one["id"]: one for one in self.objects["fake.case"]}
        for key in ask.changed_keys:
            if key in self.hidden or key not in cases:
                told = (f"fake.case:{key}",)
                yield Shortfall(reason="hidden_references", detail="404", subjects=told)
                continue
            yield Page(
                request=Request(endpoint=f"/fake.case/{key}"),
                number=1,
                items=[cases[key]],
                response_digest=digest(encode(cases[key])),
                received_at=NOW,
                last=True,
            )

    def collector(self, name: str, **options) -> Collector:
        """Make the collector of one kind."""

        async def collect(session: Session, ask: CollectRequest):
            self.asked.append((name, ask.window))
            found = self._within(name, ask)
            parts = () if ask.slice else self.parts
            if len(found) > self.cap and self.oldest_first:
                furthest = whole(found[self.cap - 1]["at"])
                if furthest > ask.window.since + ask.overlap and ask.may_split:
                    for page in self._pages(name, ask):
                        session.traffic.requests += 1
                        yield page
                    yield ResumeFrom(at=furthest)
                    return
                if ask.may_split or parts:
                    cut = furthest + SECOND
                    yield Overflow(total=len(found), limit=self.cap, split_at=cut, slices=parts)
                    return
            elif len(found) > self.cap and (ask.may_split or parts):
                session.traffic.requests += 1
                yield Overflow(total=len(found), limit=self.cap, slices=parts)
                return
            for page in self._pages(name, ask):
                session.traffic.requests += 1
                yield page
            missing = len(found) - self.cap
            if missing > 0:
                yield Shortfall(reason="truncated", detail="over the cap", missing=missing)

        return Collector(kind=name, collect=collect, **options)

    def _within(self, name: str, ask: CollectRequest) -> list[dict]:
        window = ask.window
        every = self.objects.get(name, [])
        found = [one for one in every if window is None or parse_instant(one["at"]) in window]
        found = [
            one for one in found if ask.slice.items() <= {"size": str(one.get("size"))}.items()
        ]
        return sorted(found, key=lambda one: one["at"]) if self.oldest_first else found

    def _pages(self, name: str, ask: CollectRequest):
        offset, number, edge = 0, 1, None
        while True:
            step = self.script.get(name, []).pop(0) if self.script.get(name) else None
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step(self)
            whole_list = self._within(name, ask)
            total = len(whole_list) if self.counted else None
            found = whole_list[: self.cap]
            items = found[offset : offset + self.size]
            follows = number == 1 or found[offset - 1 : offset] == [edge]
            offset += len(items)
            edge = items[-1] if items else None
            last = offset >= len(found)
            window = ask.window and (ask.window.since.isoformat(), ask.window.until.isoformat())
            asked = (("window", str(window)), *ask.slice.items())
            yield Page(
                request=Request(endpoint=f"/{name}", parameters=asked),
                number=number,
                items=items,
                response_digest=digest(encode(items)),
                received_at=NOW,
                total=total,
                last=last,
                shifted=not follows if self.linked and number > 1 else None,
            )
            number += 1
            if last:
                return


def packed(data: bytes) -> EncodedBody:
    """Keep a body as it is."""
    return EncodedBody(digest=digest(data), size=len(data), content=data)


@dataclass
class Keeper:
    """Keeps harvests in memory, the way the store's interface says."""

    harvests: list[WriteBatch] = field(default_factory=list)

    def keep(self, harvest: WriteBatch) -> Collection:
        """Keep one window."""
        counts = replace(harvest.collection.counts, appended=len(harvest.observations))
        kept = replace(harvest.collection, counts=counts)
        self.harvests.append(replace(harvest, collection=kept))
        return kept

    def bodies(self, name: str) -> dict[str, dict]:
        """Give the newest body of every key of a kind."""
        return {
            one.key: decode(one.body.content)
            for harvest in self.harvests
            if harvest.collection.kind == name
            for one in harvest.observations
        }

    def added(self, collection: Collection) -> list[dict]:
        """Give the bodies of one collection."""
        (harvest,) = [one for one in self.harvests if one.collection.id == collection.id]
        return [decode(one.body.content) for one in harvest.observations]

    def records(self, part: Collection) -> list[SimpleNamespace]:
        """Give what is read of the records of a part."""
        (harvest,) = [one for one in self.harvests if one.collection.id == part.id]
        bodies = self.added(part)
        return [
            SimpleNamespace(key=one.key, source=one.source, body=body)
            for one, body in zip(harvest.observations, bodies, strict=True)
        ]

    def collections(self, name: str) -> list[Collection]:
        """Give the collections of a kind."""
        return [one.collection for one in self.harvests if one.collection.kind == name]


@dataclass
class Round:
    """Runs of the real plan and runner over a source."""

    source: Source
    kinds: dict[str, EvidenceKind]
    collectors: list[Collector]
    keeper: Keeper = field(default_factory=Keeper)
    runs: int = 0

    def run(self, now: datetime = NOW, *, everything: bool = False, session=None):
        """Do one run at a moment; give the runner and what cut it short."""
        self.runs += 1
        wanted = PlanInputs(now=now, horizon=HORIZON, cadences={}, force=everything)
        every = [harvest.collection for harvest in self.keeper.harvests]
        kept: dict[str, list[Collection]] = {}
        for one in every:
            kept.setdefault(one.kind, []).append(one)
        desk = RunContext(
            connection="fake-prod",
            run=f"run{self.runs}",
            validator=lambda kind: RecordValidator(kind, Pseudonymizer(b"k" * 32)),
            packer=lambda _kind: packed,
            append=self.keeper.keep,
            current_records=lambda name: list(self.keeper.bodies(name).values()),
            existing_keys=lambda name, keys: set(self.keeper.bodies(name)) & keys,
            appended_records=self.keeper.added,
            records_of_part=self.keeper.records,
            observer=NullObserver(),
            clock=lambda: now,
        )
        runner = Runner(desk, wanted, every)
        todo = plan(self.collectors, self.kinds, kept, wanted)
        cut = asyncio.run(runner.run(session or Session(), todo))
        return runner, cut, todo


@pytest.fixture
def things():
    """Make a round over one snapshot kind, ``fake.thing``."""

    def make(objects: list[dict], **control) -> Round:
        source = Source(objects={"fake.thing": objects}, **control)
        return Round(
            source=source,
            kinds={"fake.thing": kind("fake.thing", Shape.SNAPSHOT)},
            collectors=[source.collector("fake.thing")],
        )

    return make


@pytest.fixture
def events():
    """Make a round over one event kind, ``fake.event``."""

    def make(instants: list[datetime], *, options: dict | None = None, **control) -> Round:
        objects = [
            {"id": f"E{n:05}", "at": format_instant(instant)} for n, instant in enumerate(instants)
        ]
        source = Source(objects={"fake.event": objects}, **control)
        return Round(
            source=source,
            kinds={"fake.event": kind("fake.event", Shape.EVENT)},
            collectors=[source.collector("fake.event", **(options or {}))],
        )

    return make


@pytest.fixture
def chain():
    """Make a round over ``fake.owner`` and ``fake.thing``, which needs it."""

    def make(owners: list[dict], objects: list[dict], **control) -> Round:
        source = Source(objects={"fake.owner": owners, "fake.thing": objects}, **control)
        return Round(
            source=source,
            kinds={name: kind(name, Shape.SNAPSHOT) for name in ("fake.owner", "fake.thing")},
            collectors=[
                source.collector("fake.owner"),
                source.collector("fake.thing", needs=("fake.owner",)),
            ],
        )

    return make


Make = Callable[..., Round]


@dataclass
class Casebook(Round):
    """Runs over ``fake.case``, whose changes ``fake.event`` tells of."""

    def tell(self, key: str, at: datetime) -> None:
        """Let an event name a case."""
        events = self.source.objects["fake.event"]
        events.append({"id": f"E{len(events)}", "at": format_instant(at), "owner": {"id": key}})

    def open(self, key: str, at: datetime) -> None:
        """Let a case begin."""
        self.source.objects["fake.case"].append({"id": key, "at": format_instant(at), "size": 0})
        self.tell(key, at)

    def change(self, key: str, at: datetime, *, size: int) -> None:
        """Let a case change, and an event tell so."""
        (case,) = [one for one in self.source.objects["fake.case"] if one["id"] == key]
        case["size"] = size
        self.tell(key, at)

    def size(self, key: str) -> int:
        """Give what a case is at."""
        return next(one["size"] for one in self.source.objects["fake.case"] if one["id"] == key)


@pytest.fixture
def cases():
    """Make runs over cases that began at some instants."""

    def make(instants: dict[str, datetime]) -> Casebook:
        source = Source(objects={"fake.case": [], "fake.event": []})
        late = timedelta(minutes=10)
        told = ChangedBy(kind="fake.event", path="owner.id")
        round_ = Casebook(
            source=source,
            kinds={name: kind(name, Shape.EVENT) for name in ("fake.case", "fake.event")},
            collectors=[
                source.collector(
                    "fake.case",
                    refresh=source.refresh,
                    changed_by=told,
                    settles_after=timedelta(hours=1),
                ),
                source.collector("fake.event", settles_after=late),
            ],
        )
        for key, at in instants.items():
            round_.open(key, at)
        return round_

    return make
