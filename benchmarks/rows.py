"""The rows of the table: each serves one account and lets sides read it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from harness import Figures, Side, Source, median, run
from sides import Peers, ours, vendor

Row: TypeAlias = Callable[["Plan"], Iterator["Line"]]

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "a burst of three 500": {"script": [*["honest"] * 5, *["500"] * 3]},
    "truncated JSON, once": {"script": [*["honest"] * 5, "truncated"]},
    "a cut connection, once": {"script": [*["honest"] * 5, "cut"]},
}

TEN = 10.0
_QUERY = re.compile(r"\?\S+|http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    work: str
    figures: Sequence[Figures]
    """One for each round."""
    of: int
    """Objects that there were to be read."""
    note: str = ""

    def cells(self) -> list[str]:
        """Write it: medians over the rounds."""
        return [
            self.work,
            self.figures[0].side,
            f"{read(self.figures[-1]):,} of {self.of:,}",
            f"{median(self.figures, 'requests'):,.0f}",
            _seconds(median(self.figures, "seconds")),
            _seconds(median(self.figures, "whole")),
            f"{median(self.figures, 'peak_mib'):.0f}",
            "; ".join(filter(None, [self.note, told(self.figures[-1])])),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    folder: Path
    """Where stores go."""
    peers: Peers = field(default_factory=Peers)
    scale: float = 1.0
    """The share of the incidents that the targets speak of; a test takes few."""
    rounds: int = 3
    """Where seconds are what matters."""
    minute: float = 15.0
    """Seconds that stand for the minute in which everything is answered by 429."""

    def count(self, incidents: int) -> int:
        """Give how many incidents to serve."""
        return max(10, int(incidents * self.scale))

    def store(self, name: str = "") -> Path:
        """Give a path at which no store is."""
        return self.folder / f"{name}{len(list(self.folder.glob('*.db')))}.db"


def _seconds(taken: float) -> str:
    return f"{taken:.2f}" if taken < TEN else f"{taken:.1f}"


def read(figures: Figures) -> int:
    """Give how many objects a side has read."""
    items = figures.said.get("items", 0)
    return sum(items.values()) if isinstance(items, dict) else int(items)


def told(figures: Figures) -> str:
    """Give what a side said of its own reading."""
    said = figures.said
    if "error" in said:
        return f"fails: {_short(said['error'])}"
    if "outcomes" in said:
        named = [f"{one['reason']}, missing {one['missing']}" for one in said["shortfalls"]]
        notes = [said["note"]] if "note" in said else []
        return "; ".join([", ".join(said["outcomes"]), *named[:2], *notes])
    return f"warns: {_short(said['warning'])}" if "warning" in said else "says nothing"


def month(plan: Plan) -> Iterator[Line]:
    """25,000 incidents in the window."""
    yield from _listing(plan, "25,000 incidents in the window", 25_000, "month")


def day(plan: Plan) -> Iterator[Line]:
    """17,495 incidents in one day."""
    yield from _listing(plan, "17,495 incidents in one day", 17_495, "day")


def second(plan: Plan) -> Iterator[Line]:
    """12,000 incidents in one second."""
    yield from _listing(plan, "12,000 incidents in one second", 12_000, "second")


def log_entries(plan: Plan) -> Iterator[Line]:
    """Incidents with everything that happened to them."""
    count = plan.count(10_000)
    with Source.serving("--incidents", str(count)) as source:
        for side in (
            vendor("one_by_one"),
            vendor("account_wide"),
            ours(plan.store(), "incident,incident_log_entry"),
        ):
            yield _line("10,000 incidents and their log entries", source, side, of=count * 6)


def latency(plan: Plan) -> Iterator[Line]:
    """What parallel requests are worth where every answer takes its time."""
    count = plan.count(10_000)
    with Source.serving("--incidents", str(count), "--latency", "0.05") as source:
        peers = [vendor("iter_all"), *plan.peers.all()]
        taken: dict[str, list[Figures]] = {}
        for _ in range(plan.rounds):
            for side in (*peers, ours(plan.store()), ours(plan.store("parallel"), parallel=4)):
                taken.setdefault(side.name, []).append(_run(source, side))
    for figures in taken.values():
        yield Line(work="10,000 incidents at 50 ms a request", figures=figures, of=count)


def faults(plan: Plan) -> Iterator[Line]:
    """What is left of a reading that something went wrong in."""
    count = max(1_000, plan.count(2_000))  # enough pages for something to go wrong in
    with Source.serving("--incidents", str(count)) as source:
        sides = [vendor("iter_all"), *plan.peers.all()]
        for side in (*sides, ours(plan.store())):
            yield _limited(plan, source, side, count)
        for name, script in FAULTS.items():
            for side in (*sides, ours(plan.store())):
                yield _line(name, source, side, of=count, **script)


def hourly(plan: Plan) -> Iterator[Line]:
    """A run an hour after another, while nothing happened, over two sizes of store."""
    for size in (20_000, 200_000):
        count = plan.count(size)
        work = f"an hour in which nothing happened, 1,000 services, {size:,} incidents kept"
        with Source.serving("--incidents", str(count), "--services", "1000") as source:
            yield _line(f"{work}: a full read", source, vendor("iter_history"), of=count)
            store = plan.store()
            # Backfilled without our pacing; what is measured is the run after it.
            filled = _run(source, ours(store, "", "--unpaced"))
            print(f"  filled: {read(filled):,} objects, {told(filled)}", file=sys.stderr)
            later = ours(store, "", "--later", "61")
            yield _line(work, source, later, of=0)


def _listing(plan: Plan, work: str, incidents: int, spread: str) -> Iterator[Line]:
    count = plan.count(incidents)
    sides = [vendor("iter_all"), vendor("iter_history"), ours(plan.store())]
    if plan.peers.pdpyras is not None:
        sides.insert(0, plan.peers.pdpyras)
    with Source.serving("--incidents", str(count), "--spread", spread) as source:
        for side in sides:
            yield _line(work, source, side, of=count)


def _limited(plan: Plan, source: Source, side: Side, count: int) -> Line:
    figures = _run(source, side, closed=plan.minute)
    note = "never limited"
    if asked := figures.limited.get("asked"):
        waited = figures.limited.get("waited")
        note = f"waited {waited / asked:.2f} times" if waited else "gave up waiting"
    return Line(work=f"429 for {plan.minute:.0f} s", figures=[figures], of=count, note=note)


def _line(work: str, source: Source, side: Side, *, of: int, **control: Any) -> Line:
    return Line(work=work, figures=[_run(source, side, **control)], of=of)


def _run(source: Source, side: Side, **control: Any) -> Figures:
    figures = run(source, side, **control)
    print(f"  {side.name}: {figures.whole:.2f} s", file=sys.stderr)
    return figures


def _short(text: str) -> str:
    plain = " ".join(_QUERY.sub("", str(text)).replace("|", "/").split())
    return plain if len(plain) < 90 else f"{plain[:87]}..."  # noqa: PLR2004 - a cell of a table


ROWS: Mapping[str, Row] = {
    one.__name__: one for one in (month, day, second, log_entries, latency, faults, hourly)
}
