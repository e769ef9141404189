"""Collecting 10,000 incidents into the store, against the vendor's client iterating over them.

Run ``python benchmarks/collect.py``; see README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness import BenchmarkClient, Figures, SimulatorProcess, machine, median, python, run, table

CCM, VENDOR = "`ccm`: read, validated, stored", "`pagerduty`: iterated"
BASELINE = "baseline: bytes, discarded"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table."""
    options = _parser().parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatorProcess.serving(
            "--incidents", str(options.incidents), "--latency", str(options.latency)
        ) as simulator,
    ):
        if not options.no_warm_up:  # compiles the bytecode
            _round(simulator, Path(folder))
        rounds = [_round(simulator, Path(folder)) for _ in range(options.rounds)]
    print(f"{options.incidents:,} incidents, {options.latency * 1000:.0f} ms of latency, ", end="")
    print(f"median of {options.rounds}; {machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    by_client = {name: [figures[name] for figures in rounds] for name in rounds[0]}
    print(results(by_client))
    return 0


def _round(simulator: SimulatorProcess, folder: Path) -> dict[str, Figures]:
    """Run each client once; the store is a new one."""
    for path in folder.iterdir():
        path.unlink()
    store = str(folder / "ccm.db")
    clients = [
        BenchmarkClient(
            name=CCM, command=python("ccm_client.py", "--store", store, "--kinds", "incident")
        ),
        BenchmarkClient(name=VENDOR, command=python("vendor_client.py", "iter_all")),
        BenchmarkClient(name=BASELINE, command=python("baseline_client.py")),
    ]
    return {client.name: run(simulator, client) for client in clients}


def results(by_client: dict[str, list[Figures]]) -> str:
    """Return the table: medians, and the ratio to the vendor's client."""
    header = (
        "client",
        "incidents",
        "requests",
        "seconds",
        "times the vendor's",
        "processor s",
        "whole process s",
        "peak MiB",
    )
    vendor = median(by_client[VENDOR], "seconds")
    return table(header, [_row(name, figures, vendor) for name, figures in by_client.items()])


def _row(name: str, rounds: Sequence[Figures], vendor: float) -> list[str]:
    last = rounds[-1].report
    items = last.get("items", 0)
    count = sum(items.values()) if isinstance(items, dict) else items
    seconds = median(rounds, "seconds")
    return [
        name,
        f"{count:,}" + (f" ({last['error']})" if "error" in last else ""),
        f"{median(rounds, 'requests'):.0f}",
        f"{seconds:.2f}",
        f"{seconds / vendor:.2f}",
        f"{median(rounds, 'processor'):.2f}",
        f"{median(rounds, 'whole'):.2f}",
        f"{median(rounds, 'peak_mib'):.0f}",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-warm-up", action="store_true", help="count the first round as well")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    return parser


if __name__ == "__main__":
    sys.exit(main())
