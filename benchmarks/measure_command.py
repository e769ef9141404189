"""Measure a program that cannot measure itself: its time, and its peak memory."""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def main() -> int:
    """Run the command after ``--``; its standard output is JSON: a list, or its own report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="+")
    command = parser.parse_args().command
    started = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a peer
    seconds = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        **_report(process.stdout, process.stderr),
        "seconds": seconds,
        "processor": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


def _report(output: str, errors: str) -> dict[str, object]:
    lines = [_COLOR.sub("", line).strip() for line in (errors or output).splitlines()]
    warnings = [line for line in lines if "rror" in line or "ailed" in line]
    try:
        value = json.loads(output)
    except ValueError:
        message = (warnings or lines or ["no output"])[-1]
        return {"items": 0, "error": message[-200:]}
    report = {"items": len(value)} if isinstance(value, list) else dict(value)
    return {**report, "warning": warnings[0]} if warnings else report


if __name__ == "__main__":
    sys.exit(main())
