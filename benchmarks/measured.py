"""What every measured side tells of itself: one JSON line, time, processor time and memory.

Only the standard library: what stands here is in the memory of every side.
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
    """Time a block and print what it says of itself; an error is said as well, not raised."""
    found: dict[str, Any] = {}
    began = time.perf_counter()
    try:
        yield found
    except Exception as error:  # noqa: BLE001 - a side that fails is a figure too
        found["error"] = f"{type(error).__name__}: {error}"
    found["seconds"] = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    found["processor"] = used.ru_utime + used.ru_stime
    found["peak_mib"] = peak_kib() / 1024
    sys.stdout.write(json.dumps(found) + "\n")


def peak_kib() -> int:
    """Give the most memory this process ever held.

    Linux hands ``ru_maxrss`` of the parent down to a child; ``VmHWM`` begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most
