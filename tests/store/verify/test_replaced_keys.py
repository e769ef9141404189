"""A store whose key was replaced: which key signs which head, and what a lost key vouches for."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import PinnedCheckpoint
from ccm_core.ledger.signed_note import VerifierKey, unsigned
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

LOCATION = StoreLocation(url="sqlite:///ccm.db")


def opened(folder, *keys):
    """Open the store of a folder."""
    signing = (lambda: keys) if keys else unsigned("no key in this test")
    return closing(open_store(LOCATION, base=folder, signing=signing))


def add_run(store, build, number):
    """Store one run of one record."""
    run, at = f"r{number}", 10 * number
    store.runs.begin(build.run(run, at=at))
    store.records.append(build.harvest(f"c{number}", {"a": {"n": number}}, run=run, at=at + 1))
    store.runs.seal(build.manifest(run, at=at + 2))


def verified(folder, *, pins=(), keys=()):
    """Verify the store of a folder."""
    pinned = [PinnedCheckpoint(name="pin", note=pin) for pin in pins]
    return verify_store(folder / "ccm.db", pins=pinned, trusted=keys, on_progress=lambda *_: None)


def sql(folder, *statements, **values):
    """Run statements on the store past ccm; return the last rows."""
    with closing(sqlite3.connect(folder / "ccm.db", isolation_level=None)) as database:
        return [database.execute(statement, values).fetchall() for statement in statements][-1]


@pytest.fixture
def replaced(tmp_path, build, key):
    """Return a function that makes a store whose key was replaced, and returns both keys."""

    def replace(*, lost=False):
        with opened(tmp_path, key()) as store:
            add_run(store, build, 1)
            store.ledger.rotate_key([key("new")] if lost else [key("new"), key()], build.at(20))
            origin = store.ledger.head().origin
        with opened(tmp_path, key("new")) as store:
            add_run(store, build, 3)
        return VerifierKey(origin, key().public), VerifierKey(origin, key("new").public)

    return replace


def test_a_verification_names_the_key_that_signed_each_head(tmp_path, replaced):
    """The newest of each log, whether the first key is trusted or the one it handed over to."""
    for key in (keys := replaced()):
        verification = verified(tmp_path, keys=[key])
        assert (verification.problems, verification.unproven) == ((), ())
        assert {log.signed_by for log in verification.logs} == {str(keys[1])}


@pytest.mark.attack(
    "Keys",
    "A retired key signs the newest head of a store again",
    "The head is named as not signed by the key of its moment",
)
@pytest.mark.parametrize("log", ["@store", "demo"])
def test_a_retired_key_signs_no_later_head(tmp_path, key, replaced, log):
    """Its hand-over is a leaf, and the head comes after it."""
    old, new = replaced()
    where = "WHERE log = :log AND size = (SELECT max(size) FROM checkpoint WHERE log = :log)"
    ((note,),) = sql(tmp_path, f"SELECT note FROM checkpoint {where}", log=log)  # noqa: S608 - words of ours
    forged = signed_note.sign(signed_note.read(note).text, old.name, key())
    sql(tmp_path, f"UPDATE checkpoint SET note = :note {where}", log=log, note=forged)  # noqa: S608 - the same
    for trusted in (old, new):
        problems = verified(tmp_path, keys=[trusted]).problems
        assert any(str(new) in problem.problem for problem in problems)


@pytest.mark.attack(
    "Keys",
    "A store is cut back to the hand-over and goes on without a signature of the trusted key",
    "Damaged: the newest signed head is not of the trusted key",
)
def test_a_trusted_key_that_signed_no_head_is_a_problem(tmp_path, build, replaced):
    """The note of the hand-over is public, so naming the key proves nothing."""
    _, new = replaced()
    named = "(SELECT max(size) FROM checkpoint WHERE log = '@store' AND seq <= 2)"
    sql(
        tmp_path,
        "CREATE TEMP TABLE buckets AS SELECT DISTINCT key, bucket FROM current_version",
        "DELETE FROM current_version",
        "DELETE FROM version WHERE collection > 1",
        "DELETE FROM collection WHERE seq > 1",
        "DELETE FROM manifest WHERE seq > 1",
        "DELETE FROM run WHERE seq > 1",
        "DELETE FROM body WHERE digest NOT IN (SELECT digest FROM version)",
        "INSERT INTO current_version SELECT connection, kind, key, seq, digest, bucket "
        "FROM version JOIN buckets USING (key)",
        f"DELETE FROM log_entry WHERE log = '@store' AND first > {named}",  # noqa: S608 - the same
        "DELETE FROM log_entry WHERE log = 'demo' AND first >= "
        "(SELECT min(size) FROM checkpoint WHERE log = 'demo')",
        "DELETE FROM checkpoint WHERE seq > 2",
        *(
            f"UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM {table}) "  # noqa: S608 - the same
            f"WHERE name = '{table}'"
            for table in ("version", "collection", "manifest", "run", "log_entry", "checkpoint")
        ),
    )
    with opened(tmp_path) as store:
        add_run(store, build, 5)
    assert verified(tmp_path).problems == ()
    (problem,) = verified(tmp_path, keys=[new]).problems
    assert str(new) in str(problem)


@pytest.mark.attack(
    "Keys",
    "A store is checked with a checkpoint that the retired key signed after it handed over",
    "The checkpoint is refused",
)
def test_a_pin_of_a_retired_key_is_a_problem(tmp_path, key, replaced):
    """Though its root is right."""
    old, new = replaced()
    newest = "SELECT note FROM checkpoint WHERE log = '@store' ORDER BY size DESC LIMIT 1"
    ((note,),) = sql(tmp_path, newest)
    assert verified(tmp_path, pins=[note]).problems == ()
    forged = signed_note.sign(signed_note.read(note).text, old.name, key())
    (problem,) = verified(tmp_path, pins=[forged]).problems
    assert str(new) in problem.problem


@pytest.mark.attack(
    "Keys",
    "A store whose key was lost is checked with the key or the checkpoint of before",
    "It says that nothing signed since is vouched for",
)
def test_a_loss_is_stated_to_whoever_has_the_old_key(tmp_path, replaced):
    """Not silence: the new key was not handed to."""
    old, new = replaced(lost=True)
    pin = "SELECT note FROM checkpoint WHERE log = '@store' ORDER BY size LIMIT 1"
    verification = verified(tmp_path, keys=[old], pins=[sql(tmp_path, pin)[0][0]])
    assert verification.problems == ()
    (text,) = verification.unproven
    assert str(old) in text
    assert str(new) in text
    assert "vouches for nothing" in text


def test_the_next_signature_covers_every_unsigned_log(tmp_path, build, key):
    """What was stored without the vault's key is signed by whatever signs next."""
    with opened(tmp_path, key()) as store:
        add_run(store, build, 1)
    with opened(tmp_path) as store:
        add_run(store, build, 2)
    assert verified(tmp_path).unproven
    with opened(tmp_path, key()) as store:
        store.evaluations.append(build.evaluation(30))
    verification = verified(tmp_path)
    assert (verification.problems, verification.unproven) == ((), ())
    assert {log.size - log.signed_size for log in verification.logs} == {0}
