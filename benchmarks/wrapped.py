"""Measure a program that cannot measure itself: its time, and the most memory it held."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time


def main() -> int:
    """Run the command after ``--``; its standard output is JSON: a list, or what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="+")
    command = parser.parse_args().command
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a peer
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        **_said(done.stdout, done.stderr),
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _said(out: str, err: str) -> dict[str, object]:
    try:
        value = json.loads(out)
    except ValueError:
        said = (err or out).strip().splitlines()
        return {"items": 0, "error": " ".join(said)[-200:] or "it said nothing"}
    return {"items": len(value)} if isinstance(value, list) else dict(value)


if __name__ == "__main__":
    sys.exit(main())
