# ruff: noqa: S608 - statements are put together from words of ours
"""Rows, verdicts and their index are not trusted: what SQL changed is named, and not built on."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.sqlite.verify import verify_store
from tests.pipeline.derive.conftest import INCIDENT, VIEW
from tests.pipeline.derive.test_by_change import check, evaluate

I3, I8 = f"{INCIDENT}:I3", f"{INCIDENT}:I8"
ROW = f"connection = 'firm@derived' AND kind = 'rows/{VIEW}'"
VERDICT = f"connection = 'firm@derived' AND kind = 'verdicts/mild/{VIEW}'"
LINE = f"connection = 'firm' AND view = '{VIEW}'"


MORE = "connection, view, 'x:y', title, url, owners, occurred_at, final, partition_name, shown"


def swapped(condition, source, target):
    """Return a statement that copies the index entry of one key to another one."""
    digest = f"SELECT digest FROM current_version WHERE {condition} AND key = '{source}'"
    return f"UPDATE current_version SET digest = ({digest}) WHERE {condition} AND key = '{target}'"


def body_of(condition, key):
    """Return the condition of the body of a current record."""
    return f"digest = (SELECT digest FROM current_version WHERE {condition} AND key = '{key}')"


SERVICE_S1 = "connection = 'firm' AND kind = 'pagerduty.service' AND key = 'S1'"
EVENT = f"connection = 'firm' AND kind = '{INCIDENT}'"
REFUSED = {
    "an index entry of a row is of another one": (
        swapped(ROW, I8, I3),
        ("firm@derived", VIEW, I3),
    ),
    "an index entry of a verdict is of another one": (
        swapped(VERDICT, I3, I8),
        ("firm@derived", VIEW, I8),
    ),
    "an index entry is missing": (
        f"DELETE FROM current_version WHERE {ROW} AND key = '{I3}'",
        ("firm@derived", VIEW, I3),
    ),
    "an index entry is in another bucket": (
        f"UPDATE current_version SET bucket = bucket + 1 WHERE {ROW} AND key = '{I3}'",
        ("firm@derived", VIEW, I3),
    ),
    "an index entry of a record is missing, and nothing was stored since": (
        f"DELETE FROM current_version WHERE {SERVICE_S1}",
        ("firm", "pagerduty.service"),
    ),
    "an index entry of a record is missing, and all is to be derived anew": (
        f"DELETE FROM current_version WHERE {SERVICE_S1}; INSERT INTO deriving VALUES ('firm')",
        ("firm", "pagerduty.service"),
    ),
    "an index entry of an event is of another one, and its kind changed since": (
        swapped(EVENT, "I8", "I5"),
        ("firm", INCIDENT, "I5"),
    ),
    "an index entry of an event is missing, and its kind changed since": (
        f"DELETE FROM current_version WHERE {EVENT} AND key = 'I5'",
        ("firm", INCIDENT, "I5"),
    ),
    "a subject has another title": (
        f"UPDATE subject SET title = 'x' WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, I3),
    ),
    "a subject is final": (
        f"UPDATE subject SET final = 1 - final WHERE {LINE} AND key = '{I8}'",
        ("firm", VIEW, I8),
    ),
    "a subject occurred earlier": (
        f"UPDATE subject SET occurred_at = occurred_at - 1 WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, I3),
    ),
    "a subject is of another partition": (
        f"UPDATE subject SET partition_name = 'x' WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW),
    ),
    "a subject shows a field that its row does not have": (
        f"""UPDATE subject SET shown = '{{"made_up":1}}' WHERE {LINE} AND key = '{I3}'""",
        ("firm", VIEW, I3),
    ),
    "a subject is missing": (
        f"DELETE FROM subject WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, I3),
    ),
    "a subject is too many": (
        f"INSERT INTO subject SELECT {MORE} FROM subject WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, "x:y"),
    ),
    "a verdict says something else": (
        f"UPDATE verdict SET statuses = 'f' || substr(statuses, 2) WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, I3),
    ),
    "a verdict is looked at never again": (
        f"UPDATE verdict SET recheck_at = NULL WHERE {LINE} AND key = '{I8}'",
        ("firm", VIEW),
    ),
    "a verdict is missing": (
        f"DELETE FROM verdict WHERE {LINE} AND key = '{I3}'",
        ("firm", VIEW, I3),
    ),
    "a trace is missing": (f"DELETE FROM trace WHERE {LINE} AND key = '{I3}'", ("firm", VIEW)),
    "a record is of another partition": (
        f"UPDATE partition_member SET name = 'x' WHERE {LINE} AND key = 'L3a'",
        ("firm", VIEW),
    ),
    "the newest evaluation is missing": (
        "DELETE FROM evaluation WHERE seq = (SELECT max(seq) FROM evaluation)",
        ("evaluation",),
    ),
    "the newest evaluation is damaged": (
        "UPDATE evaluation SET document = substr(document, 1, length(document) - 4)",
        ("evaluation",),
    ),
    "its act is missing": ("DELETE FROM document WHERE form = 'act'", ("document",)),
}
FOUND = {
    "a row is truncated": (
        f"UPDATE body SET content = substr(content, 1, 20) WHERE {body_of(ROW, I3)}",
        ("firm@derived", VIEW, I3),
    ),
    "a row is missing": (f"DELETE FROM body WHERE {body_of(ROW, I3)}", ("firm@derived", VIEW, I3)),
    "a verdict is missing": (
        f"DELETE FROM body WHERE {body_of(VERDICT, I8)}",
        ("firm@derived", VIEW, I8),
    ),
    "a version has another digest": (
        f"UPDATE version SET digest = 'sha256:0' WHERE {ROW} AND key = '{I3}'",
        ("firm@derived", VIEW, I3),
    ),
    "the position is lower": ("UPDATE evaluation SET position = position - 1", ("position",)),
    "the position is higher": ("UPDATE evaluation SET position = position + 1", ("position",)),
}


def poison(world, tmp_path, packs, statement):
    """Evaluate twice, change something by SQL, and then let an incident change."""
    evaluate(world, packs("mild"))
    world.now += timedelta(minutes=1)
    evaluate(world, packs("mild"))
    for part in statement.split("; "):
        sql(tmp_path, part)
    world.now += timedelta(minutes=1)


def sql(tmp_path, statement, *values):
    """Run a statement on the store past ccm, which changes something."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        assert database.execute(statement, values).rowcount > 0


def problems(tmp_path):
    """Return what verifying the store finds, as texts."""
    verification = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)
    return [str(problem) for problem in verification.problems]


@pytest.mark.attack(
    "Store",
    "An index entry of a record, a row or a verdict is swapped or removed by SQL, whether its kind "
    "changed since or not",
    "Nothing is evaluated or signed over it (exit 5); verifying names the connection, kind and key",
)
@pytest.mark.parametrize(("statement", "named"), REFUSED.values(), ids=REFUSED)
def test_what_an_evaluation_builds_on_is_refused_where_it_was_changed(
    world, packs, tmp_path, statement, named
):
    """Before anything is stored or signed; ``ccm verify`` names where."""
    poison(world, tmp_path, packs, statement)
    with suppress(IntegrityError):  # where collecting notices it already
        world.apply(("incident", "I3", {"urgency": "low"}))
    before = stored(tmp_path)
    with pytest.raises(IntegrityError, match="backup"):
        evaluate(world, packs("mild"))
    assert stored(tmp_path) == before
    assert any(all(name in problem for name in named) for problem in problems(tmp_path))


def stored(tmp_path):
    """Return how many evaluations and entries of the ledger there are."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        query = "SELECT (SELECT count(*) FROM evaluation), (SELECT count(*) FROM log_entry)"
        return database.execute(query).fetchone()


@pytest.mark.parametrize(("statement", "named"), FOUND.values(), ids=FOUND)
def test_what_an_evaluation_does_not_read_is_found_by_verifying(
    world, packs, tmp_path, statement, named
):
    """The next evaluation says what one of everything says, and the damage is still named."""
    poison(world, tmp_path, packs, statement)
    found = problems(tmp_path)
    assert any(all(name in problem for name in named) for problem in found), found
    world.apply(("incident", "I5", {"urgency": "low"}))
    with suppress(IntegrityError):  # reading it back meets the damage
        check(world, packs("mild"))
    found = problems(tmp_path)
    assert any(all(name in problem for name in named) for problem in found), found


def test_a_row_that_is_judged_again_is_checked(world, packs, tmp_path):
    """Where the moment has come at which its result may change."""
    statement = f"UPDATE body SET content = substr(content, 1, 20) WHERE {body_of(ROW, I8)}"
    poison(world, tmp_path, packs, statement)
    world.now += timedelta(hours=2)
    world.refresh()
    with pytest.raises(IntegrityError, match=I8):
        evaluate(world, packs("mild"))


def test_an_evaluation_that_the_ledger_does_not_have_is_not_built_on(world, packs, tmp_path):
    """Though its own digest is right: whoever writes the tables can write that too."""
    poison(world, tmp_path, packs, "UPDATE subject SET title = 'x'")
    newest, _ = world.store.evaluations.latest_stored()
    (state,) = newest.derived
    lines = world.store.derived.line_roots("firm")
    forged = json_codec.encode(replace(newest, derived=(replace(state, lines=dict(lines)),)))
    body = compress_body(forged)
    assert body.digest == digest(forged)
    statement = """
        UPDATE evaluation SET document = ?, digest = ?
        WHERE seq = (SELECT max(seq) FROM evaluation)
        """
    sql(tmp_path, statement, body.content, body.digest)
    with pytest.raises(IntegrityError, match="ledger"):
        evaluate(world, packs("mild"))
