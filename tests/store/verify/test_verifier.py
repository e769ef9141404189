"""Which stores can be verified, and that verifying leaves them as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store


@pytest.fixture
def folder(tmp_path, build, key):
    """Return the folder of a store with one signed run."""
    settings = StoreLocation(url="sqlite:///ccm.db")
    with closing(open_store(settings, base=tmp_path, signing=lambda: (key(),))) as store:
        store.runs.begin(build.run("r1", at=10))
        store.records.append(build.harvest("c1", {"a": {"n": 1}}, run="r1", at=11, snapshot=True))
        store.runs.seal(build.manifest("r1", at=12))
    return tmp_path


def verified(folder):
    """Verify the store of a folder."""
    return verify_store(folder / "ccm.db", pins=(), on_progress=lambda *_: None)


def revise(folder, revision):
    """Set the revision of the store."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        database.execute("UPDATE schema_revision SET revision = ?", (revision,))


def test_a_store_of_a_newer_ccm_is_refused(folder):
    """Not verified by rules that it may not follow."""
    revise(folder, "9999")
    with pytest.raises(StoreError, match=r"written by a newer ccm.*Upgrade"):
        verified(folder)


def test_verifying_a_store_writes_nothing(folder):
    """Not even beside the store."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert verified(folder).sound
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="rights are set another way on this system")
def test_a_copy_that_nobody_may_write_to_can_be_verified(folder):
    """Such as an auditor gets on a disk of its own."""
    # Not under tmp_path: the folders above it are closed to everybody but their owner.
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        shutil.copy(folder / "ccm.db", copy)
        (copy / "ccm.db").chmod(0o444)
        copy.chmod(0o555)
        root = os.geteuid() == 0
        if root:  # for whom rights do not count
            os.seteuid(65534)
        try:
            assert verified(copy).sound
        finally:
            if root:
                os.seteuid(0)
            copy.chmod(0o755)
