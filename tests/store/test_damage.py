"""Whatever is done to a store behind our back is found, and named: every table, every column.

The columns are those that the migrations make, so a new one cannot be forgotten.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from contextlib import closing

import pytest
from evaluations_left import ACTS
from tables import TABLES

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.store.damaged import sql, verified

SETTINGS = StoreLocation(url="sqlite:///ccm.db")
APART = {"population_bucket", "deriving", "dictionary", "console_session"}
"""The first has rows in large stores alone; after the second, the next evaluation begins anew.
For the third see test_content_dictionaries; the last states nothing."""
CHECKED = {table: columns for table, columns in TABLES.items() if table not in APART}
KEPT = {"a": ["demo.thing:b"], "b": ["demo.thing:b"]}
"""What rows are read from: nothing that is erased, so that their lines stay."""
COLUMNS = [
    pytest.param(table, column, id=f"{table}.{column}")
    for table, columns in CHECKED.items()
    for column in columns
]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, build, key, left):
    """Return the folder of a store with several rows in every table, and two heads of it."""
    folder = tmp_path_factory.mktemp("pristine")
    pins = []
    with closing(open_store(SETTINGS, base=folder, signing=lambda: (key(),))) as store:
        for number in (1, 2):
            run = f"r{number}"
            store.runs.begin(build.run(run, at=10 * number))
            changes = {"run": run, "at": 10 * number + 1, "snapshot": True}
            bodies = {"a": {"n": number}, "b": {"n": 0}, f"only{number}": {"of": number}}
            refused = [build.rejected(), build.rejected("worse")]
            store.records.append(build.harvest(f"c{number}", bodies, rejected=refused, **changes))
            store.records.append(build.harvest(f"d{number}", bodies, kind="demo.part", **changes))
            store.runs.seal(build.manifest(run, at=10 * number + 2))
            inputs = EvaluationInputs(host_version=str(number))
            evaluation = left.evaluation(store, number, at=10 * number + 3, names=KEPT)
            digest = store.evaluations.append(
                evaluation, inputs, [b"pack" * number], left.act(number)
            )
            store.findings.append(digest, *left.findings(number))
            pins.append(store.ledger.signed_head())
            left.leave_acts(store, number)
        for name in ("a", "only1"):
            order = {"id": f"e-{name}", "key": name, "connection": "demo", "kind": "demo.thing"}
            before = build.at(30)
            store.erasure.erase(
                Erasure(reason="asked to", erased_at=before, stored_before=before, **order)
            )
        store.ledger.rotate_key([key("second"), key()], build.at(40))
    return folder, pins


@pytest.fixture
def folder(tmp_path, pristine):
    """Return the folder of a store to be damaged."""
    shutil.copytree(pristine[0], tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_an_undamaged_store_is_sound(pristine):
    """Every leaf, every body and every head; both pins hold."""
    folder, pins = pristine
    verification = verified(folder, *pins)

    assert (verification.problems, verification.unproven) == ((), ())
    assert {log.log: log.size - log.signed_size for log in verification.logs} == {
        "@store": 0,
        "demo": 0,
        "demo@derived": 0,
    }
    assert (verification.pins, verification.checkpoints, len(verification.keys)) == (2, 23, 2)
    assert verification.erased == 6  # the other kind has the same bodies
    for table in CHECKED:
        assert sql(folder, f"SELECT count(*) FROM {table}")[0][0] > (table != "store"), table  # noqa: S608 - a name of ours


# -- one value, in every column ----------------------------------------------------------------


def changed(value):
    """Return a value that is not this one, of the same type: one bit or one letter differs."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value + 1
    middle = len(value) // 2
    if isinstance(value, str):
        letter = value[middle : middle + 1] or "a"
        return value[:middle] + chr(ord(letter) ^ 1) + value[middle + 1 :]
    return value[:middle] + bytes([value[middle] ^ 4]) + value[middle + 1 :] if value else b"x"


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_value_is_found(folder, table, column):
    """In the first row and in the last one; the table is named."""
    rows = sql(folder, f"SELECT rowid, {column} FROM {_keyed(table)}")  # noqa: S608 - names of ours
    for row, old in {rows[0], rows[-1]}:
        update = f"UPDATE {table} SET {column} = :new WHERE {_row(table)}"  # noqa: S608 - the same
        before = (folder / "ccm.db").read_bytes()
        try:
            sql(folder, update, row=row, new=changed(old))
        except sqlite3.IntegrityError:
            sql(folder, update, row=row, new=-old - 1)  # the next one is another row's
        problems = verified(folder).problems
        assert table in {problem.table for problem in problems}, (row, old, problems)
        (folder / "ccm.db").write_bytes(before)


KEYS = {
    "current_version": "kind || '/' || key",
    "subject": "key",
    "verdict": "key",
    "trace": "name || '/' || key",
    "partition_member": "key || '/' || name",
    "finding": "id",
}
"""What identifies the rows of tables that do not number them."""


def _keyed(table):
    """Return the rows of a table with a number; one that has none gets its key for it."""
    return f"(SELECT {KEYS[table]} AS rowid, * FROM {table})" if table in KEYS else table  # noqa: S608 - names of ours


def _row(table):
    return f"{KEYS.get(table, 'rowid')} = :row"


# -- rows removed, inserted, swapped -----------------------------------------------------------


@pytest.mark.parametrize("table", CHECKED)
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_a_removed_row_is_found(folder, table, order):
    """The first or the last of each table; what was there is named by its leaf."""
    columns = KEYS.get(table, "rowid")
    (row,) = sql(folder, f"SELECT {columns} FROM {table} ORDER BY 1 {order} LIMIT 1")[0]  # noqa: S608 - names of ours
    sql(folder, f"DELETE FROM {table} WHERE {_row(table)}", row=row)  # noqa: S608 - the same

    assert table in {problem.table for problem in verified(folder).problems}


@pytest.mark.parametrize("table", CHECKED)
def test_an_inserted_row_is_found(folder, table):
    """A copy of a row under another key, where the database takes one."""
    names = TABLES[table]
    row = dict(zip(names, sql(folder, f"SELECT * FROM {table}")[-1], strict=True))  # noqa: S608 - names of ours
    for name in ("seq", "id", "size", "first"):
        if isinstance(row.get(name), int):
            row[name] += 100
    for name in ("id", "digest", "key"):
        if isinstance(row.get(name), str):
            row[name] = changed(row[name])
    row |= {"run": 1} if table == "manifest" else {}
    places = ", ".join(f":{name}" for name in names)
    insert = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 - the same
    try:
        sql(folder, insert, **row)
    except sqlite3.IntegrityError:
        return  # the database refuses it by itself

    assert table in {problem.table for problem in verified(folder).problems}


@pytest.mark.parametrize(
    ("table", "first", "second"),
    [
        pytest.param("version", 1, 2, id="versions of one collection"),
        pytest.param("version", 1, 9, id="versions of two"),
        pytest.param("rejected", 1, 2, id="rejected"),
        pytest.param("collection", 1, 2, id="collections"),
        pytest.param("manifest", 1, 2, id="manifests"),
        pytest.param("evaluation", 1, 2, id="evaluations"),
        pytest.param("log_entry", 2, 3, id="entries of one log"),
    ],
)
def test_swapped_rows_are_found(folder, table, first, second):
    """Two rows that exchange their numbers, and nothing else."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        for new, old in ((-1, first), (first, second), (second, -1)):
            database.execute(f"UPDATE {table} SET seq = {new} WHERE seq = {old}")  # noqa: S608 - numbers and names of ours

    assert table in {problem.table for problem in verified(folder).problems}


@pytest.mark.parametrize("last", ["'text'", "x'00'", "NULL", "0.5", "-1", "9223372036854775807"])
def test_a_changed_count_of_rows_is_found(folder, last):
    """What SQLite numbers the next row by, whatever stands there now."""
    sql(folder, f"UPDATE sqlite_sequence SET seq = {last} WHERE name = 'version'")  # noqa: S608 - values of ours

    assert [(problem.table, problem.field) for problem in verified(folder).problems] == [
        ("version", "seq")
    ]


def test_a_problem_names_the_record_its_field_and_both_values(folder):
    """The problem says which leaf, which record, which field, what is there, what was stored."""
    sql(folder, "UPDATE version SET endpoint = '/others' WHERE key = 'b'")

    problems = verified(folder).problems
    assert [str(problem) for problem in problems] == [
        f"log demo, leaf {leaf}, record demo.{kind} 'b': endpoint: "
        "it is '/others', and '/things' was stored"
        for leaf, kind in ((3, "thing"), (9, "part"))
    ]


# -- many rows at once, by somebody who knows the tables ---------------------------------------

EARLIER = "(SELECT digest FROM version WHERE collection <= 4)"
RUN = (
    f"DELETE FROM body WHERE digest NOT IN {EARLIER}",  # noqa: S608 - names of ours
    "CREATE TEMP TABLE buckets AS SELECT DISTINCT key, bucket FROM current_version",
    "DELETE FROM current_version",
    "DELETE FROM version WHERE collection > 4",
    "DELETE FROM rejected WHERE collection > 4",
    "DELETE FROM collection WHERE run > 2",
    "DELETE FROM manifest WHERE run > 2",
    "DELETE FROM run WHERE seq > 2",
    (
        "INSERT INTO current_version SELECT connection, kind, key, max(seq), digest, bucket "
        "FROM version JOIN buckets USING (key) GROUP BY 1, 2, 3"
    ),
    "UPDATE verdict SET recheck_at = recheck_at - 600000000",
)
LEDGER = tuple(
    statement
    for log in ("demo", "demo@derived")
    for head in [f"(SELECT size FROM checkpoint WHERE log = '{log}' ORDER BY size LIMIT 1)"]  # noqa: S608 - names of ours
    for statement in (
        f"DELETE FROM log_entry WHERE log = '{log}' AND first >= {head}",  # noqa: S608 - the same
        f"DELETE FROM checkpoint WHERE log = '{log}' AND size > {head}",  # noqa: S608 - the same
    )
)
NUMBERS = tuple(
    f"UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(seq), 0) FROM {table}) "  # noqa: S608 - names of ours
    f"WHERE name = '{table}'"
    for table in ("run", "collection", "version", "rejected", "manifest", "log_entry", "checkpoint")
)


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(RUN, id="the rows"),
        pytest.param((*RUN, *NUMBERS), id="and the numbers"),
        pytest.param((*RUN, *LEDGER, *NUMBERS), id="and its part of the log, and its head"),
    ],
)
def test_a_removed_run_is_found(folder, statements):
    """The store's own log states a head that the connection's log does not have any more."""
    sql(folder, *statements)

    assert "demo" in {problem.log for problem in verified(folder).problems}


def test_a_pin_finds_a_store_that_was_truncated_everywhere(folder, pristine):
    """Whoever removes the end of every log leaves a store that is sound, and older than the pin."""
    size = "(SELECT size FROM checkpoint WHERE log = '@store' ORDER BY size LIMIT 1 OFFSET 2)"
    sql(
        folder,
        *RUN,
        *LEDGER,
        "DELETE FROM evaluation WHERE seq > 1",
        "DELETE FROM document WHERE seq > 3",
        "DELETE FROM finding_changes WHERE seq > 1",
        *(f"DELETE FROM {table}" for table in ACTS),  # noqa: S608 - names of ours
        "UPDATE finding SET state = 'open', reason = 'reason 1', closed_at = NULL, "
        "last_seen = first_seen, checks = replace(checks, 'reason 2', 'reason 1')",
        "DELETE FROM erased",
        "DELETE FROM erasure",
        "DELETE FROM signing_key WHERE seq > 1",
        f"DELETE FROM checkpoint WHERE log = '@store' AND size > {size}",  # noqa: S608 - the same
        f"DELETE FROM log_entry WHERE log = '@store' AND first >= {size}",  # noqa: S608 - the same
        *NUMBERS,
        *(
            f"UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(seq), 0) FROM {table}) "  # noqa: S608 - names of ours
            f"WHERE name = '{table}'"
            for table in (
                "evaluation",
                "document",
                "finding_changes",
                *ACTS,
                "erased",
                "erasure",
                "signing_key",
            )
        ),
        f"SELECT {size}",
    )
    older, newer = pristine[1]

    alone = [problem for problem in verified(folder).problems if problem.field != "content"]
    assert alone == []  # but for what was erased, which cannot be brought back
    assert [
        problem.label for problem in verified(folder, older).problems if problem.field != "content"
    ] == []
    (problem,) = [
        problem for problem in verified(folder, newer).problems if problem.field != "content"
    ]
    assert "some were removed" in problem.problem


def test_an_older_head_in_place_of_the_newest_is_found(folder, pristine):
    """Its signature holds, and it is not the head that was stated there."""
    statement = "UPDATE checkpoint SET note = :note WHERE seq = (SELECT max(seq) FROM checkpoint)"
    sql(folder, statement, note=pristine[1][0])

    (problem,) = verified(folder).problems
    assert (problem.table, problem.field) == ("checkpoint", "note")


def test_a_rebuilt_store_is_found_by_a_pin(tmp_path, build, key, pristine, reopen):
    """Another store, though everything in it is sound; even with the same key and the same name."""
    store = reopen(key())
    store.runs.begin(build.run())
    store.runs.seal(build.manifest(at=3))
    store.close()
    assert verified(tmp_path).sound
    (problem,) = verified(tmp_path, pristine[1][0]).problems
    assert "this store is ccm/" in problem.problem

    identity = sql(pristine[0], "SELECT identity FROM store")[0][0]
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    store = reopen(key("forger"))
    sql(tmp_path, "UPDATE store SET identity = :name", name=identity)
    sql(tmp_path, "DELETE FROM log_entry")
    store.runs.begin(build.run())
    store.runs.seal(build.manifest(at=3))
    store.close()
    problem = verified(tmp_path, pristine[1][0]).problems
    assert any("not the one it was" in problem.problem for problem in problem)


def test_a_head_signed_with_a_foreign_key_is_found(folder, key):
    """The ledger says which key signs; another one's signature counts for nothing."""
    newest = "SELECT note FROM checkpoint ORDER BY seq DESC LIMIT 1"
    text = signed_note.read(sql(folder, newest)[0][0]).text
    forged = signed_note.sign(text, text.split("\n")[0], key("forger"))
    statement = "UPDATE checkpoint SET note = :note WHERE seq = (SELECT max(seq) FROM checkpoint)"
    sql(folder, statement, note=forged)

    (problem,) = verified(folder).problems
    assert "no valid signature of" in problem.problem


# -- the file itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_found(folder, share):
    """Wherever it was cut, it is told as damage and never as a store that is well."""
    data = (folder / "ccm.db").read_bytes()
    (folder / "ccm.db").write_bytes(data[: int(len(data) * share)])

    with contextlib.suppress(IntegrityError):
        assert verified(folder).problems


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_of_the_file_are_found_or_harmless(folder, pristine, seed):
    """Anywhere in the file, SQLite's own pages included; or everything reads as it did."""
    data = bytearray((folder / "ccm.db").read_bytes())
    chance = random.Random(seed)  # noqa: S311 - places, not secrets
    for _ in range(3):
        data[chance.randrange(100, len(data))] ^= 1 << chance.randrange(8)
    (folder / "ccm.db").write_bytes(data)

    with contextlib.suppress(IntegrityError):
        if not verified(folder, *pristine[1]).problems:
            assert contents(folder) == contents(pristine[0])


def contents(folder):
    """Return everything that a store says."""
    return [
        sorted(sql(folder, f"SELECT * FROM {table}"), key=repr)  # noqa: S608 - names of ours
        for table in TABLES
    ]
