"""Run by test_ledger_killed.py: does everything a store does, in children that are killed.

Standard output holds what was verified: how many kills, of what, and how many leaves came of it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch

# Before the forks, or most kills would hit imports.
from ccm_core.store.erasing import erase  # noqa: F401 - see above
from ccm_core.store.evaluations import evaluations  # noqa: F401 - see above
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.store import SqliteStore  # noqa: F401 - see above
from ccm_core.store.sqlite.verify import verify_store

T0 = datetime(2026, 1, 1, tzinfo=UTC)
VERIFIED_EVERY = 20


class Key:
    """A signing key that is the same in every child."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(b"key").digest())

    @property
    def public(self) -> bytes:
        """Return the public half."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        return self._key.sign(data)


def opened(folder):
    """Open the store, or make it."""
    return open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder, signing=lambda: [Key()])


def harvest(store, run, number):
    """Return a window of which half is new."""
    at = T0 + timedelta(minutes=number)
    collection = Collection(
        id=f"c{number}",
        run=run,
        connection="demo",
        kind="demo.thing",
        version=1,
        started_at=at,
        ended_at=at,
        outcome=Outcome.COMPLETE,
    )
    source = RecordSource(endpoint="/things", page=1, response_digest=digest(b"page"))
    pack = store.records.packer("demo.thing")
    return WriteBatch(
        collection=collection,
        observations=[
            Observation(
                key=f"{key:06}",
                observed_at=at,
                source=source,
                body=pack(json_codec.encode({"n": number, "key": key})),
            )
            for key in range(4 * number, 4 * number + 8)
        ],
    )


def seal(store, run, number):
    """Seal a run."""
    at = T0 + timedelta(minutes=number)
    store.runs.seal(
        Manifest(
            run=run,
            connection="demo",
            connector="demo",
            started_at=at,
            ended_at=at,
            host_version="0",
            settings_digest=digest(b""),
            outcome=Outcome.COMPLETE,
        )
    )


def work(folder, pipe):
    """Go on where the last child stopped, until killed; tell what is about to be done, and done."""
    store = opened(folder)

    def step(name, number, do, *arguments):
        os.write(pipe, f"{name} {number}\n".encode())
        do(*arguments)
        os.write(pipe, f"{name} {number} done\n".encode())

    number = len(store.runs.collections("demo"))
    for run in store.runs.open_runs("demo"):
        step("cut", number, seal, store, run.run, number)
    while True:
        go_round(store, step, number)
        number += 1


def go_round(store, step, number):
    """Begin a run, keep a window, seal it, judge; erase now and then."""
    run, at = f"r{number}-{time.time_ns()}", T0 + timedelta(minutes=number)
    open_run = OpenRun(run=run, connection="demo", connector="demo", started_at=at)
    step("begin", number, store.runs.begin, open_run)
    step("keep", number, store.records.append, harvest(store, run, number))
    step("seal", number, seal, store, run, number)
    evaluation = Evaluation(
        evaluated_at=at, packs=(), connections=(), sufficiency=(), rules=(), controls=()
    )
    step("judge", number, store.evaluations.append, evaluation)
    key = f"{4 * number:06}"
    order = Erasure(
        id=run, connection="demo", kind="demo.thing", key=key, reason="test", erased_at=at
    )
    step("erase", number, store.erasure.erase, order)


def kill_one(folder, chance):
    """Let a child do some steps, kill it in the next one, and give what it told, line by line."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    output, steps = b"", chance.randrange(1, 14)
    while output.count(b"\n") < steps and (more := os.read(reading, 4096)):
        output += more
    time.sleep(chance.uniform(0, 0.004))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as rest:
        output += rest.read()
    if not os.WIFSIGNALED(status):
        sys.exit("the worker failed before it was killed")
    return output.decode().splitlines()


def check(folder, acknowledged):
    """Verify the store, and that what was told kept is there."""
    verification = verify_store(folder / "ccm.db", on_progress=lambda *_: None)
    if verification.problems:
        sys.exit("\n".join(map(str, verification.problems)))
    with closing(opened(folder)) as store:
        stored = {collection.id for collection in store.runs.collections("demo")}
    if not {f"c{number}" for number in acknowledged} <= stored:
        sys.exit("a window that was told kept was lost")
    return verification.leaves


def main():
    """Kill, again and again, and verify now and then."""
    folder, seed, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance, hit, acknowledged, leaves = random.Random(seed), Counter(), [], 0  # noqa: S311 - moments
    opened(folder).close()
    for number in range(1, kills + 1):
        lines = kill_one(folder, chance)
        done = [line.split()[1] for line in lines if line.startswith("keep") and "done" in line]
        if set(done) & set(acknowledged):
            sys.exit("a window that was told kept was kept again")
        acknowledged += done
        last = lines[-1].split()
        hit["between" if last[-1] == "done" else last[0]] += 1
        if number % VERIFIED_EVERY == 0:
            leaves = check(folder, acknowledged)
    sys.stdout.write(f"{json_codec.encode({'hit': hit, 'leaves': leaves}).decode()}\n")


if __name__ == "__main__":
    main()
