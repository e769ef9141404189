"""Every row of the collecting benchmark, ccm beside public clients, as one Markdown table.

Run ``python benchmarks/table.py``; see README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from clients import Peers
from harness import machine, table, table_line
from rows import ROWS, BenchmarkPlan

HEADER = (
    *("work", "client", "read", "requests", "reading s", "whole process s", "peak MiB"),
    "result",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows, and print each as it is measured."""
    options = _parser().parse_args(arguments)
    peers = Peers() if options.no_peers else Peers.installed()
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    print(table(HEADER, []), flush=True)
    for name in options.rows or ROWS:
        print(name, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            plan = BenchmarkPlan(
                folder=Path(folder),
                peers=peers,
                scale=options.scale,
                rounds=options.rounds,
                minute=options.minute,
            )
            for row in ROWS[name](plan):
                print(table_line(row.cells()), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {', '.join(ROWS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the incidents")
    parser.add_argument("--rounds", type=int, default=3, help="for the rows that compare times")
    parser.add_argument("--minute", type=float, default=15.0, help="seconds of 429 only")
    parser.add_argument("--no-peers", action="store_true", help="only ccm and the vendor's client")
    return parser


if __name__ == "__main__":
    sys.exit(main())
