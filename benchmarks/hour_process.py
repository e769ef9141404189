"""One ``ccm run`` in a process of its own, phase by phase; prints one JSON line of figures.

It does what ``ccm run`` does, through the same functions, with a clock that can be ahead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from measurement import measured

from ccm_core.cli.main import tune_garbage_collector


@dataclass(slots=True)
class Phases:
    """What each phase took, and by how much the store's file grew in it."""

    store: Path
    figures: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str, *, since_start: bool = False) -> Iterator[None]:
        """Measure one phase; from the start of the process, where it is the first."""
        began = 0.0 if since_start else time.process_time()
        clock, before = time.perf_counter(), self._bytes()
        yield
        self.figures.append(
            {
                "phase": name,
                "processor": time.process_time() - began,
                "seconds": time.perf_counter() - clock,
                "bytes": self._bytes() - before,
            }
        )

    def _bytes(self) -> int:
        """Return the pages of the file, those that wait in the write-ahead log included."""
        if not self.store.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as database:
            pages: tuple[int] = database.execute("PRAGMA page_count").fetchone()
            size: tuple[int] = database.execute("PRAGMA page_size").fetchone()
        return pages[0] * size[0]


def main() -> int:
    """Run one cycle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="with ccm.yaml; the store and the report go here")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds to set the clock ahead")
    parser.add_argument("--collect-only", action="store_true")
    options = parser.parse_args()
    tune_garbage_collector()
    with measured() as report:
        phases = Phases(options.folder / "ccm.db")
        report["phases"] = phases.figures
        _cycle(options, phases)
    return 0


def _cycle(options: argparse.Namespace, phases: Phases) -> None:
    # As ccm does it: what a verb needs is imported once the garbage collector is tuned.
    from later_workspace import PORTS, LaterWorkspace

    from ccm_core.app.cycle import collect_connections, evaluate_connections
    from ccm_core.app.notifications import notify_recipients
    from ccm_core.app.report_file import write_evaluation_report
    from ccm_core.app.rule_sets import compile_rule_set
    from ccm_core.collect.observer import NullObserver
    from ccm_core.pipeline.findings.reported import FindingsOf
    from ccm_core.sdk.rate_limit import Limiter, Limiters

    class Unpaced(Limiters):
        """Lets requests through at once: waiting is no matter of this benchmark."""

        def limiter_for(self, name: str, per_minute: int) -> Limiter:
            return super().limiter_for(name, per_minute * 10_000)

    with phases.phase("start", since_start=True):
        opened = LaterWorkspace.open(options.folder / "ccm.yaml", PORTS)
        assert isinstance(opened, LaterWorkspace)  # noqa: S101 - the class that opens it
        workspace = replace(opened, ahead=timedelta(seconds=options.ahead))
        rules = compile_rule_set(workspace)
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        with phases.phase("collect"):
            collected = asyncio.run(
                collect_connections(
                    workspace, store, connections, lambda _: NullObserver(), limiters=Unpaced()
                )
            )
        collected.raise_errors()
        if options.collect_only:
            return
        with phases.phase("evaluate and keep"):
            stored = evaluate_connections(workspace, store, rules)
        with phases.phase("report"):
            page = options.folder / "report.html"
            write_evaluation_report(workspace.host, store, stored, page, FindingsOf())
        with phases.phase("notify"):
            failures = notify_recipients(workspace, store, stored.evaluation)
    if failures:
        raise RuntimeError(json.dumps(failures))


if __name__ == "__main__":
    sys.exit(main())
