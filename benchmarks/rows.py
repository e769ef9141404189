"""The rows of the table: each serves one account and lets clients read it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from clients import Peers, ccm, vendor
from harness import BenchmarkClient, Figures, SimulatorProcess, median, run

RowFunction: TypeAlias = Callable[["BenchmarkPlan"], Iterator["TableRow"]]

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "a burst of three 500": {"faults": [*["none"] * 5, *["500"] * 3]},
    "truncated JSON, once": {"faults": [*["none"] * 5, "truncated"]},
    "a cut connection, once": {"faults": [*["none"] * 5, "cut"]},
}

SERVICES = 60
"""Services of the account that a simulator serves."""
_TEN = 10.0
_QUERY = re.compile(r"\?\S+|http://127\.0\.0\.1:\d+")
_CELL_WIDTH = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of the table."""

    work: str
    rounds: Sequence[Figures]
    of: int
    """Number of objects in the account."""
    note: str = ""

    def cells(self) -> list[str]:
        """Return the cells: medians over the rounds."""
        last = self.rounds[-1]
        return [
            self.work,
            last.client,
            f"{read_count(last):,} of {self.of:,}",
            f"{median(self.rounds, 'requests'):,.0f}",
            _seconds(median(self.rounds, "seconds")),
            _seconds(median(self.rounds, "whole")),
            f"{median(self.rounds, 'peak_mib'):.0f}",
            "; ".join(filter(None, [self.note, reported_result(last)])),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPlan:
    """How much is measured."""

    folder: Path
    """The folder of the stores."""
    peers: Peers = field(default_factory=Peers)
    scale: float = 1.0
    """The share of the incidents of the targets; a test uses few."""
    rounds: int = 3
    """For the rows that compare times."""
    minute: float = 15.0
    """Seconds that stand for the minute in which every response is 429."""

    def count(self, incidents: int) -> int:
        """Return how many incidents to serve."""
        return max(10, int(incidents * self.scale))

    def store(self, name: str = "") -> Path:
        """Return the path of a new store."""
        return self.folder / f"{name}{len(list(self.folder.glob('*.db')))}.db"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < _TEN else f"{seconds:.1f}"


def read_count(figures: Figures) -> int:
    """Return how many objects a client has read."""
    items = figures.report.get("items", 0)
    return sum(items.values()) if isinstance(items, dict) else int(items)


def reported_result(figures: Figures) -> str:
    """Return the result that a client reports of its own reading."""
    report = figures.report
    if "error" in report:
        return f"fails: {_short(report['error'])}"
    if "outcomes" in report:
        shortfalls = [
            f"{shortfall['reason']}, missing {shortfall['missing']}"
            for shortfall in report["shortfalls"]
        ]
        notes = [report["note"]] if "note" in report else []
        return "; ".join([", ".join(report["outcomes"]), *shortfalls[:2], *notes])
    return f"warns: {_short(report['warning'])}" if "warning" in report else "no warning"


def month(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """25,000 incidents in the window."""
    yield from _listing(plan, "25,000 incidents in the window", 25_000, "month")


def day(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """17,495 incidents in one day."""
    yield from _listing(plan, "17,495 incidents in one day", 17_495, "day")


def second(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """12,000 incidents in one second."""
    yield from _listing(plan, "12,000 incidents in one second", 12_000, "second")


def log_entries(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """Incidents with their log entries."""
    count = plan.count(10_000)
    with SimulatorProcess.serving("--incidents", str(count)) as simulator:
        for client in (
            vendor("one_by_one"),
            vendor("account_wide"),
            ccm(plan.store(), "incident,incident_log_entry"),
        ):
            yield _row("10,000 incidents and their log entries", simulator, client, of=count * 6)


def burst(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """12,000 incidents in one second, with their log entries."""
    work, count = "12,000 incidents in one second and their log entries", plan.count(12_000)
    with SimulatorProcess.serving("--incidents", str(count), "--spread", "second") as simulator:
        for client in (
            vendor("account_wide"),
            ccm(plan.store(), "service,incident,incident_log_entry", "--unpaced"),
        ):
            yield _row(work, simulator, client, of=count * 6 + SERVICES)


def latency(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """The gain of parallel requests where every response takes time."""
    count = plan.count(10_000)
    rounds: dict[str, list[Figures]] = {}
    with SimulatorProcess.serving("--incidents", str(count), "--latency", "0.05") as simulator:
        peers = [vendor("iter_all"), *plan.peers.all()]
        for _ in range(plan.rounds):
            for client in (*peers, ccm(plan.store()), ccm(plan.store("parallel"), parallel=4)):
                rounds.setdefault(client.name, []).append(_run(simulator, client))
    for figures in rounds.values():
        yield TableRow(work="10,000 incidents at 50 ms a request", rounds=figures, of=count)


def faults(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """How much is read where the API limits requests, or fails."""
    count = max(1_000, plan.count(2_000))  # enough pages for a fault in the middle
    with SimulatorProcess.serving("--incidents", str(count)) as simulator:
        clients = [vendor("iter_all"), *plan.peers.all()]
        for client in (*clients, ccm(plan.store())):
            yield _rate_limited(plan, simulator, client, count)
        for name, order in FAULTS.items():
            for client in (*clients, ccm(plan.store())):
                yield _row(name, simulator, client, of=count, **order)


def hourly(plan: BenchmarkPlan) -> Iterator[TableRow]:
    """A run an hour after another, without an event in between, over two sizes of store."""
    for size in (20_000, 200_000):
        count = plan.count(size)
        work = f"an hour without an event, 1,000 services, {size:,} incidents stored"
        with SimulatorProcess.serving("--incidents", str(count), "--services", "1000") as simulator:
            yield _row(f"{work}: a full read", simulator, vendor("iter_history"), of=count)
            store = plan.store()
            # Backfilled without a rate limit of our own; the run after it is measured.
            backfill = _run(simulator, ccm(store, "", "--unpaced"))
            result = f"{read_count(backfill):,} objects, {reported_result(backfill)}"
            print(f"  backfilled: {result}", file=sys.stderr)
            yield _row(work, simulator, ccm(store, "", "--later", "61"), of=0)


def _listing(plan: BenchmarkPlan, work: str, incidents: int, spread: str) -> Iterator[TableRow]:
    count = plan.count(incidents)
    clients = [vendor("iter_all"), vendor("iter_history"), ccm(plan.store())]
    if plan.peers.pdpyras is not None:
        clients.insert(0, plan.peers.pdpyras)
    with SimulatorProcess.serving("--incidents", str(count), "--spread", spread) as simulator:
        for client in clients:
            yield _row(work, simulator, client, of=count)


def _rate_limited(
    plan: BenchmarkPlan, simulator: SimulatorProcess, client: BenchmarkClient, count: int
) -> TableRow:
    figures = _run(simulator, client, limit_seconds=plan.minute)
    note = "never limited"
    if limited := figures.limits.get("limited"):
        waited = figures.limits.get("waited")
        note = f"waited {waited / limited:.2f} times" if waited else "stopped waiting"
    return TableRow(work=f"429 for {plan.minute:.0f} s", rounds=[figures], of=count, note=note)


def _row(
    work: str, simulator: SimulatorProcess, client: BenchmarkClient, *, of: int, **order: Any
) -> TableRow:
    return TableRow(work=work, rounds=[_run(simulator, client, **order)], of=of)


def _run(simulator: SimulatorProcess, client: BenchmarkClient, **order: Any) -> Figures:
    figures = run(simulator, client, **order)
    print(f"  {client.name}: {figures.whole:.2f} s", file=sys.stderr)
    return figures


def _short(text: str) -> str:
    plain = " ".join(_QUERY.sub("", str(text)).replace("|", "/").split())
    return plain if len(plain) < _CELL_WIDTH else f"{plain[: _CELL_WIDTH - 3]}..."


ROWS: Mapping[str, RowFunction] = {
    row.__name__: row for row in (month, day, second, log_entries, burst, latency, faults, hourly)
}
