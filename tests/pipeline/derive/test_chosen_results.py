"""Whoever needs few results reads few bodies, and sees what it would see among all of them."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.result_scope import OUTLINED, UNSETTLED, ResultScope
from ccm_core.model.json_codec import encode, plain
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, watch_scope
from tests.pipeline.derive.conftest import INCIDENT, VIEW, host
from tests.pipeline.derive.histories import STEPS
from tests.pipeline.derive.test_by_change import WAIVER

RULE = "mild_incident_response_in_time"
SCOPES = {
    "none": ResultScope(),
    "failing": ResultScope(statuses={Status.FAIL}),
    "passing": ResultScope(statuses={Status.PASS, Status.NOT_APPLICABLE}),
    "unsettled": UNSETTLED,
    "of a subject": ResultScope(
        subjects={(RULE, "firm"): {f"{INCIDENT}:I1"}, ("gone", "firm"): {"x:y"}}
    ),
    "of a subject and failing": ResultScope(
        statuses={Status.FAIL}, subjects={(RULE, "firm"): {f"{INCIDENT}:I1"}}
    ),
}


def store_next(world, packs):
    """Evaluate by change, and return the digest under which that is stored."""
    context = replace(host(lambda: world.now), views=world.views)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    now = current_moment(context, world.connections, world.store)
    evaluation, act = evaluate_changes(context, scopes, world.store, packs, [WAIVER], now=now)
    return world.store.evaluations.append(evaluation, None, (), act)


def chosen(evaluation, scope):
    """Return an evaluation with those of its results that are in a scope."""
    rules = (
        replace(rule, results=tuple(filter(scope.includes, rule.results)))
        for rule in evaluation.rules
    )
    return replace(evaluation, rules=tuple(rules))


def comparable(evaluation, scope):
    """Return an evaluation as bytes, without the evidence that a scope may leave out."""
    document = plain(evaluation)
    for rule in document["rules"] if not scope.evidence else ():
        for result in rule["results"]:
            result["evidence_digests"] = ()
    return encode(document)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=15)
@given(steps=STEPS, scope=st.sampled_from(sorted(SCOPES)))
def test_chosen_results_are_those_of_the_whole_evaluation(worlds, packs, name, steps, scope):
    """Of the newest evaluation, where nothing else is read, and of those before it."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        limit, digests = "2h", []
        for changes, _ in steps:
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            world.refresh()
            digests.append(store_next(world, packs(name, limit)))
        for digest in {*digests}:
            whole = world.store.evaluations.get(digest)
            part = world.store.evaluations.get(digest, scope=SCOPES[scope])
            expected = chosen(whole, SCOPES[scope])
            assert comparable(part, SCOPES[scope]) == comparable(expected, SCOPES[scope])
            check_compact(world.store.evaluations.get(digest, compact=True), whole)


def check_compact(compact, whole):
    """Compare results that are made when they are looked at with those in memory, twice each."""
    for made, expected in zip(compact.rules, whole.rules, strict=True):
        assert len(made.results) == len(expected.results)
        assert tuple(made.results) == tuple(made.results) == expected.results
        assert all(result in made.results for result in expected.results[:2])


@pytest.fixture
def evaluated(worlds, packs, tmp_path):
    """Return a world of which two incidents were evaluated, one in time and one late."""
    with worlds(tmp_path) as world:
        for key, hours in (("I1", -4.9), ("I2", -1)):
            world.incident(key)
            world.entry(f"{key}a", key, "trigger")
            world.entry(f"{key}b", key, "acknowledge", hours)
        world.refresh()
        store_next(world, packs("mild", "2h"))
        yield world


def changed(folder, statement, *parameters):
    """Change the store directly, past ccm."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        database.execute(statement, parameters)


def test_only_the_bodies_of_chosen_subjects_are_read(evaluated, tmp_path):
    """The row of the incident that passes may be unreadable without anybody noticing."""
    before = evaluated.store.evaluations.latest(scope=SCOPES["failing"])
    changed(
        tmp_path,
        "UPDATE body SET content = x'00' WHERE digest = (SELECT digest FROM current_version "
        "WHERE connection = 'firm@derived' AND kind = ? AND key = ?)",
        f"rows/{VIEW}",
        f"{INCIDENT}:I1",
    )
    failing = {
        result.subject.key
        for rule in before.evaluation.rules
        for result in rule.results
        if rule.rule == RULE and result.subject.kind == INCIDENT
    }
    assert failing == {"I2"}
    assert evaluated.store.evaluations.latest(scope=SCOPES["failing"]) == before
    with pytest.raises(IntegrityError, match=f"rows/{VIEW} of firm is damaged.*I1"):
        evaluated.store.evaluations.latest()


ROW = "rows/pagerduty.incident_response of firm"
VERDICT = "verdicts/mild/pagerduty.incident_response"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param(
            "UPDATE verdict SET statuses = replace(statuses, 'f', 'p')", VERDICT, id="fail hidden"
        ),
        pytest.param(
            "UPDATE verdict SET statuses = replace(statuses, 'p', 'f')",
            f"{VERDICT} of firm.*I1",
            id="pass shown as fail",
        ),
        pytest.param(
            "UPDATE verdict SET statuses = CASE key WHEN 'pagerduty.incident:I1' THEN (SELECT "
            "statuses FROM verdict WHERE key = 'pagerduty.incident:I2') ELSE (SELECT statuses FROM "
            "verdict WHERE key = 'pagerduty.incident:I1') END",
            f"{VERDICT} of firm.*I1",
            id="statuses exchanged",
        ),
        pytest.param("DELETE FROM verdict", VERDICT, id="verdict line gone"),
        pytest.param(
            "DELETE FROM subject WHERE key = 'pagerduty.incident:I2'",
            VERDICT,
            id="subject line gone",
        ),
        pytest.param(
            "UPDATE subject SET final = 1, occurred_at = 0 WHERE key = 'pagerduty.incident:I2'",
            VERDICT,
            id="subject moved out of the period",
        ),
        pytest.param(
            "UPDATE subject SET occurred_at = occurred_at + 1",
            f"{ROW}.*I2",
            id="subject moved within it",
        ),
        pytest.param(
            "UPDATE current_version SET digest = (SELECT digest FROM current_version WHERE kind "
            "LIKE 'rows/%' AND key = 'pagerduty.incident:I1') WHERE kind LIKE 'rows/%'",
            ROW,
            id="row exchanged",
        ),
        pytest.param(
            "UPDATE current_version SET digest = (SELECT digest FROM current_version WHERE kind "
            "LIKE 'verdicts/%' AND key = 'pagerduty.incident:I1') WHERE kind LIKE 'verdicts/%'",
            f"{VERDICT} of firm",
            id="verdict exchanged",
        ),
        pytest.param(
            "UPDATE body SET content = x'00' WHERE digest IN (SELECT digest FROM current_version "
            "WHERE kind LIKE 'rows/%' AND key = 'pagerduty.incident:I2')",
            f"{ROW}.*I2",
            id="row damaged",
        ),
        pytest.param(
            "DELETE FROM body WHERE digest IN (SELECT digest FROM current_version "
            "WHERE kind LIKE 'verdicts/%' AND key = 'pagerduty.incident:I2')",
            f"{VERDICT} of firm.*I2",
            id="verdict gone",
        ),
    ],
)
def test_damage_is_found_whatever_is_read(evaluated, tmp_path, statement, named):
    """A line, a row or a verdict that is not what the evaluation left is an integrity error."""
    changed(tmp_path, statement)
    with pytest.raises(IntegrityError, match=named):
        evaluated.store.evaluations.latest(scope=SCOPES["failing"])


def test_damage_is_found_before_results_are_made_one_by_one(evaluated, tmp_path):
    """The bodies of all rows and verdicts are proven when they are packed."""
    changed(
        tmp_path,
        "UPDATE current_version SET digest = (SELECT digest FROM current_version WHERE kind "
        "LIKE 'rows/%' AND key = 'pagerduty.incident:I1') WHERE kind LIKE 'rows/%'",
    )
    with pytest.raises(IntegrityError, match=ROW):
        evaluated.store.evaluations.latest(compact=True)


LATE = {(RULE, "firm"): {f"{INCIDENT}:I2"}}


def failing(results):
    """Return the failing results on single incidents, by rule and key."""
    return {
        (result.rule, result.subject.key): result
        for result in results
        if result.status is Status.FAIL and result.subject.kind == INCIDENT
    }


def results_of(evaluation):
    """Yield every result."""
    return (result for rule in evaluation.rules for result in rule.results)


def test_outlined_results_are_those_of_the_whole_without_reasons(evaluated):
    """What fails is listed with its title, its owners and its id; its reason is read by name."""
    store = evaluated.store.evaluations
    whole = failing(results_of(store.latest().evaluation))
    outlined = failing(results_of(store.latest(scope=OUTLINED).evaluation))
    assert whole[RULE, "I2"].reason
    assert outlined == {
        name: replace(result, reason="", evidence_digests=()) for name, result in whole.items()
    }
    named = store.results_on(store.latest().digest, LATE)
    assert named == [replace(whole[RULE, "I2"], evidence_digests=())]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param(
            "UPDATE subject SET title = 'another' WHERE key = 'pagerduty.incident:I2'",
            ROW,
            id="title",
        ),
        pytest.param(
            "UPDATE subject SET owners = '[\"nobody\"]' WHERE key = 'pagerduty.incident:I2'",
            ROW,
            id="owners",
        ),
        pytest.param(
            "UPDATE verdict SET statuses = CASE key WHEN 'pagerduty.incident:I1' THEN (SELECT "
            "statuses FROM verdict WHERE key = 'pagerduty.incident:I2') ELSE (SELECT statuses FROM "
            "verdict WHERE key = 'pagerduty.incident:I1') END",
            VERDICT,
            id="statuses exchanged",
        ),
    ],
)
def test_lines_are_proven_where_results_are_outlined_from_them(
    evaluated, tmp_path, statement, named
):
    """They are those of which the evaluation states the digests, or that is an integrity error."""
    changed(tmp_path, statement)
    with pytest.raises(IntegrityError, match=named):
        evaluated.store.evaluations.latest(scope=OUTLINED)
