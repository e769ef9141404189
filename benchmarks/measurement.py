"""The figures that every client reports of itself: one JSON line with time and memory.

Only the standard library: what is imported here counts in the memory of every client.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Time a block, and print what it reports; an error is reported as well, not raised."""
    report: dict[str, Any] = {}
    started = time.perf_counter()
    try:
        yield report
    except Exception as error:  # noqa: BLE001 - a client that fails is a figure too
        report["error"] = f"{type(error).__name__}: {error}"
    report["seconds"] = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report["processor"] = usage.ru_utime + usage.ru_stime
    report["peak_mib"] = peak_kib() / 1024
    sys.stdout.write(json.dumps(report) + "\n")


def peak_kib() -> int:
    """Return the peak memory of this process.

    On Linux a child inherits ``ru_maxrss`` from its parent; ``VmHWM`` is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
