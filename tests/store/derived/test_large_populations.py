"""The kept roots of large populations are not trusted: their buckets are compared."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest
from evaluations_left import ROWS

from ccm_core.errors import IntegrityError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

NUMBER = 2100
"""Of subjects: from 2,048 on the roots of buckets are kept."""
KEYS = [f"demo.thing:{number}" for number in range(NUMBER)]
OF = "connection = 'demo@derived' AND kind = 'rows/demo.view'"
DAMAGES = {
    "an entry of another row": (
        f"UPDATE current_version SET digest = (SELECT digest FROM current_version WHERE {OF} "  # noqa: S608 - words of ours
        f"AND key = '{KEYS[1]}') WHERE {OF} AND key = '{KEYS[0]}'"
    ),
    "an entry that is missing": f"DELETE FROM current_version WHERE {OF} AND key = '{KEYS[0]}'",  # noqa: S608 - words of ours
    "an entry in another bucket": (
        f"UPDATE current_version SET bucket = bucket + 1 WHERE {OF} AND key = '{KEYS[0]}'"  # noqa: S608 - words of ours
    ),
}


LOCATION = StoreLocation(url="sqlite:///ccm.db")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, left):
    """Return the folder of a store with an evaluation of very many subjects."""
    folder = tmp_path_factory.mktemp("large")
    statuses = {str(number): "pp" for number in range(NUMBER)}
    with closing(open_store(LOCATION, base=folder)) as store:
        evaluation = left.evaluation(store, 1, at=10, statuses=statuses)
        store.evaluations.append(evaluation, None, (), left.act(1))
    return folder


@pytest.fixture
def large(tmp_path, pristine):
    """Return a copy of that store."""
    shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)
    with closing(open_store(LOCATION, base=tmp_path)) as store:
        yield store


def sql(tmp_path, statement):
    """Run a statement on the store past ccm."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        return database.execute(statement).rowcount


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_a_changed_entry_is_not_built_on(large, left, build, tmp_path, statement):
    """It is neither read, nor is a root made over it: the one that was kept is compared first."""
    assert sql(tmp_path, statement) == 1
    large.derived.is_unstated("demo")  # as an evaluation begins
    with pytest.raises(IntegrityError, match=r"rows/demo\.view of demo"):
        large.derived.require_unchanged("demo", ROWS, KEYS[:1])
    with pytest.raises(IntegrityError, match=r"rows/demo\.view of demo"):
        left.keep(large, 2, build.at(20), {"0": "ff"}, {"0": ["demo.thing:x"]})
    large.derived.require_unchanged("demo", ROWS, KEYS[2:3])

    problems = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).problems
    assert any("demo.view" in str(each) and KEYS[0] in str(each) for each in problems)


@pytest.mark.parametrize(
    "change", ["records = records + 1", "root = x'00'", "root = NULL", "bucket = -1"]
)
def test_a_changed_root_of_a_bucket_is_named(large, tmp_path, change):
    """And the population is another one than the evaluation left."""
    statement = f"""
        UPDATE population_bucket SET {change}
        WHERE {OF} AND bucket = (SELECT max(bucket) FROM population_bucket WHERE {OF})
        """  # noqa: S608 - words of ours
    assert sql(tmp_path, statement) == 1
    problems = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).problems
    assert "population_bucket" in {problem.table for problem in problems}
