"""Every row of the collecting benchmark, ours beside public clients, as one Markdown table.

Run ``python benchmarks/table.py``; see README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness import machine, table, table_line
from rows import ROWS, Plan
from sides import Peers

HEADER = (
    *("work", "side", "read", "requests", "reading s", "whole process s", "peak MiB"),
    "what it says",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows, and print them."""
    asked = _parser().parse_args(arguments)
    peers = Peers() if asked.no_peers else Peers.installed()
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    print(table(HEADER, []), flush=True)
    for name in asked.rows or ROWS:
        print(name, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            plan = Plan(
                folder=Path(folder),
                peers=peers,
                scale=asked.scale,
                rounds=asked.rounds,
                minute=asked.minute,
            )
            for line in ROWS[name](plan):
                print(table_line(line.cells()), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {', '.join(ROWS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the incidents")
    parser.add_argument("--rounds", type=int, default=3, help="where seconds are what matters")
    parser.add_argument("--minute", type=float, default=15.0, help="seconds of nothing but 429")
    parser.add_argument("--no-peers", action="store_true", help="only ours and the vendor's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
