"""What an evaluation read is sealed with it: evidence taken away meanwhile is noticed for ever."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError, StaleEvaluation
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.pipeline.evaluate import evaluate, evaluate_scopes, watch_scope
from ccm_core.pipeline.reproduce import reproduce, store_evaluation
from ccm_core.store.sqlite.verify import verify_store

pytestmark = pytest.mark.no_cover  # its lines are covered by others

HOUR = timedelta(hours=1)
FIRST = "(SELECT min(key) FROM version WHERE kind = 'pagerduty.service')"
SERVICE = f"kind = 'pagerduty.service' AND key = {FIRST}"
NEWEST = "(SELECT max(seq) FROM collection WHERE kind = 'pagerduty.service')"
APPENDED = f"(SELECT seq FROM version WHERE collection = {NEWEST})"  # noqa: S608 - words of ours
TAKEN = [
    pytest.param(
        [f"DELETE FROM current_version WHERE {SERVICE}"],  # noqa: S608 - words of ours
        "pagerduty.service",
        id="the head of a record",
    ),
    pytest.param(
        [f"DELETE FROM version WHERE {SERVICE}"],  # noqa: S608 - the same
        "pagerduty.service",
        id="the newest version of a record",
    ),
    pytest.param(
        [f"UPDATE current_version SET digest = NULL WHERE {SERVICE}"],  # noqa: S608 - the same
        "pagerduty.service",
        id="that a record exists",
    ),
    pytest.param(
        ["DELETE FROM collection WHERE kind = 'pagerduty.user'"],
        "@collections",
        id="every collection of a kind",
    ),
    pytest.param(
        ["DELETE FROM collection WHERE seq = (SELECT max(seq) FROM collection)"],
        "@collections",
        id="the collection that was stored last",
    ),
    pytest.param(["DELETE FROM manifest"], "@manifests", id="the manifest of a run"),
    pytest.param(
        [
            f"DELETE FROM current_version WHERE seq IN {APPENDED}",  # noqa: S608 - the same
            f"DELETE FROM version WHERE collection = {NEWEST}",  # noqa: S608 - the same
            f"DELETE FROM collection WHERE seq = {NEWEST}",  # noqa: S608 - the same
        ],
        "@collections",
        id="a collection with all that it appended",
    ),
]


@contextmanager
def taken_away(folder, statements):
    """Change the store past ccm, and put back whatever was there, to the last byte of each row."""
    store, copy = folder / "ccm.db", folder / "before.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
        for statement in statements:
            assert database.execute(statement).rowcount
    yield
    with closing(sqlite3.connect(store, isolation_level=None)) as database:
        database.execute("ATTACH ? AS before", (str(copy),))
        for table in ("version", "current_version", "collection", "manifest"):
            database.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM before.{table}")  # noqa: S608 - words of ours
    copy.unlink()


def verified(folder):
    """Verify the store of a folder."""
    return verify_store(folder / "ccm.db", on_progress=lambda *_: None)


@pytest.mark.attack(
    "Store",
    "A row is taken out of the store while an evaluation reads it, and put back afterwards",
    "Verifying names the evaluation and the kind of which it read another population (exit 5)",
)
@pytest.mark.parametrize(("statements", "kind"), TAKEN)
def test_evidence_that_was_absent_while_evaluating_is_named(firm, tmp_path, statements, kind):
    """The evaluation seals the population of each kind that it read."""
    with taken_away(tmp_path, statements):
        evaluated = firm.evaluate()
    problems = verified(tmp_path).problems
    assert kind in {problem.field for problem in problems}, problems
    assert all("read" in problem.problem for problem in problems)
    assert all("evaluation sha256:" in problem.label for problem in problems)
    with pytest.raises(IntegrityError, match="differs"):
        reproduce(firm.host, firm.store, as_of=evaluated.evaluated_at)


@pytest.mark.attack(
    "Store",
    "A row is taken out of the store while what changed is evaluated",
    "Verifying names the evaluation and the kind, as for a whole evaluation",
)
@pytest.mark.parametrize(("statements", "kind"), TAKEN[1:2])
def test_an_evaluation_by_change_seals_what_it_read(firm, tmp_path, statements, kind):
    """What it kept from before is part of what it read."""
    firm.evaluate()
    firm.now += 25 * HOUR
    services = firm.simulator.account.services
    services[min(services)] = replace(services[min(services)], name="Another name")
    firm.collect()
    with taken_away(tmp_path, statements):
        try:
            firm.evaluate()
        except IntegrityError as refused:
            assert kind in str(refused)  # noqa: PT017 - one of two ends
            return
    assert kind in {problem.field for problem in verified(tmp_path).problems}


def test_evaluations_of_all_and_of_what_changed_are_the_same(firm, tmp_path):
    """Through changes, erasures, moments of the past and evidence of the future: all is sound."""
    connections = [firm.connection()]
    packs, rules = firm.ruling()
    scopes = [watch_scope(firm.host, connection) for connection in connections]
    for step in range(3):
        firm.evaluate()
        firm.now += 25 * HOUR
        services = firm.simulator.account.services
        services[max(services)] = replace(services[max(services)], name=f"Renamed {step}")
        if step:
            services.pop(min(services))
        firm.collect()
        stored = firm.evaluate()
        arguments = (firm.host, scopes, firm.store, packs, rules.waivers)
        assert evaluate_scopes(*arguments, now=stored.evaluated_at) == replace(stored, derived=())
        assert {read.connection for read in stored.evidence_read} == {"firm"}
        earlier = evaluate(
            firm.host, connections, firm.store, packs, rules.waivers, as_of=firm.now - 3 * HOUR
        )
        store_evaluation(firm.host, connections, firm.store, earlier, rules, packs)
    firm.store.erasure.erase(
        Erasure(id="e1", kind="pagerduty.user", reason="asked to", erased_at=firm.now)
    )
    firm.evaluate()
    assert verified(tmp_path).problems == ()


def test_an_evaluation_of_evidence_that_moved_is_not_stored(firm, tmp_path):
    """A collection that counts was stored after it was read: it has to be evaluated again."""
    compiled, ruling = firm.ruling()
    connections = [firm.connection()]
    firm.now += 25 * HOUR
    evaluation = evaluate(firm.host, connections, firm.store, compiled, ruling.waivers)
    firm.collect()
    with pytest.raises(StaleEvaluation, match="evaluate again"):
        store_evaluation(firm.host, connections, firm.store, evaluation, ruling, compiled)
    assert firm.store.evaluations.latest() is None
    firm.evaluate()
    assert verified(tmp_path).problems == ()


@pytest.mark.attack(
    "Store",
    "The newest collection and its part of the log are taken away while an evaluation reads",
    "The evaluation is refused, or verifying names it",
)
def test_the_end_of_the_log_cannot_be_left_out(firm, tmp_path):
    """The store's own log stated a head beyond it before the evaluation."""
    first = tmp_path / "first.db"
    shutil.copy(tmp_path / "ccm.db", first)
    firm.now += 25 * HOUR
    firm.collect()
    last_run = "(SELECT max(seq) FROM run)"
    statements = [
        f"DELETE FROM collection WHERE run = {last_run}",  # noqa: S608 - words of ours
        f"DELETE FROM manifest WHERE run = {last_run}",  # noqa: S608 - the same
    ]
    with taken_away(tmp_path, statements):
        firm.evaluate()
    named = {problem.field for problem in verified(tmp_path).problems}
    assert named >= {"@collections", "@manifests"}
