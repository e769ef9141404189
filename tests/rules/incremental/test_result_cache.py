"""An evaluation with a memory gives the same as one without, and judges only what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.json_codec import encode
from ccm_core.rules.cel.lookup_function import LookupRecord
from ccm_core.rules.evaluate.evaluator import evaluate, evaluate_incrementally
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.sdk.types import Row

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
LIMIT = "{limit: {type: duration, default: 15m, description: d}}"
RULES = {
    "door_locked": {"assert": "row.locked"},
    "door_shut": {"assert": "row.open_for <= params.limit", "match": "row.floor != null"},
    "door_due": {"assert": "row.locked", "not_due": "now < timestamp(row.due_at)"},
    "door_aged": {
        "assert": "row.locked",
        "let": "{limit: \"duration(string(params.limit) + 's')\"}",
        "not_due": "now <= timestamp(row.due_at) + limit",
    },
    "door_ends": {
        "assert": "row.locked || timestamp(row.due_at) < now",
        "message": '"it was due at {row.due_at}"',
    },
    "door_now": {"assert": "now - timestamp(row.occurred_at) > duration('1s')"},
    "door_late": {"assert": "row.locked", "not_due": "now < timestamp(row.due_at) || row.age < 5"},
    "door_owned": {"assert": "lookup('acme.person', row.owner).name != ''"},
    "door_any": {"assert": "size(row) > 3"},
    "door_shared": {"assert": "row.locked", "tolerance": "{at_least: 50%, per: month}"},
}


FEW = {name: RULES[name] for name in RULES if name != "door_any"}
"""Those of which it is known what they read."""


@pytest.fixture
def packs(world):
    """Rules that depend on the row, the moment, other records and the population."""
    return world.compiled(
        *(world.rule_text(id=name, **fields) for name, fields in RULES.items()), parameters=LIMIT
    )


@pytest.fixture(params=[RULES, FEW], ids=["any-field", "known-fields"])
def some(request, world):
    """Packs with and without a rule that may read any field."""
    rules = request.param.items()
    return world.compiled(
        *(world.rule_text(id=name, **fields) for name, fields in rules), parameters=LIMIT
    )


BODIES = st.fixed_dictionaries(
    {"id": st.just("D")},
    optional={
        "locked": st.booleans(),
        "floor": st.none() | st.sampled_from([0, 1, 1.0, 2]),
        "open_for": st.none() | st.sampled_from([60, 900, 901]),
        "age": st.sampled_from([0, 100, 899, 1000]),
        "due_at": st.sampled_from(
            ["2026-03-15T11:00:00Z", "2026-03-15T12:30:00Z", "2026-03-15T14:00:00Z"]
        ),
        "occurred_at": st.sampled_from(["2026-03-15T12:10:00Z", "2026-02-01T00:00:00Z"]),
        "owner": st.sampled_from(["P1", "P2"]),
    },
)
WORLDS = st.tuples(
    st.dictionaries(st.sampled_from("ABCDEF"), BODIES, max_size=6),
    st.dictionaries(st.sampled_from(["P1", "P2"]), st.sampled_from(["", "Ada"])),
    st.sets(st.sampled_from(["acme.door:A", "acme.door:Z", "acme.person:P1"])),
)


@pytest.mark.slow
@pytest.mark.no_cover
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(WORLDS, st.sampled_from([-30, 0, 0, 20, 45, 600])), min_size=2, max_size=5
    )
)
def test_an_evaluation_with_a_cache_equals_one_without(world, some, now, steps):
    """Whatever changed between evaluations, each gives what it would give alone."""
    memory = None
    for (doors, people, incomplete_objects), minutes in steps:
        now += timedelta(minutes=minutes)
        facts = facts_of(world, doors, people, incomplete_objects)
        evaluation, memory = evaluate_incrementally(some, [facts], now=now, cache=memory)

        assert encode(evaluation) == encode(evaluate(some, [facts], now=now))


def facts_of(world, doors, people, incomplete_objects):
    """Make the facts of one connection, with some objects in doubt."""
    sufficiency = [
        world.standing_of(
            kind,
            subjects=tuple(sorted(name for name in incomplete_objects if name.startswith(kind))),
        )
        for kind in ("acme.door", "acme.person")
    ]
    rows = [
        Row(
            subject=Subject(kind="acme.door", key=key, title=key),
            body=body,
            evidence_digests=(f"d{body}",),
        )
        for key, body in sorted(doors.items())
    ]
    records = {
        "acme.person": {k: LookupRecord(body={"name": n}, digest=n) for k, n in people.items()}
    }
    return replace(world.facts(rows, sufficiency=sufficiency), lookup_records=records)


def reused_subjects(first, later):
    """Return the subjects of each rule whose result is the very same object."""
    return {
        rule.rule: [
            result.subject.key
            for result, old in zip(rule.results, old_rule.results, strict=True)
            if result is old
        ]
        for rule, old_rule in zip(first.rules, later.rules, strict=True)
    }


def test_the_cache_reuses_results_that_did_not_change(world, packs, now, row):
    """What did not change is the very same result; what the moment may change is not."""
    whole = {
        "locked": True,
        "floor": 1,
        "open_for": 60,
        "age": 100,
        "due_at": "2026-03-15T12:30:00Z",
        "occurred_at": "2026-03-15T11:00:00Z",
        "owner": "P1",
    }
    people = {"acme.person": {"P1": {"name": "Ada"}}}
    before = world.facts([row("A", **whole), row("B", **whole)], lookup=people)
    changed = row("B", digests=["sha256:B2"], **whole | {"open_for": 61})
    after = world.facts([row("A", **whole), changed], lookup=people)
    first, memory = evaluate_incrementally(packs, [before], now=now, cache=None)
    soon, memory = evaluate_incrementally(
        packs, [after], now=now + timedelta(minutes=1), cache=memory
    )
    later, _ = evaluate_incrementally(packs, [after], now=now + timedelta(minutes=31), cache=memory)

    assert reused_subjects(first, soon) == {
        "door_any": ["A"],
        "door_aged": ["A"],
        "door_due": ["A"],
        "door_ends": ["A"],
        "door_late": ["A"],
        "door_locked": ["A"],
        "door_now": [],
        "door_owned": ["A"],
        "door_shared": ["A"],
        "door_shut": ["A"],
    }
    assert reused_subjects(soon, later)["door_due"] == []  # it fell due
    assert reused_subjects(soon, later)["door_ends"] == []
    assert reused_subjects(soon, later)["door_aged"] == ["A", "B"]  # not yet
    assert reused_subjects(soon, later)["door_locked"] == ["A", "B"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"settings": {"limit": "10m"}}, id="a-parameter"),
        pytest.param({"title": "Every door is locked"}, id="the-rule"),
    ],
)
def test_another_rule_or_parameter_invalidates_the_cache(world, now, row, change):
    """Nothing is taken over from a rule or a parameter that is no longer the same."""
    facts = world.facts([row("A", locked=True)])
    before = world.compiled(world.rule_text(), parameters=LIMIT)
    after = world.compiled(
        world.rule_text(**{k: v for k, v in change.items() if k == "title"}),
        parameters=LIMIT,
        settings=change.get("settings"),
    )
    first, memory = evaluate_incrementally(before, [facts], now=now, cache=None)
    later, _ = evaluate_incrementally(after, [facts], now=now, cache=memory)

    assert reused_subjects(first, later)["door_locked"] == []
    assert later == evaluate(after, [facts], now=now)


def test_a_pack_that_exceeds_its_time_budget_is_stopped(world, packs, now, row):
    """What was not evaluated in time is an error that says so, and never a pass."""
    seconds = count()
    allowance = TimeBudget(seconds=3, clock=lambda: next(seconds))
    rows = [row(key, locked=True) for key in "ABCDEFGH"]
    evaluation = evaluate(packs, [world.facts(rows)], now=now, time_budget=allowance)
    locked = next(rule for rule in evaluation.rules if rule.rule == "door_locked")

    statuses = [result.status for result in locked.results]
    assert statuses == [Status.PASS] * 3 + [Status.ERROR] * 5
    assert locked.results[-1].reason == "not evaluated: the rules of its pack took longer than 3s"
    assert locked.status == Status.ERROR


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"),
    [
        pytest.param("door_locked", {"owner": "P1"}, {"owner": "P2"}, True, id="not-read"),
        pytest.param("door_locked", {"locked": True}, {"locked": False}, False, id="read"),
        pytest.param("door_any", {"owner": "P1"}, {"owner": "P2"}, False, id="the-whole-row"),
        pytest.param("door_locked", {"locked": True}, {"locked": 1}, False, id="another-type"),
        pytest.param("door_aged", {"age": 1000}, {"age": 2000}, True, id="another-field"),
        pytest.param("door_late", {"age": 1000}, {"age": 2000}, False, id="beside-a-moment"),
        pytest.param(
            "door_due",
            {"due_at": "2026-03-15T11:00:00Z"},
            {"due_at": "2026-03-15T11:30:00Z"},
            False,
            id="another-moment",
        ),
    ],
)
def test_a_changed_field_invalidates_only_rules_that_read_it(
    world, packs, row, rule, before, after, expected
):
    """Whatever else the row holds, and whenever that is."""
    whole = {"locked": True, "age": 1000, "due_at": "2026-03-15T11:00:00Z"}
    first, memory = evaluate_incrementally(
        packs, [world.facts([row("A", **whole | before)])], now=NOW, cache=None
    )
    changed = world.facts([row("A", **whole | after)])
    later, _ = evaluate_incrementally(
        packs, [changed], now=NOW + timedelta(minutes=1), cache=memory
    )

    assert reused_subjects(first, later)[rule] == (["A"] if expected else [])
    assert later == evaluate(packs, [changed], now=NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("row.locked && row.room.name == ''", {"locked", "room"}, id="fields"),
        pytest.param("has(row.locked)", {"locked"}, id="asked-for"),
        pytest.param("row.?locked.orValue(true)", {"locked"}, id="optional"),
        pytest.param("row['locked']", {"locked"}, id="by-key"),
        pytest.param("row[row.name]", None, id="by-a-key-that-is-worked-out"),
        pytest.param("row.exists(name, name == 'x')", None, id="all-keys"),
        pytest.param("size(row) > 2", None, id="the-row-itself"),
        pytest.param(
            "row.keys.all(one, one.holder != row.owner)", {"keys", "owner"}, id="in-a-loop"
        ),
    ],
)
def test_dependencies_have_the_fields_that_a_rule_reads(world, condition, expected):
    """Where it may be any field, every change counts."""
    fields = {"over": "acme.badge", "message": "m", "assert": condition}
    packs = world.compiled(world.rule_text(**fields))
    dependencies = packs.packs[0].groups[0].rules[0].dependencies
    assert dependencies.fields == (None if expected is None else frozenset(expected))


def test_a_changed_owner_is_in_reused_results(world, packs, now, row):
    """No rule reads it, and every result of the subject still names it."""
    before, unchanged = row("A", locked=True), row("B", locked=True)
    changed = replace(before, subject=replace(before.subject, owners=("Night desk",)))
    first, memory = evaluate_incrementally(
        packs, [world.facts([before, unchanged])], now=now, cache=None
    )
    later, _ = evaluate_incrementally(
        packs, [world.facts([changed, unchanged])], now=now, cache=memory
    )

    assert later == evaluate(packs, [world.facts([changed, unchanged])], now=now)
    owners = {
        result.subject.owners
        for rule in later.rules
        for result in rule.results
        if result.subject.key == changed.subject.key
    }
    assert owners == {("Night desk",)}
    assert [rule.status for rule in first.rules] == [rule.status for rule in later.rules]


def test_changed_records_behind_a_row_are_in_reused_results(world, packs, now, row):
    """What the rules read is the same: what they said stands, and rests on what it rests on now."""
    whole = {"locked": True, "age": 1000, "due_at": "2026-03-15T11:00:00Z", "owner": "P1"}
    people = {"acme.person": {"P1": {"name": "Ada"}}}
    before, later = (
        world.facts([row("A", digests=[digest], **whole)], lookup=people)
        for digest in ("sha256:1", "sha256:2")
    )
    _, memory = evaluate_incrementally(packs, [before], now=now, cache=None)
    evaluation, _ = evaluate_incrementally(packs, [later], now=now, cache=memory)

    assert encode(evaluation) == encode(evaluate(packs, [later], now=now))
    (locked,) = next(rule for rule in evaluation.rules if rule.rule == "door_locked").results
    assert (locked.status, locked.evidence_digests) == (Status.PASS, ("sha256:2",))


def test_a_row_that_becomes_incomplete_is_evaluated_again(world, packs, now, row):
    """Nothing that a rule reads changed, and nothing may rest on it all the same."""
    doubt = [
        world.standing_of("acme.door", subjects=("acme.door:Z",)),
        world.standing_of("acme.person"),
    ]
    before = row("A", locked=True)
    later = replace(before, evidence_digests=("other",), names=("acme.door:Z",))
    _, memory = evaluate_incrementally(
        packs, [world.facts([before], sufficiency=doubt)], now=now, cache=None
    )
    facts = world.facts([later], sufficiency=doubt)
    evaluation, _ = evaluate_incrementally(packs, [facts], now=now, cache=memory)

    assert encode(evaluation) == encode(evaluate(packs, [facts], now=now))
    locked = next(rule for rule in evaluation.rules if rule.rule == "door_locked").results
    assert {result.status for result in locked if result.subject.key == "A"} == {
        Status.INSUFFICIENT
    }
