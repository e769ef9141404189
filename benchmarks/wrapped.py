"""Measure a program that cannot measure itself: its time, and the most memory it held."""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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
    told = [_COLOUR.sub("", line).strip() for line in (err or out).splitlines()]
    wrong = [line for line in told if "rror" in line or "ailed" in line]
    try:
        value = json.loads(out)
    except ValueError:
        said = (wrong or told or ["it said nothing"])[-1]
        return {"items": 0, "error": said[-200:]}
    found = {"items": len(value)} if isinstance(value, list) else dict(value)
    return {**found, "warning": wrong[0]} if wrong else found


if __name__ == "__main__":
    sys.exit(main())
