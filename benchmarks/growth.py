"""How a store grows, and how long it takes to read a past state back.

Run ``python benchmarks/growth.py [services|incidents]``. Bodies are those of a simulated account,
with other ids, names and moments; they are kept as ``ccm collect`` keeps them, day by day.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from harness import machine, table
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account

from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.ledger.signed_note import unsigned
from ccm_core.model import json_codec
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 365
SERVICE, INCIDENT, ENTRY = (
    f"pagerduty.{noun}" for noun in ("service", "incident", "incident_log_entry")
)
SETTINGS = StoreLocation(url="sqlite:///ccm.db")
Bodies = dict[str, list[json_codec.JsonObject]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"some of: {', '.join(WHAT)}")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the numbers")
    options = parser.parse_args(arguments)
    bodies = samples()
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    for name in options.what or WHAT:
        with tempfile.TemporaryDirectory() as folder:
            header, rows = WHAT[name](bodies, Path(folder), options.scale)
        print(table(header, rows), end="\n\n")
    return 0


def samples() -> Bodies:
    """Read a small simulated account, and give the bodies of its records."""
    sizes = AccountSizes(services=100, incidents=400, users=40, teams=6, schedules=8, policies=8)
    described = connector()
    with (
        tempfile.TemporaryDirectory() as folder,
        PagerDutySimulator(build_account(START, sizes=sizes)) as simulator,
    ):
        simulator.control.rate_limit = 1_000_000
        needed = {"base_url": simulator.base_url, "share": 1}
        connection = Connection(
            name="sample",
            connector=described,
            settings=with_defaults(needed, described.settings_schema()),
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            settings_digest="sha256:0",
        )
        host = Host(
            version="1",
            kinds={kind.name: kind for kind in kinds()},
            views={},
            plugins=(),
            clock=lambda: START,
        )
        store = open_store(SETTINGS, base=Path(folder))
        asyncio.run(collect(host, connection, store, NullObserver()))
        bodies = {
            kind: [record.body for record in store.records.current("sample", kind)]
            for kind in (SERVICE, INCIDENT, ENTRY)
        }
        store.close()
    return bodies


# -- services: a year of snapshots -------------------------------------------------------------


def services(bodies: Bodies, folder: Path, scale: float) -> tuple[Sequence[str], list[Any]]:
    """Poll services daily for a year, of which one in a hundred changes each day."""
    number, chance = int(1000 * scale), random.Random(1)
    current = {
        f"P{n:06}": {
            **bodies[SERVICE][n % len(bodies[SERVICE])],
            "id": f"P{n:06}",
            "name": f"S {n}",
        }
        for n in range(number)
    }
    store, began = open_store(SETTINGS, base=folder, signing=unsigned("a benchmark")), time.time()
    sizes = []
    for day in range(DAYS):
        for key in chance.sample(sorted(current), max(1, number // 100)):
            current[key] = {**current[key], "description": f"changed on day {day}"}
        store_run(store, day, SERVICE, current, None)
        if day in {0, 29, DAYS - 1}:
            sizes.append(size(folder))
    store.close()
    spent = time.time() - began
    row = (f"{number:,} services, {DAYS} days, 1 % a day", *sizes, f"{spent / DAYS * 1000:.0f}")
    return ("work", "MB after 1 day", "after 30 days", "after a year", "ms a day"), [row]


# -- incidents: a year of windows --------------------------------------------------------------


def incidents(bodies: Bodies, folder: Path, scale: float) -> tuple[Sequence[str], list[Any]]:
    """Store a year of incidents with their log entries, and read the state of some days."""
    number = int(200_000 * scale)
    entries = entries_by_incident(bodies)
    store, began = open_store(SETTINGS, base=folder, signing=unsigned("a benchmark")), time.time()
    for day in range(DAYS):
        first, last = number * day // DAYS, number * (day + 1) // DAYS
        new = dict(generated(bodies, entries, first, last))
        store_run(store, day, INCIDENT, {key: body for key, (body, _) in new.items()}, window(day))
        logged = {entry["id"]: entry for _, log in new.values() for entry in log}
        store_run(store, day, ENTRY, logged, window(day))
    seconds = time.time() - began
    rows = [
        (f"as of day {day}", *read(store, START + (day + 1) * DAY))
        for day in (30, 182, 300, DAYS - 1)
    ]
    rows.append(("now", *read(store, None)))
    store.close()
    rows.append((f"stored in {seconds:.0f} s, {size(folder)} MB", "", "", "", ""))
    return ("state", "incidents", "log entries", "seconds", "of the processor"), rows


def entries_by_incident(bodies: Bodies) -> dict[str, list[json_codec.JsonObject]]:
    """Sort the log entries of the sample by their incident."""
    entries: dict[str, list[json_codec.JsonObject]] = {}
    for entry in bodies[ENTRY]:
        entries.setdefault(entry["incident"]["id"], []).append(entry)
    return entries


def generated(
    bodies: Bodies, entries: dict[str, list[json_codec.JsonObject]], first: int, last: int
) -> Iterator[tuple[str, tuple[json_codec.JsonObject, list[json_codec.JsonObject]]]]:
    """Make incidents after those of the sample, each with its log."""
    for n in range(first, last):
        like = bodies[INCIDENT][n % len(bodies[INCIDENT])]
        key = f"Q{n:08}"
        log = [
            {**entry, "id": f"R{n:08}{at:02}", "incident": {**entry["incident"], "id": key}}
            for at, entry in enumerate(entries.get(like["id"], ()))
        ]
        yield key, ({**like, "id": key, "incident_number": n}, log)


def read(store: EvidenceStore, as_of: datetime | None) -> tuple[str, str, str, str]:
    """Read the whole state of a moment; return how much it was and how long it took."""
    began, spent = time.time(), time.process_time()
    counts = [
        sum(1 for _ in store.records.current("bench", kind, as_of=as_of))
        for kind in (INCIDENT, ENTRY)
    ]
    took = f"{time.time() - began:.1f}", f"{time.process_time() - spent:.1f}"
    return f"{counts[0]:,}", f"{counts[1]:,}", *took


# -- storing -----------------------------------------------------------------------------------


def store_run(
    store: EvidenceStore,
    day: int,
    kind: str,
    current: dict[str, json_codec.JsonObject],
    period: Window | None,
) -> None:
    """Store one run that reads one kind."""
    now, run = START + day * DAY, f"{kind}-{day:03}"
    store.runs.begin(OpenRun(run=run, connection="bench", connector="pagerduty", started_at=now))
    pack = store.records.packer(kind)
    source = RecordSource(
        endpoint=f"/{kind}", window=period, page=1, response_digest="sha256:" + "0" * 64
    )
    collection = Collection(
        id=run,
        run=run,
        connection="bench",
        kind=kind,
        version=1,
        window=period,
        started_at=now,
        ended_at=now,
        outcome=Outcome.COMPLETE,
    )
    observations = [
        Observation(key=key, observed_at=now, source=source, body=pack(json_codec.encode(body)))
        for key, body in current.items()
    ]
    stored = store.records.append(
        WriteBatch(collection=collection, observations=observations, snapshot=period is None)
    )
    store.runs.seal(
        Manifest(
            run=run,
            connection="bench",
            connector="pagerduty",
            started_at=now,
            ended_at=now,
            host_version="1",
            settings_digest="sha256:0",
            outcome=Outcome.COMPLETE,
            collections=(stored,),
        )
    )


def window(day: int) -> Window:
    """Return the window that is read on a day: the day before it."""
    return Window(START + (day - 1) * DAY, START + day * DAY)


def size(folder: Path) -> str:
    """Return the size of the store in MB, with what is not checkpointed yet."""
    return f"{sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6:.1f}"


WHAT: dict[str, Callable[[Bodies, Path, float], tuple[Sequence[str], list[Any]]]] = {
    "services": services,
    "incidents": incidents,
}

if __name__ == "__main__":
    sys.exit(main())
