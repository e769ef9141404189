"""Rows and verdicts that are kept by change give what an evaluation of everything gives."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.finding.finding import finding_of
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, evaluate_scopes, watch_scope
from tests.pipeline.derive.conftest import UNCHANGED, VIEW, host
from tests.pipeline.derive.histories import STEPS, SUPPORT

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAIVER = Waiver(
    id="W",
    rules=("mild_incident_response_due",),
    authority=ApprovalAuthority(accepts_unsigned=True),
    subjects=("I1",),
    reason="r",
    owner="a",
    approver="b",
    created=NOW - timedelta(days=1),
    expires=NOW + timedelta(days=2),
)

CAUSED = "harsh_incident_response_caused"
"""A rule that fails on every incident, and whose cause is its urgency."""


def evaluate(world, packs, jobs=None, waivers=(WAIVER,)):
    """Evaluate by change; return the moment and the whole evaluation as it is read back."""
    context = replace(host(lambda: world.now), views=world.views)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    now = current_moment(context, world.connections, world.store)
    evaluation, act = evaluate_changes(
        context, scopes, world.store, packs, waivers, now=now, jobs=jobs
    )
    digest = world.store.evaluations.append(evaluation, None, (), act)
    return now, world.store.evaluations.get(digest)


def check(world, packs, waivers=(WAIVER,)):
    """Evaluate by change and as a whole, and compare all but what says where results are."""
    now, stored = evaluate(world, packs, waivers=waivers)
    context = replace(host(lambda: world.now), views=world.views)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    whole = evaluate_scopes(context, scopes, world.store, packs, waivers, now=now)
    assert comparable(stored) == comparable(whole)
    return stored


def comparable(evaluation):
    """Return the bytes of an evaluation without where its results are."""
    return encode(replace(evaluation, derived=()))


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_an_evaluation_by_change_equals_one_of_everything(worlds, packs, name, steps):
    """Whatever happens in between, each evaluation gives what it would give from nothing."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        limit, newest = "2h", world.now
        for changes, minutes in steps:
            # A clock that is more than an hour behind the evidence is refused.
            world.now = max(world.now + timedelta(minutes=minutes), newest - timedelta(minutes=29))
            newest = max(newest, world.now)
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            if ("stale",) not in changes:
                world.refresh()
            check(world, packs(name, limit))


@pytest.mark.parametrize(
    ("change", "derived"),
    [
        pytest.param((), 0, id="nothing changed"),
        pytest.param(("incident", "I3", {"urgency": "low"}), 1, id="one changed"),
        pytest.param(("entry", "L3d", "I3", "annotate", -4), 1, id="an entry of its log is new"),
        pytest.param(("services", {"S1": {}}), 9, id="a service is gone that all may belong to"),
        pytest.param(
            ("services", {"S0": UNCHANGED | {"status": "critical"}, "S1": UNCHANGED}),
            0,
            id="its status, which no row reads",
        ),
        pytest.param(
            ("services", {"S0": UNCHANGED | {"support_hours": SUPPORT}, "S1": UNCHANGED}),
            9,
            id="its support hours",
        ),
        pytest.param(
            ("services", {"S0": UNCHANGED, "S1": UNCHANGED | {"support_hours": SUPPORT}}),
            0,
            id="the support hours of a service without incidents",
        ),
    ],
)
def test_what_changed_is_derived_and_nothing_else(world, packs, change, derived):
    """A view is handed the incidents of the partitions that a change concerns."""
    check(world, packs("mild"))
    world.derived.clear()
    evaluate(world, packs("mild"))
    sampled = world.derived.pop(VIEW)
    if change:
        world.apply(change)
    evaluate(world, packs("mild"))

    assert world.derived[VIEW] - sampled == derived


@pytest.mark.parametrize("limits", [("2h", "1s"), ("1s", "2h")])
def test_rules_are_judged_again_where_a_condition_reads_another_limit(world, packs, limits):
    """A condition parameter may read a plain one, which then decides which rows a rule is about."""
    for limit in limits:
        check(world, packs("chosen", limit))


def test_a_waiver_of_a_finding_covers_its_cause_alone(world, packs):
    """The causes of failures are read from the verdicts that are kept: as when all is judged."""
    urgent = failing(check(world, packs("both")))
    causes = {result.cause for result in urgent.values()}
    assert causes == {("high",)}
    accepted = replace(WAIVER, rules=(CAUSED,), subjects=(), findings=(finding_of(urgent["I3"]),))

    covered = failing(check(world, packs("both"), [accepted]))
    world.apply(("incident", "I3", {"urgency": "low"}))
    changed = failing(check(world, packs("both"), [accepted]))

    assert {key for key, result in covered.items() if result.waiver} == {"I3"}
    assert changed["I3"].cause == ("low",)
    assert {key for key, result in changed.items() if result.waiver} == set()


def failing(evaluation):
    """Return what fails of the rule that names its cause, by key."""
    (rule,) = (rule for rule in evaluation.rules if rule.rule == CAUSED)
    return {result.subject.key: result for result in rule.results if result.status is Status.FAIL}


def test_a_quiet_evaluation_keeps_no_version(world, packs):
    """Nothing new is stored of rows and verdicts, however much time passes."""
    evaluate(world, packs("shipped"))
    before = versions(world)
    world.now += timedelta(minutes=2)
    evaluate(world, packs("shipped"))

    assert versions(world) == before


def versions(world):
    """Count the versions of rows and verdicts."""
    counts = world.store.records.counts()
    return sum(count.versions for count in counts if count.connection.endswith("@derived"))
