"""10,000 incidents into the store, against the vendor's client iterating over them.

Run ``python benchmarks/collect.py``; see README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness import Figures, Side, Source, machine, median, python, run, table

OURS, VENDOR, FLOOR = "`ccm`: read, checked, stored", "`pagerduty`: iterated", "bytes, thrown away"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    asked = _parser().parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        Source.serving("--incidents", str(asked.incidents), "--latency", str(asked.latency)) as at,
    ):
        if not asked.no_warm_up:  # compiles the bytecode
            _round(at, Path(folder))
        found = [_round(at, Path(folder)) for _ in range(asked.rounds)]
    print(f"{asked.incidents:,} incidents, {asked.latency * 1000:.0f} ms of latency, ", end="")
    print(f"median of {asked.rounds}; {machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    print(written({name: [one[name] for one in found] for name in found[0]}))
    return 0


def _round(source: Source, folder: Path) -> dict[str, Figures]:
    """Let the sides take turns once; the store is a new one."""
    for left in folder.iterdir():
        left.unlink()
    store = str(folder / "ccm.db")
    sides = [
        Side(name=OURS, command=python("ours.py", "--store", store, "--kinds", "incident")),
        Side(name=VENDOR, command=python("vendor.py", "iter_all")),
        Side(name=FLOOR, command=python("floor.py")),
    ]
    return {side.name: run(source, side) for side in sides}


def written(found: dict[str, list[Figures]]) -> str:
    """Write the table: medians, and how many times the vendor's."""
    header = (
        "side",
        "incidents",
        "requests",
        "seconds",
        "times the vendor's",
        "processor s",
        "whole process s",
        "peak MiB",
    )
    peer = median(found[VENDOR], "seconds")
    return table(header, [_row(name, figures, peer) for name, figures in found.items()])


def _row(name: str, figures: Sequence[Figures], peer: float) -> list[str]:
    last = figures[-1].said
    items = last.get("items", 0)
    count = sum(items.values()) if isinstance(items, dict) else items
    seconds = median(figures, "seconds")
    return [
        name,
        f"{count:,}" + (f" ({last['error']})" if "error" in last else ""),
        f"{median(figures, 'requests'):.0f}",
        f"{seconds:.2f}",
        f"{seconds / peer:.2f}",
        f"{median(figures, 'processor'):.2f}",
        f"{median(figures, 'whole'):.2f}",
        f"{median(figures, 'peak_mib'):.0f}",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-warm-up", action="store_true", help="count the first round as well")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
