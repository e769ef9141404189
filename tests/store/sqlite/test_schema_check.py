"""A store's schema is what the migrations make: anything else in it is named and refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

LOCATION = StoreLocation(url="sqlite:///ccm.db")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, build, key):
    """Return the folder of a store with one signed run."""
    folder = tmp_path_factory.mktemp("pristine")
    with closing(open_store(LOCATION, base=folder, signing=lambda: (key(),))) as store:
        store.runs.begin(build.run())
        store.records.append(build.harvest("c1", {"a": {"n": 1}}, at=1))
        store.runs.seal(build.manifest(at=2))
    return folder


@pytest.fixture
def folder(tmp_path, pristine):
    """Return the folder of a store whose schema is to be changed."""
    shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)
    return tmp_path


def sql(folder, script):
    """Run a script on the store, past ccm."""
    with closing(sqlite3.connect(folder / "ccm.db", isolation_level=None)) as database:
        database.executescript(script)


def in_schema(change):
    """Return a script that rewrites the text of the schema itself."""
    return f"PRAGMA writable_schema=ON; {change}; PRAGMA writable_schema=RESET;"


SILENT = "CREATE TRIGGER silent BEFORE INSERT ON rejected BEGIN SELECT RAISE(IGNORE); END"
CHANGES = [
    pytest.param(SILENT, "trigger silent", id="a trigger that drops what is rejected"),
    pytest.param(
        "CREATE TRIGGER late AFTER INSERT ON evaluation BEGIN DELETE FROM erased; END",
        "trigger late",
        id="a trigger that deletes",
    ),
    pytest.param(
        "ALTER TABLE collection RENAME TO hidden; "
        "CREATE VIEW collection AS SELECT * FROM hidden WHERE outcome = 'complete'",
        "table collection",
        id="a view in place of a table",
    ),
    pytest.param("CREATE VIEW spare AS SELECT 1", "view spare", id="another view"),
    pytest.param("CREATE TABLE notes (text TEXT)", "table notes", id="another table"),
    pytest.param("ANALYZE", "table sqlite_stat1", id="statistics that steer queries"),
    pytest.param(
        "CREATE UNIQUE INDEX one_each ON rejected (key)", "index one_each", id="another index"
    ),
    pytest.param("DROP INDEX ix_version_newest", "index ix_version_newest", id="an index dropped"),
    pytest.param("DROP TABLE erased", "table erased", id="a table dropped"),
    pytest.param(
        "ALTER TABLE evaluation ADD COLUMN note TEXT", "table evaluation", id="a column added"
    ),
    pytest.param(
        "ALTER TABLE run RENAME COLUMN connector TO plugin", "table run", id="a column renamed"
    ),
    pytest.param(
        in_schema(
            "UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT ck_store_single', "
            "'CONSTRAINT ck_store_any') WHERE name = 'store'"
        ),
        "table store",
        id="the text of the schema rewritten",
    ),
    pytest.param("PRAGMA user_version = 7", "user_version", id="the version of a user"),
    pytest.param("PRAGMA application_id = 7", "application_id", id="the id of an application"),
    pytest.param(
        "INSERT INTO schema_revision VALUES ('0000')", "schema_revision", id="a second revision"
    ),
]


@pytest.mark.attack(
    "Store",
    "A trigger, a view in place of a table, another table, index or column, or another "
    "user_version is put into the schema of the store",
    "Named when the store is opened and by verifying (exit 5)",
)
@pytest.mark.parametrize(("script", "name"), CHANGES)
@pytest.mark.parametrize("read_only", [False, True], ids=["writing", "reading"])
def test_a_foreign_schema_is_refused_when_opening(folder, script, name, read_only):
    """Before anything is read or written through it."""
    sql(folder, script)
    before = (folder / "ccm.db").read_bytes()
    with pytest.raises(IntegrityError) as refused:
        open_store(LOCATION, base=folder, read_only=read_only)
    assert name in str(refused.value)
    assert (folder / "ccm.db").read_bytes() == before


def problems_of(folder):
    """Return what verifying says, as one text; where a table is missing it ends with that."""
    try:
        return " ".join(map(str, verify_store(folder / "ccm.db", on_progress=print).problems))
    except IntegrityError as error:
        return str(error)


@pytest.mark.parametrize(("script", "name"), CHANGES)
def test_a_foreign_schema_is_named_by_verifying(folder, script, name):
    """Beside everything else that verifying finds, as far as it can be read."""
    sql(folder, script)
    assert name in problems_of(folder)


@pytest.mark.attack(
    "Store",
    "A trigger is put into the store while a process has it open for writing",
    "The next write is refused, and the trigger is named",
)
def test_a_trigger_that_comes_later_is_refused(folder, build):
    """A daemon has the store open for weeks."""
    with closing(open_store(LOCATION, base=folder)) as store:
        store.runs.begin(build.run("r2", at=10))
        sql(folder, SILENT)
        with pytest.raises(IntegrityError, match="trigger silent"):
            store.records.append(build.harvest("c2", {}, run="r2", rejected=[build.rejected()]))


def test_the_schema_that_ccm_makes_is_accepted(folder):
    """To be read, to be written, and after a step that compacts the file."""
    sql(folder, "VACUUM")
    for read_only in (False, True):
        open_store(LOCATION, base=folder, read_only=read_only).close()
    assert verify_store(folder / "ccm.db", on_progress=lambda *_: None).sound
