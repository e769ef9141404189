"""Evaluate an aging store each hour at that hour's clock, and print what a day of it costs."""

from __future__ import annotations

import resource
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from later_workspace import LaterWorkspace

from ccm_core.app.cycle import evaluate_connections
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.store.interface.evidence_store import EvidenceStore

AFTER = timedelta(minutes=1)
"""How long after the hour's run began the evaluation takes place."""


@dataclass(slots=True)
class HourlyEvaluations:
    """What ``ccm run`` does after collecting, hour by hour, in one process."""

    workspace: LaterWorkspace
    store: EvidenceStore
    file: Path
    copies: Path | None = None
    """Where to keep copies of the store at the end of its first days and months."""
    rules: Any = None
    hours: int = 0
    took: list[float] = field(default_factory=list)
    bytes_before: int = 0

    def __call__(self, now: datetime) -> None:
        """Evaluate, keep and follow findings as of the hour that ends now."""
        self.rules = self.rules or compile_rule_set(self.workspace)
        ahead = now + AFTER - datetime.now(UTC)
        began = time.process_time()
        evaluate_connections(replace(self.workspace, ahead=ahead), self.store, self.rules)
        self.took.append(time.process_time() - began)
        self.hours += 1
        if self.hours % 24 == 1:
            self._print_day()

    def _print_day(self) -> None:
        size = self._bytes()
        hours = sorted(self.took)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"day {self.hours // 24}: {size / 1e6:.1f} MB, "
            f"+{(size - self.bytes_before) / len(hours) / 1000:.0f} KB an hour, "
            f"evaluate and keep {hours[len(hours) // 2]:.2f} s "
            f"({hours[0]:.2f} to {hours[-1]:.2f}), {peak:.0f} MiB",
            flush=True,
        )
        self.took.clear()
        self.bytes_before = size
        if self.copies and self.hours // 24 in {1, 30, 60}:
            target = self.copies / f"day-{self.hours // 24}"
            target.mkdir(parents=True, exist_ok=True)
            with (
                closing(sqlite3.connect(self.file)) as source,
                closing(sqlite3.connect(target / "ccm.db")) as copy,
            ):
                source.backup(copy)

    def _bytes(self) -> int:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            pages: tuple[int] = database.execute("PRAGMA page_count").fetchone()
            size: tuple[int] = database.execute("PRAGMA page_size").fetchone()
        return pages[0] * size[0]
