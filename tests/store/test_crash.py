"""``kill -9`` at any instant: nothing that was told kept is lost, and nothing is there twice."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

RECORDS = 50
WRITER = Path(__file__).with_name("killed_writer.py")


@pytest.mark.no_cover
@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL and no fork on this system")
def test_a_killed_writer_leaves_whole_windows(tmp_path, reopen):
    """Every window is there in full or not at all, whenever its writer was killed."""
    seed = str(time.time_ns())
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(WRITER), str(tmp_path), seed],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    acknowledged = int(done.stdout)

    store = reopen()
    stored = [c.id for c in store.runs.collections("demo")]
    assert stored == [f"c{n}" for n in range(len(stored))], f"seed {seed}"
    assert acknowledged < len(stored), f"seed {seed}"
    assert_whole(store, len(stored))
    store.close()
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def assert_whole(store, windows):
    """Every record of every window is there once, and the newest one stands."""
    newest = {}
    for number in range(windows):
        start = number * RECORDS // 2
        newest.update((f"{key:06}", number) for key in range(start, start + RECORDS))
    assert {r.key: r.body["n"] for r in store.records.current("demo", "demo.thing")} == newest

    versions = Counter(
        r.collection for key in newest for r in store.records.history("demo", "demo.thing", key)
    )
    assert versions == {f"c{n}": RECORDS for n in range(windows)}
