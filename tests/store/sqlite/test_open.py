"""Opening: where the store is, when one is made, and how every refusal reads."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.migrations import NEWEST
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

ONE = {"n": 1}


def sqlite(path, *statements):
    """Run statements on a file directly, past ccm; give the last rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def contents(folder):
    """Return the bytes of every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param("sqlite:///ccm.db", "ccm.db", id="beside the settings"),
        pytest.param("sqlite:///sub/my store.db", "sub/my store.db", id="in a folder below"),
        pytest.param("sqlite:///sub/../100%2Fé?.db".replace("?", "#"), "100%2Fé#.db", id="odd"),
        pytest.param("sqlite:///{tmp}/x.db", "x.db", id="absolute"),
    ],
)
def test_a_relative_path_starts_at_the_folder_of_the_settings(tmp_path, build, url, path):
    """A relative path does not depend on where ccm was started."""
    (tmp_path / "sub").mkdir()
    settings = StoreLocation(url=url.format(tmp=tmp_path))
    with closing(open_store(settings, base=tmp_path)) as store:
        store.runs.begin(build.run())

    assert (tmp_path / path).stat().st_mode & 0o777 == 0o600
    with closing(open_store(settings, base=tmp_path, create=False)) as store:
        assert store.runs.connections() == ["demo"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("postgresql://u:hunter2@db/ccm", "begins with postgresql:", id="postgresql"),
        pytest.param("sqlite+aiosqlite:///x.db", r"sqlite\+aiosqlite:", id="another driver"),
        pytest.param("sqlite://ccm.db", "begins with sqlite:", id="two slashes"),
        pytest.param("ccm.db", "begins with 'ccm.db'", id="a bare path"),
        pytest.param("", "begins with ''", id="nothing"),
        pytest.param("sqlite:///", "names no file", id="no file"),
        pytest.param("sqlite:///:memory:", "names no file", id="in memory"),
        pytest.param("sqlite:///ccm.db?mode=ro", "names no file", id="parameters"),
    ],
)
def test_urls_of_other_databases_are_refused(tmp_path, url, message):
    """The message says how to write it, and repeats no password."""
    with pytest.raises(StoreError, match=message) as caught:
        open_store(StoreLocation(url=url), base=tmp_path)

    assert "sqlite:///ccm.db" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"options": {"wal": "no"}}, "no option 'wal'", id="unknown option"),
        pytest.param({"options": {"lock_timeout": "long"}}, "lock_timeout is 'long'", id="text"),
        pytest.param({"options": {"max_size": "nan"}}, "max_size is 'nan'", id="not a number"),
        pytest.param({"options": {"lock_timeout": "-1"}}, "not below 0", id="below zero"),
        pytest.param({"pseudonym_key": b"short"}, "has 5 bytes and needs 32", id="short key"),
    ],
)
def test_wrong_store_options_are_refused(reopen, tmp_path, changes, message):
    """Before any file is made."""
    with pytest.raises(StoreError, match=message):
        reopen(**changes)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_store_is_not_created_to_be_read(reopen, tmp_path):
    """Where nothing was collected there is nothing to evaluate."""
    with pytest.raises(StoreError, match=r"no store at .*ccm\.db yet\. Run `ccm collect` first"):
        reopen(create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_store_yet(reopen, tmp_path):
    """Such as an attempt that was cut off leaves: it is not read, and a store can be made in it."""
    (tmp_path / "ccm.db").touch()
    with pytest.raises(StoreError, match=r"is empty: it has 0 bytes\..* restore it from a backup"):
        reopen(create=False)
    with pytest.raises(
        IntegrityError, match=r"is empty: it has 0 bytes\..* restore it from a backup"
    ):
        verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)

    assert reopen().runs.connections() == []
    assert reopen(create=False).runs.connections() == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("sqlite:///no/such/ccm.db", "folder .*no/such does not exist", id="missing"),
        pytest.param("sqlite:///.", "is a folder", id="a folder"),
        pytest.param("sqlite:///file/ccm.db", "does not exist", id="a file as folder"),
        pytest.param("sqlite:////proc/ccm.db", "cannot be created or found", id="not writable"),
    ],
)
def test_a_path_that_cannot_hold_a_store_is_refused(tmp_path, url, message):
    """With the place in the message, and nothing made there."""
    if "/proc/" in url and not Path("/proc/self").exists():
        pytest.skip("this system has no /proc, where nobody may make files")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=message):
        open_store(StoreLocation(url=url), base=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"version: 1\nstore: {}\n" * 99, "is not a SQLite database", id="a text"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 4080, "SQLite", id="a broken header"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_a_file_of_another_kind_is_left_alone(reopen, tmp_path, content, message, create):
    """Whatever it is, it is not overwritten."""
    (tmp_path / "ccm.db").write_bytes(content)
    with pytest.raises((StoreError, IntegrityError), match=message):
        reopen(create=create)
    assert contents(tmp_path) == {"ccm.db": content}


def test_a_database_of_another_program_is_left_alone(reopen, tmp_path):
    """Its tables are named, and none is added."""
    sqlite(tmp_path / "ccm.db", "CREATE TABLE songs (title TEXT)")
    before = contents(tmp_path)
    with pytest.raises(StoreError, match="another program: it holds songs"):
        reopen()
    assert contents(tmp_path) == before


def test_a_store_of_a_newer_version_is_left_alone(store, reopen, tmp_path):
    """Both revisions are named, and not a byte is changed."""
    store.close()
    path = tmp_path / "ccm.db"
    sqlite(path, "UPDATE schema_revision SET revision = '9999'")
    before = contents(tmp_path)

    for create in True, False:
        with pytest.raises(StoreError, match=rf"9999.* up to {NEWEST}\. Upgrade ccm-core"):
            reopen(create=create)
    assert contents(tmp_path) == before


def test_a_store_that_another_process_writes_can_be_read(store, reopen, build, tmp_path, bodies):
    """Writing waits for its turn, and says so when it does not come; reading never waits."""
    store.records.append(build.harvest("c1", {"a": ONE}))
    second = reopen(options={"lock_timeout": "0.01"})
    with closing(sqlite3.connect(tmp_path / "ccm.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert bodies(second) == {"a": ONE}
        with pytest.raises(StoreError, match="locked by another process"):
            second.records.append(build.harvest("c2", {"a": {"n": 2}}))

    second.records.append(build.harvest("c2", {"a": {"n": 2}}))
    assert bodies(store) == {"a": {"n": 2}}


def test_a_file_that_another_process_locks_is_not_made_a_store(reopen, tmp_path):
    """The time to wait for it is bounded."""
    path = tmp_path / "ccm.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked by another process"):
            reopen(options={"lock_timeout": "0.01"})


def test_many_threads_can_create_the_same_store_at_once(tmp_path, build):
    """One makes it, the others find it, and all have the same pseudonym key."""
    settings = StoreLocation(url="sqlite:///ccm.db")

    def make(number):
        with closing(open_store(settings, base=tmp_path)) as store:
            store.runs.begin(build.run(f"r{number}"))
            return store.pseudonym_key()

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(make, range(4)))

    assert len(keys) == 1
    with closing(open_store(settings, base=tmp_path, create=False)) as store:
        assert len(store.runs.open_runs("demo")) == 4


def test_a_full_disk_leaves_the_store_as_it_was(store, reopen, build, bodies):
    """Nothing of the step is kept; with room again, the same step is kept whole."""
    store.records.append(build.harvest("c1", {"a": ONE}))
    small = reopen(options={"max_size": "500000"})
    noise = {f"k{n}": {"n": os.urandom(400).hex()} for n in range(2000)}

    with pytest.raises(StoreError, match="disk is full, or the file has reached its max_size"):
        small.records.append(build.harvest("c2", noise))
    assert bodies(small) == {"a": ONE}
    assert [c.id for c in small.runs.collections("demo")] == ["c1"]
    small.records.append(build.harvest("c3", {"a": {"n": 2}}))

    store.records.append(build.harvest("c2", noise))
    assert bodies(store) == {"a": {"n": 2}, **noise}


def test_a_disk_too_small_for_a_store_holds_none_of_its_tables(reopen, tmp_path):
    """The tables are made in one transaction: all of them or none."""
    with pytest.raises(StoreError, match="disk is full"):
        reopen(options={"max_size": "100000"})
    assert sqlite(tmp_path / "ccm.db", "SELECT name FROM sqlite_master") == []

    assert reopen().runs.connections() == []


def test_a_damaged_file_is_reported_as_damaged(store, reopen, build, tmp_path):
    """Damage below our own digests is found by SQLite and told as damage."""
    store.records.append(
        build.harvest("c1", {f"k{n}": {"n": os.urandom(99).hex()} for n in range(900)})
    )
    store.close()
    path = tmp_path / "ccm.db"
    data = bytearray(path.read_bytes())
    data[16384 * 2 :] = b"\xff" * (len(data) - 16384 * 2)
    path.write_bytes(data)

    with pytest.raises(IntegrityError, match=r"ccm\.db is damaged .* Restore it from a backup"):
        list(reopen().records.current("demo", "demo.thing"))


@pytest.fixture
def guarded(build):
    """Return a folder with a store, and a function that takes the rights to write away."""
    if os.name != "posix":
        pytest.skip("rights are set another way on this system")
    root = os.geteuid() == 0
    # Not under tmp_path: the folders above it are closed to everybody but their owner.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)) as store:
            store.runs.begin(build.run())

        def guard(mode):
            (folder / "ccm.db").chmod(0o444)
            folder.chmod(mode)
            if root:  # for whom rights do not count
                os.seteuid(65534)
            return folder

        try:
            yield guard
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_read_only_file_can_be_read_and_not_written(guarded, build):
    """Writing says why it cannot be."""
    folder = guarded(0o777)
    with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)) as store:
        assert store.runs.open_runs("demo") == [build.run()]
        with pytest.raises(StoreError, match="is read-only"):
            store.runs.begin(build.run("r2"))
        assert store.runs.open_runs("demo") == [build.run()]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("ccm.db", "is read-only|cannot be opened", id="a store is there"),
        pytest.param("new.db", "cannot be created or found: Permission denied", id="none is there"),
    ],
)
def test_a_read_only_folder_is_reported(guarded, name, message):
    """SQLite cannot work there, and nothing is made."""
    folder = guarded(0o555)
    with pytest.raises(StoreError, match=message):
        open_store(StoreLocation(url=f"sqlite:///{name}"), base=folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ccm.db", "ccm.db.key"]


@pytest.mark.parametrize("name", ["ccm.db", "new.db"])
def test_opening_a_store_is_cheap(store, tmp_path, name):
    """Making one, or opening one, brings in two small libraries and nothing else from outside."""
    store.close()
    script = f"""
import sys
before = set(sys.modules)
from pathlib import Path
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
open_store(StoreLocation(url="sqlite:///{name}"), base=Path({str(tmp_path)!r})).close()
tops = {{name.partition(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names
print(*sorted(name for name in tops if hasattr(sys.modules[name], "__path__")))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    assert set(done.stdout.split()) <= {"ccm_core", "filelock", "msgspec", "zstandard"}
