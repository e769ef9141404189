"""A store that was opened for reading: every read works, every write is refused."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from ccm_core.errors import ReadOnlyStore, StoreError, StoreNotFound
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.store.sqlite.database import SqliteDatabase

WRITES = {
    "lock a connection": lambda store, _: store.lock_connection("demo").__enter__(),
    "begin a run": lambda store, build: store.runs.begin(build.run("r2")),
    "append records": lambda store, build: store.records.append(
        build.harvest("c2", {"a": {"n": 2}})
    ),
    "seal a run": lambda store, build: store.runs.seal(build.manifest()),
    "append an evaluation": lambda store, build: store.evaluations.append(build.evaluation(2)),
    "append finding changes": lambda store, build: store.findings.append(build.digest, ()),
    "rotate the key": lambda store, build: store.ledger.rotate_key([build.key], build.at(3)),
    "erase": lambda store, build: store.erasure.erase(
        Erasure(id="e1", connection="demo", erased_at=build.at(3), reason="a test")
    ),
}


@pytest.fixture
def read_only(store, reopen, build, key):
    """Return the test's store, with one collection and one evaluation, opened for reading."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}}))
    build.digest = store.evaluations.append(build.evaluation(1))
    build.key = key()
    return reopen(read_only=True)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_store_opened_for_reading_refuses_to_write(read_only, build, tmp_path, write):
    """With one message for all of it, and not a byte of the file is changed."""
    before = (tmp_path / "ccm.db").read_bytes()
    with pytest.raises(ReadOnlyStore, match=r"ccm\.db was opened for reading.*nothing was written"):
        write(read_only, build)
    assert (tmp_path / "ccm.db").read_bytes() == before
    assert not list(tmp_path.glob("*.lock"))


def test_a_store_opened_for_reading_can_be_read(read_only, build, bodies):
    """What another process writes meanwhile is seen."""
    assert bodies(read_only) == {"a": {"n": 1}}
    assert read_only.evaluations.latest().evaluation == build.evaluation(1)


def test_a_transaction_on_a_read_only_database_cannot_write(read_only, tmp_path):
    """SQLite itself refuses, whatever statement is carried out."""
    database = SqliteDatabase(tmp_path / "ccm.db", lock_timeout=1, read_only=True)
    with (
        closing(database),
        pytest.raises(StoreError, match="read-only"),
        database.reading() as transaction,
    ):
        transaction.execute("DELETE FROM run")


def test_a_missing_store_is_not_created_by_reading(reopen, tmp_path):
    """Whatever ``create`` is."""
    with pytest.raises(StoreNotFound):
        reopen(read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_opening_for_reading_asks_for_no_signing_key(store, reopen, build):
    """A key may be behind a passphrase, and reading signs nothing."""
    store.close()
    reopen(read_only=True, signing=lambda: pytest.fail("a key was asked for")).close()


@pytest.mark.skipif(os.name != "posix", reason="rights are set another way on this system")
def test_a_store_in_a_read_only_folder_can_be_read(store, reopen, build, tmp_path, bodies):
    """Such as a copy on a disk that nobody may write to."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}}))
    store.close()
    tmp_path.chmod(0o555)
    root = os.geteuid() == 0
    if root:  # for whom rights do not count
        for folder in tmp_path.parents:
            folder.chmod(folder.stat().st_mode | 0o055)
        (tmp_path / "ccm.db").chmod(0o444)
        os.seteuid(65534)
    try:
        assert bodies(reopen(read_only=True)) == {"a": {"n": 1}}
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o755)
