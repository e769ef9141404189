"""Run by test_crash.py: keeps windows in a child and kills it, a few times over.

Each child opens the store, goes on where the last one stopped, and writes the number of every
window that it was told is kept. Standard output holds the highest number that any of them wrote.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.store import SqliteStore  # noqa: F401 - before the forks, or most kills would hit imports

T0 = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = 50


def window(number):
    """Return window ``number``: half of its keys are new, half change what an earlier one kept."""
    name = f"c{number}"
    collection = Collection(
        id=name,
        run="r1",
        connection="demo",
        kind="demo.thing",
        version=1,
        started_at=T0,
        ended_at=T0,
        outcome=Outcome.COMPLETE,
    )
    source = RecordSource(endpoint="/things", page=1, response_digest=digest(b"page"))
    observations = []
    for key in range(number * RECORDS // 2, number * RECORDS // 2 + RECORDS):
        body = {"n": number, "filler": "x" * 2000}
        observations.append(
            Observation(
                key=f"{key:06}",
                observed_at=T0,
                source=source,
                body=compress_body(json_codec.encode(body)),
            )
        )
    return WriteBatch(collection=collection, observations=observations)


def write(folder, pipe):
    """Keep windows until killed."""
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
    if not store.runs.connections():
        store.runs.begin(OpenRun(run="r1", connection="demo", connector="demo", started_at=T0))
    number = len(store.runs.collections("demo"))
    while True:
        store.records.append(window(number))
        os.write(pipe, f"{number}\n".encode())
        number += 1


def kill_one(folder, seconds, *, after_first):
    """Let a child write, kill it, and give the numbers that it was told are kept."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    if after_first:
        select.select([reading], [], [], 30)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sys.exit("the writer failed before it was killed")
    with os.fdopen(reading) as lines:
        return [int(line) for line in lines]


def main():
    """Kill early, while the store is being made, then ever again in the middle of writing."""
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    acknowledged = [-1]
    for _ in range(2):
        acknowledged += kill_one(folder, chance.uniform(0, 0.4), after_first=False)
    for _ in range(4):
        acknowledged += kill_one(folder, chance.uniform(0, 0.1), after_first=True)
    if acknowledged != sorted(set(acknowledged)):
        sys.exit(f"a window that was told kept was lost, and kept again: {acknowledged}")
    sys.stdout.write(f"{max(acknowledged)}\n")


if __name__ == "__main__":
    main()
