"""What the ledger costs: appending leaves next to storing, and verifying a large store.

Run ``python benchmarks/ledger.py``; see README.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import machine, table

from ccm_core.auth.signing_keys import ephemeral_key
from ccm_core.ledger.verification_result import Verification
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.log import append, sign_heads
from ccm_core.store.records import append as record_append
from ccm_core.store.records import runs
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

T0 = datetime(2026, 1, 1, tzinfo=UTC)
CONNECTION, KIND = "bench", "bench.incident"
WINDOWS_OF_A_RUN = 10


@dataclass
class Clock:
    """Processor seconds by what they were spent on."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Measure the block."""
        began = time.process_time()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--window", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        fill(folder, options.records, options.window, clock)
        size = (folder / "ccm.db").stat().st_size
        began = time.perf_counter()
        with clock.on("verify"):
            verification = verify_store(folder / "ccm.db", on_progress=progress())
        seconds = time.perf_counter() - began
        rows = figures(verification, clock, size, ledger_size(folder), seconds)
    print(f"{options.records:,} records in windows of {options.window:,}; {machine()}\n")
    print(table(("what", "figure"), rows))
    return 0 if verification.sound and not verification.unproven else 1


def fill(folder: Path, records: int, window: int, clock: Clock) -> None:
    """Store records, window by window, and measure the share of the ledger."""
    key = ephemeral_key()
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder, signing=lambda: [key])
    stop = _measure_ledger(clock)
    try:
        for start in range(0, records, window * WINDOWS_OF_A_RUN):
            _run(store, start, min(records, start + window * WINDOWS_OF_A_RUN), window, clock)
    finally:
        stop()
        store.close()


def _run(store: EvidenceStore, start: int, end: int, window: int, clock: Clock) -> None:
    run = f"r{start}"
    at = T0 + timedelta(seconds=start)
    store.runs.begin(OpenRun(run=run, connection=CONNECTION, connector="bench", started_at=at))
    for first in range(start, end, window):
        with clock.on("make"):
            harvest = harvest_of(store, run, first, min(end, first + window))
        with clock.on("append"):
            store.records.append(harvest)
    with clock.on("seal"):
        store.runs.seal(
            Manifest(
                run=run,
                connection=CONNECTION,
                connector="bench",
                started_at=at,
                ended_at=at,
                host_version="0",
                settings_digest=digest(b""),
                outcome=Outcome.COMPLETE,
            )
        )
    print(f"  {end:,} stored", file=sys.stderr)


def harvest_of(store: EvidenceStore, run: str, first: int, end: int) -> WriteBatch:
    """Make one window of incidents of about 600 bytes."""
    at = T0 + timedelta(seconds=first)
    collection = Collection(
        id=f"c{first}",
        run=run,
        connection=CONNECTION,
        kind=KIND,
        version=1,
        started_at=at,
        ended_at=at,
        outcome=Outcome.COMPLETE,
    )
    pack = store.records.packer(KIND)
    observations = [
        Observation(
            key=f"P{number:09}",
            observed_at=at,
            source=RecordSource(
                endpoint="/incidents", page=1 + (number - first) // 100, response_digest=DIGEST
            ),
            body=pack(json_codec.encode(_body(number))),
        )
        for number in range(first, end)
    ]
    return WriteBatch(collection=collection, observations=observations)


DIGEST = digest(b"a page")


def _body(number: int) -> dict[str, object]:
    return {
        "id": f"P{number:09}",
        "incident_number": number,
        "title": f"The server {number % 977} is on fire, again and again",
        "status": "resolved",
        "urgency": "high" if number % 3 else "low",
        "created_at": "2026-01-01T00:00:00Z",
        "service": {"id": f"S{number % 1000:06}", "type": "service_reference"},
        "assignments": [{"at": "2026-01-01T00:00:00Z", "assignee": {"id": f"U{number % 311}"}}],
        "teams": [{"id": f"T{number % 17}"}],
        "token": os.urandom(24).hex(),
    }


def _measure_ledger(clock: Clock) -> Callable[[], None]:
    """Measure what appending leaves takes, by wrapping it; return what unwraps it."""
    original = append.append_leaves
    callers = (sign_heads, record_append, runs)

    def measured(*arguments: object) -> object:
        with clock.on("ledger"):
            return original(*arguments)  # type: ignore[arg-type]

    def use(function: object) -> None:
        for module in callers:
            module.append_leaves = function  # type: ignore[attr-defined]

    use(measured)
    return lambda: use(original)


def ledger_size(folder: Path) -> int:
    """Return the bytes of the stored leaves and edges."""
    import sqlite3

    with sqlite3.connect(folder / "ccm.db") as database:
        query = "SELECT sum(length(leaves) + length(edge)) FROM log_entry"
        return int(database.execute(query).fetchone()[0])


def progress() -> Callable[[int, int], None]:
    """Return what prints each tenth of the progress."""
    reported = [0]

    def report(done: int, total: int) -> None:
        if done * 10 // max(1, total) > reported[0]:
            reported[0] = done * 10 // total
            print(f"  {done:,} of {total:,} leaves verified", file=sys.stderr)

    return report


def figures(
    verification: Verification, clock: Clock, size: int, in_ledger: int, seconds: float
) -> list[tuple[str, str]]:
    """Return the rows of the table."""
    spent = clock.spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    storing = spent["append"]
    return [
        ("storing, processor s", f"{storing:.1f}"),
        ("of which the ledger, processor s", f"{spent['ledger']:.1f}"),
        ("the ledger's share of storing", f"{spent['ledger'] / storing:.0%}"),
        ("making and compressing the bodies before, processor s", f"{spent['make']:.1f}"),
        ("the ledger for each record, µs", f"{spent['ledger'] / verification.bodies * 1e6:.1f}"),
        ("the store, MB", f"{size / 1e6:.0f}"),
        ("of which the ledger, MB", f"{in_ledger / 1e6:.0f}"),
        ("leaves verified", f"{verification.leaves:,}"),
        ("verifying, s", f"{seconds:.1f}"),
        ("verifying, processor s", f"{spent['verify']:.1f}"),
        ("problems", f"{len(verification.problems) + verification.more}"),
        ("peak of the process, MiB", f"{peak:.0f}"),
    ]


if __name__ == "__main__":
    sys.exit(main())
