"""A package shows whether its evaluations read the evidence that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from ccm_core.bundle.verifier.main import verify
from ccm_core.errors import IntegrityError
from ccm_core.store.sqlite.verify import verify_store

pytestmark = pytest.mark.no_cover  # its lines are covered by others

SERVICE = "kind = 'pagerduty.service' AND key = (SELECT min(key) FROM current_version WHERE kind = "
HIDE = f"DELETE FROM current_version WHERE {SERVICE}'pagerduty.service')"  # noqa: S608 - our words


def rows(path, statement, values=()):
    """Run a statement past ccm; return its rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()


def store_problems(folder):
    """Return what `ccm verify` names of the store of a folder."""
    return verify_store(folder / "ccm.db", on_progress=lambda *_: None).problems


@pytest.mark.attack(
    "Evidence packages",
    "A service is taken out of the store while rules are evaluated, and put back for the package",
    "The package is refused: the evaluation sealed another population than the leaves lead to",
)
def test_evidence_that_was_hidden_from_an_evaluation_is_named(firm, write_bundle, tmp_path):
    """The message names the evaluation and the kind."""
    store = tmp_path / "ccm.db"
    (hidden,) = rows(store, f"SELECT * FROM current_version WHERE {SERVICE}'pagerduty.service')")  # noqa: S608 - our words
    rows(store, HIDE)
    firm.evaluate()
    rows(store, f"INSERT INTO current_version VALUES ({','.join('?' * len(hidden))})", hidden)  # noqa: S608 - the same
    with pytest.raises(IntegrityError, match=r"read another population of pagerduty\.service"):
        write_bundle(firm, tmp_path / "b.zip")


def test_evaluations_of_many_moments_read_what_their_package_holds(
    firm, write_bundle, key_of, tmp_path
):
    """Between collections, of a past moment, and after something vanished and came back."""
    firm.evaluate()
    services = firm.simulator.account.services
    number, service = min(services.items())
    del services[number]
    for _ in range(2):
        firm.now += timedelta(days=1)
        firm.collect()
        firm.evaluate()
        services[number] = service
    firm.now += timedelta(hours=1)
    firm.evaluate()
    for period in ("2026-08", "2026-08-04", "2026-08-05"):
        write_bundle(firm, tmp_path / "b.zip", period=period)
        assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
    assert store_problems(tmp_path) == ()


@pytest.mark.attack(
    "Evidence packages",
    "A fix is put into the store while rules are evaluated, before it is made at the source",
    "The package is refused: an evaluation reads nothing that was collected after it",
)
def test_an_evaluation_that_read_what_was_collected_later_is_named(firm, write_bundle, tmp_path):
    """What it sealed is the very population that the next run stores."""
    store = tmp_path / "ccm.db"
    (hidden,) = rows(store, f"SELECT * FROM current_version WHERE {SERVICE}'pagerduty.service')")  # noqa: S608 - our words
    (key,) = rows(store, f"SELECT key FROM current_version WHERE {SERVICE}'pagerduty.service')")[0]  # noqa: S608 - our words
    rows(store, HIDE)
    firm.evaluate()
    rows(store, f"INSERT INTO current_version VALUES ({','.join('?' * len(hidden))})", hidden)  # noqa: S608 - the same
    services = firm.simulator.account.services
    (number,) = (number for number, service in services.items() if service.id == key)
    del services[number]
    firm.now += timedelta(days=1)
    firm.collect()
    with pytest.raises(IntegrityError, match=r"read another population of pagerduty\.service"):
        write_bundle(firm, tmp_path / "b.zip")
    assert "pagerduty.service" in {problem.field for problem in store_problems(tmp_path)}


def test_an_evaluation_before_a_kind_was_collected_read_nothing_of_it(
    found_firm, write_bundle, key_of, tmp_path
):
    """The first run was denied the services, and the second one read them."""
    with found_firm(tmp_path, denied=["/services"]) as firm:
        firm.evaluate()
        firm.simulator.control.allow("/services")
        firm.now += timedelta(days=1)
        firm.collect()
        firm.evaluate()
        for period in ("2026-08", "2026-08-03", "2026-08-04"):
            write_bundle(firm, tmp_path / "b.zip", period=period)
            assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
        assert store_problems(tmp_path) == ()


def test_an_evaluation_by_a_clock_that_was_set_back_read_nothing(
    firm, write_bundle, key_of, tmp_path
):
    """All of the first run is dated after it."""
    firm.now -= timedelta(seconds=90)
    firm.evaluate()
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    write_bundle(firm, tmp_path / "b.zip")
    assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
    assert store_problems(tmp_path) == ()


def hidden_while_evaluating(firm, store, table, condition):
    """Take rows out of a table while rules are evaluated, and put them back."""
    taken = rows(store, f"SELECT * FROM {table} WHERE {condition}")  # noqa: S608 - our words
    assert taken
    rows(store, f"DELETE FROM {table} WHERE {condition}")  # noqa: S608 - our words
    evaluation = firm.evaluate()
    for row in taken:
        rows(store, f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608 - our words
    return evaluation


@pytest.mark.attack(
    "Evidence packages",
    "A run's manifest, or a collection, is taken out while rules are evaluated, and put back",
    "The package is refused: the evaluation sealed other runs, or fewer collections",
)
@pytest.mark.parametrize(
    ("table", "condition", "message"),
    [
        ("manifest", "seq = 2", "read other runs of"),
        (
            "collection",
            "seq = (SELECT max(seq) FROM collection WHERE kind = 'pagerduty.service')",
            "read fewer collections of",
        ),
    ],
)
def test_runs_that_were_hidden_from_an_evaluation_are_named(
    firm, write_bundle, tmp_path, table, condition, message
):
    """What decides whether evidence suffices is sealed as the evidence is."""
    firm.evaluate()
    for _ in range(2):
        firm.now += timedelta(days=1)
        firm.collect()
    hidden_while_evaluating(firm, tmp_path / "ccm.db", table, condition)

    with pytest.raises(IntegrityError, match=message):
        write_bundle(firm, tmp_path / "b.zip")
    assert store_problems(tmp_path)


def test_a_package_says_which_collections_it_does_not_show(firm, write_bundle, key_of, tmp_path):
    """Those of long before were sealed with the others; the seal alone does not show each."""
    firm.evaluate()
    firm.now += timedelta(days=61)
    firm.collect()
    firm.evaluate()
    write_bundle(firm, tmp_path / "b.zip", period="2026-10")
    facts, problems = verify(str(tmp_path / "b.zip"), key_of(firm))

    assert problems == []
    (fact,) = [fact for fact in facts if "that its evaluations read each" in fact]
    assert "`ccm verify` compares them with the store" in fact


def test_a_package_of_a_young_store_shows_all_that_its_evaluations_read(
    firm, write_bundle, key_of, tmp_path
):
    """Its manifests name every collection."""
    firm.evaluate()
    write_bundle(firm, tmp_path / "b.zip")
    facts, problems = verify(str(tmp_path / "b.zip"), key_of(firm))

    assert problems == []
    assert not [fact for fact in facts if "that its evaluations read each" in fact]


def test_an_evaluation_during_a_run_accuses_nobody(firm, write_bundle, key_of, tmp_path):
    """What the run had stored by then is in its manifest, which came later."""
    firm.evaluate()
    now = firm.now + timedelta(days=1)

    def evaluate_meanwhile(request):
        if request.template == "/teams" and meanwhile:
            meanwhile.pop()
            firm.evaluate()

    meanwhile = [True]
    firm.now = now
    firm.simulator.control.before_response = evaluate_meanwhile
    firm.collect()
    firm.simulator.control.before_response = None
    firm.now += timedelta(hours=1)
    firm.evaluate()
    assert not meanwhile
    write_bundle(firm, tmp_path / "b.zip")
    assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
