"""The console under clicks: how long its pages take, and what they weigh.

Run it on the settings of a store: ``.venv/bin/python benchmarks/console/clicks.py demo/ccm.yaml``.
The console runs as a process of its own on loopback, without collecting; people click through its
pages, each with a pause between two clicks. Printed: per page the median and the 95th percentile of
the time until the whole answer is there, and its size; and the memory of the process at the
beginning and at the end.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import httpx  # noqa: TID253 - this program is about it

PAGES = (
    "/",
    "/findings",
    "/findings?severity=high",
    "/checks",
    "/frameworks",
    "/sections",
    "/changes",
    "/evidence",
    "/integrations",
    "/ledger",
    "/settings",
    "/api/v1/findings?limit=100",
)
_LINK = re.compile(r"(http://\S+)/sign-in\?link=(\S+)")
_PERCENT = 0.95


def main() -> None:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=2.0, help="Between two clicks.")
    options = parser.parse_args()
    process, origin, secret = start(options.settings)
    try:
        cookies = sign_in(origin, secret)
        begun = resident(process.pid)
        times, sizes = clicks(origin, cookies, options)
        print_table(times, sizes)
        ended = resident(process.pid)
        print(f"\nmemory: {begun:.0f} MiB at the beginning, {ended:.0f} MiB at the end")
    finally:
        process.terminate()
        process.wait()


def start(settings: Path) -> tuple[subprocess.Popen[str], str, str]:
    """Start the console; return its process, its origin and the secret of its link."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ccm_core", "-c", str(settings), "serve", "--no-watch"]
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [*command, "--port", str(port)], stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr or ():
        if found := _LINK.search(line):
            threading.Thread(target=lambda: [*process.stderr], daemon=True).start()
            return process, found[1], found[2]
    sys.exit("the console did not start")


def sign_in(origin: str, secret: str) -> httpx.Cookies:
    """Spend the link, once the console listens."""
    with httpx.Client(base_url=origin, headers={"Origin": origin}) as client:
        for _ in range(100):
            try:
                client.post("/sign-in", data={"link": secret})
            except httpx.ConnectError:
                time.sleep(0.1)
            else:
                return client.cookies
    sys.exit("the console does not answer")


def clicks(
    origin: str, cookies: httpx.Cookies, options: argparse.Namespace
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Let people click; return the seconds of each click by page, and the size of each page."""
    times: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, int] = {}
    end = time.monotonic() + options.seconds

    def click(seed: int) -> None:
        choice = random.Random(seed)
        with httpx.Client(base_url=origin, cookies=cookies, timeout=60) as client:
            while time.monotonic() < end:
                page = choice.choice(PAGES)
                begun = time.perf_counter()
                answer = client.get(page)
                times[page].append(time.perf_counter() - begun)
                sizes[page] = len(answer.content)
                answer.raise_for_status()
                time.sleep(choice.uniform(0.5, 1.5) * options.pause)

    people = [threading.Thread(target=click, args=(seed,)) for seed in range(options.people)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return times, sizes


def print_table(times: dict[str, list[float]], sizes: dict[str, int]) -> None:
    """Print a line for each page."""
    print("| page | clicks | median | p95 | size |\n|---|---|---|---|---|")
    for page in PAGES:
        if taken := sorted(times[page]):
            p95 = taken[min(len(taken) - 1, int(len(taken) * _PERCENT))]
            median = statistics.median(taken)
            print(
                f"| {page} | {len(taken)} | {1000 * median:.0f} ms | {1000 * p95:.0f} ms | "
                f"{sizes[page] / 1000:.0f} KB |"
            )
    every = sorted(one for some in times.values() for one in some)
    print(f"| all | {len(every)} | | {1000 * every[int(len(every) * _PERCENT)]:.0f} ms | |")


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
