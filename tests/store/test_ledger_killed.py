"""``kill -9`` and a full disk, in the middle of everything: the ledger verifies afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.sqlite.verify import verify_store

WORKER = Path(__file__).with_name("killed_ledger.py")
KILLS = 200


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL and no fork on this system")
def test_hundreds_of_kills_leave_a_ledger_that_verifies(tmp_path):
    """Beginning, keeping, sealing, judging, erasing: each was cut off, at random instants."""
    seed = str(time.time_ns())
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(WORKER), str(tmp_path), seed, str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    report = json.loads(done.stdout)
    assert sum(report["hit"].values()) == KILLS
    assert report["hit"].keys() >= {"begin", "keep", "seal", "judge", "erase"}, report
    assert report["leaves"] > KILLS


@pytest.mark.parametrize("room", [20, 24, 33, 47])
def test_a_full_disk_leaves_a_ledger_that_verifies(reopen, build, key, tmp_path, room):
    """Whatever step there was no room for is not there at all; with room again, it goes on."""
    reopen(key()).close()
    store = reopen(key(), options={"max_size": str(16384 * room)})
    number = fill(store, build, 0)
    store.close()
    assert verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).problems == ()

    store = reopen(key(), options={"max_size": str(16384 * (room + 60))})
    for run in store.runs.open_runs("demo"):
        store.runs.seal(build.manifest(run.run, at=number))
    assert fill(store, build, number + 1) > number + 1
    store.close()
    verification = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)
    assert verification.problems == ()
    assert verification.checkpoints > 0


def fill(store, build, number):
    """Keep runs until there is no room; give the number of the last one."""
    stored = []
    with pytest.raises(StoreError, match="cannot grow"):
        go_on(store, build, number, stored)
    return number + len(stored)


def go_on(store, build, number, stored):
    """Keep runs without end, and note each one that is there whole."""
    for minute in range(number, number + 500):
        run = f"r{minute}"
        bodies = {f"{key}": {"n": minute, "of": os.urandom(300).hex()} for key in range(20)}
        store.runs.begin(build.run(run, at=minute))
        store.records.append(build.harvest(f"c{minute}", bodies, run=run, at=minute))
        store.runs.seal(build.manifest(run, at=minute))
        store.evaluations.append(build.evaluation(minute))
        stored.append(run)
