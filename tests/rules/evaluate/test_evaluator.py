"""What a rule says of its rows: first what the evidence allows, then the conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.model.evaluation.result import Population, Status
from ccm_core.model.json_codec import encode
from ccm_core.rules.evaluate.evaluator import evaluate

MARCH = "2026-03-09T10:00:00Z"
LIMIT = "{limit: {type: duration, default: 15m, description: d}}"


def statuses_and_reasons(rule_result):
    """Return status and reason of every result, by subject."""
    return {
        result.subject.key: (result.status.value, result.reason) for result in rule_result.results
    }


# -- conditions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "body", "status", "reason"),
    [
        pytest.param({}, {"locked": True}, "pass", "Doors are locked", id="holds"),
        pytest.param({}, {"locked": False}, "fail", "Door D1 is open", id="does-not-hold"),
        pytest.param({}, {}, "insufficient", "row has no `locked`", id="absent"),
        pytest.param(
            {},
            {"locked": None},
            "error",
            "`row.locked`: expected true or false, got null",
            id="null",
        ),
        pytest.param(
            {"assert": "row.floor > 3"},
            {"floor": None},
            "error",
            "`row.floor > 3`: No matching overloads found : _>_(null_type, int64)",
            id="goes-wrong",
        ),
        pytest.param(
            {"match": "row.floor > 3"},
            {"floor": 1, "locked": False},
            "not_applicable",
            "not applicable: `row.floor > 3` is false",
            id="outside-match",
        ),
        pytest.param(
            {"match": "row.floor > 3"},
            {"locked": True},
            "insufficient",
            "row has no `floor`",
            id="match-is-not-evaluable",
        ),
        pytest.param(
            {"not_due": "row.age < 60"},
            {"age": 5, "locked": False},
            "not_applicable",
            "not due yet",
            id="not-due",
        ),
        pytest.param(
            {"not_due": "row.age < 60"},
            {"age": 61, "locked": False},
            "fail",
            "Door D1 is open",
            id="due",
        ),
        pytest.param(
            {"not_due": "row.age < 60"},
            {"locked": True},
            "insufficient",
            "row has no `age`",
            id="not-due-is-not-evaluable",
        ),
        pytest.param(
            {"match": "row.floor > 3", "not_due": "row.age < 60"},
            {"floor": 1},
            "not_applicable",
            "not applicable: `row.floor > 3` is false",
            id="match-comes-before-not-due",
        ),
        pytest.param(
            {"let": "{most: params.limit}", "assert": "row.open_for <= most"},
            {"open_for": 901},
            "fail",
            "Door D1 is open",
            id="a-let",
        ),
        pytest.param(
            {"match": "params.high_up"},
            {"floor": 2, "locked": False},
            "not_applicable",
            "not applicable: `params.high_up` is false",
            id="a-condition-parameter",
        ),
        pytest.param(
            {"match": "params.high_up"},
            {"locked": False},
            "insufficient",
            "row has no `floor`",
            id="a-condition-parameter-that-is-not-evaluable",
        ),
        pytest.param(
            {"assert": "lookup('acme.person', row.owner).name == 'Ada'"},
            {"owner": "P1"},
            "pass",
            "Doors are locked",
            id="a-lookup",
        ),
        pytest.param(
            {"assert": "lookup('acme.person', row.owner).name == 'Ada'"},
            {"owner": "P2"},
            "insufficient",
            "no acme.person P2 in the evidence",
            id="a-lookup-of-nobody",
        ),
        pytest.param(
            {"message": '"{row.floor}"'}, {"locked": False}, "fail", "unknown", id="message"
        ),
    ],
)
def test_a_row_has_one_of_five_statuses(evaluate_rows, row, fields, body, status, reason):
    """Each outcome of the conditions has its status and says why."""
    rule_result = evaluate_rows(
        [row(**body)],
        inputs={"lookup": {"acme.person": {"P1": {"name": "Ada"}}}},
        parameters="{limit: {type: duration, default: 15m, description: d}, "
        "high_up: {type: condition, over: acme.door, default: row.floor > 3, description: d}}",
        **fields,
    )

    results = [result for result in rule_result.results if result.subject.kind == "acme.door"]
    assert [(result.status.value, result.reason) for result in results] == [(status, reason)]


CLOCK = {"keys": [{"since": "2026-03-15T12:00:00Z", "until": None, "hours": None}]}


@pytest.mark.parametrize(
    ("not_due", "body", "due"),
    [
        pytest.param(
            "now < timestamp(row.due_at)", {"due_at": "2026-03-15T12:01:00Z"}, 60, id="a-moment"
        ),
        pytest.param(
            "timestamp(row.due_at) >= now",
            {"due_at": "2026-03-15T12:01:00Z"},
            60,
            id="turned-round",
        ),
        pytest.param("now <= due", {"due_at": "2026-03-15T12:01:00Z"}, 60, id="a-let"),
        pytest.param(
            "now <= due + duration('30s')",
            {"due_at": "2026-03-15T12:01:00Z"},
            90,
            id="a-computed-moment",
        ),
        pytest.param("now <= deadline(row.keys, params.limit)", CLOCK, 900, id="a-deadline"),
        pytest.param(
            "!row.locked && now <= due", {"due_at": "2026-03-15T12:01:00Z"}, 60, id="among-others"
        ),
        pytest.param(
            "row.locked ? now > due : now < due",
            {"due_at": "2026-03-15T12:01:00Z"},
            60,
            id="in-a-choice",
        ),
        pytest.param(
            "now < due && now < timestamp('2026-03-15T12:00:30Z')",
            {"due_at": "2026-03-15T12:01:00Z"},
            30,
            id="whichever-comes-first",
        ),
        pytest.param("row.age < 60", {"age": 20}, None, id="no-moment"),
        pytest.param(
            "due - now > duration('5s')",
            {"due_at": "2026-03-15T12:01:00Z"},
            None,
            id="a-difference",
        ),
        pytest.param(
            "[now].all(one, one < due)", {"due_at": "2026-03-15T12:01:00Z"}, None, id="in-a-loop"
        ),
    ],
)
def test_a_row_that_is_not_due_has_its_due_date(evaluate_rows, row, now, not_due, body, due):
    """Where the moment of the evaluation is compared with another, the end is known."""
    rule_result = evaluate_rows(
        [row(locked=False, **body)],
        parameters="{limit: {type: duration, default: 15m, description: d}}",
        let="{due: timestamp(row.due_at)}",
        not_due=f'"{not_due}"',
    )

    assert rule_result.status is Status.NOT_APPLICABLE
    assert rule_result.results[0].due_at == (now + timedelta(seconds=due) if due else None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"floor": 4, "locked": True}, "pass", id="holds"),
        pytest.param({"floor": 4, "locked": False}, "fail", id="does-not-hold"),
        pytest.param({"floor": -90}, "not_applicable", id="outside"),
        pytest.param({"floor": 4}, "insufficient", id="absent"),
    ],
)
def test_conditions_that_cannot_be_combined_are_evaluated_one_by_one(
    evaluate_rows, row, body, status
):
    """CEL bounds how deep an expression may nest; a rule near the bound says the same."""
    terms = " + ".join(["row.floor", *["1"] * 29])
    rule_result = evaluate_rows([row(**body)], match=f"{terms} > 3")

    assert statuses_and_reasons(rule_result)["D1"][0] == status


def test_a_result_has_the_evidence_digests_of_its_row_and_its_lookups(evaluate_rows, row):
    """Digests are sorted, each is there once, and no row has those of another."""
    rule_result = evaluate_rows(
        [
            row("D1", owner="P1", digests=["sha256:b", "sha256:a", "sha256:b"]),
            row("D2", owner="P9", digests=["sha256:c"]),
        ],
        inputs={"lookup": {"acme.person": {"P1": {"name": "Ada"}}}},
        **{"assert": "lookup('acme.person', row.owner).name == 'Ada'"},
    )

    assert {result.subject.key: result.evidence_digests for result in rule_result.results} == {
        "D1": ("sha256:a", "sha256:acme.person:P1", "sha256:b"),
        "D2": ("sha256:c",),
    }


# -- populations ------------------------------------------------------------------------------


@pytest.mark.parametrize("on_empty", ["not_applicable", "insufficient", "fail"])
@pytest.mark.parametrize(
    ("floors", "reason"),
    [
        pytest.param([], "nothing to evaluate: acme.door has no rows", id="no-rows"),
        pytest.param(
            [1, 2],
            "nothing to evaluate: `row.floor > 3` is true for none of 2 rows of acme.door",
            id="none-in-scope",
        ),
    ],
)
def test_an_empty_population_has_the_status_of_on_empty(
    evaluate_rows, row, on_empty, floors, reason
):
    """`on_empty` decides where nothing is left to judge."""
    rule_result = evaluate_rows(
        [row(f"D{n}", floor=floor) for n, floor in enumerate(floors)],
        on_empty=on_empty,
        match="row.floor > 3",
    )

    assert rule_result.status.value == on_empty
    assert statuses_and_reasons(rule_result)["hq"] == (on_empty, reason)


def test_a_population_that_is_not_due_is_not_empty(evaluate_rows, row):
    """There is something to judge, only not yet."""
    rule_result = evaluate_rows([row(age=1, locked=False)], on_empty="fail", not_due="row.age < 60")

    assert rule_result.status is Status.NOT_APPLICABLE


def test_a_population_counts_every_subject_once(evaluate_rows, row):
    """The numbers add up to the subjects that are known."""
    rule_result = evaluate_rows(
        [
            row("D1", floor=4, locked=True),
            row("D2", floor=4, locked=False),
            row("D3", floor=4),
            row("D4", floor=1),
            row("D5", floor=4, locked=None),
            row("D6", floor=5, locked=True),
        ],
        match="row.floor > 3",
    )

    assert rule_result.population == Population(
        total=6, passed=2, failed=1, insufficient=1, not_applicable=1, error=1
    )


@pytest.mark.parametrize(
    ("locked", "status"),
    [
        pytest.param([True, None, False, 3], "error", id="error-above-all"),
        pytest.param([True, "absent", False], "fail", id="fail-above-insufficient"),
        pytest.param([True, "absent"], "insufficient", id="insufficient-above-pass"),
        pytest.param([True, "outside"], "pass", id="pass-above-not-applicable"),
        pytest.param(["outside"], "not_applicable", id="not-applicable-alone"),
    ],
)
def test_a_rule_has_the_status_of_its_worst_result(evaluate_rows, row, locked, status):
    """The order is error, fail, insufficient, pass, not applicable."""
    bodies = [
        {"floor": 1}
        if state == "outside"
        else {"floor": 4} | ({"locked": state} if state != "absent" else {})
        for state in locked
    ]
    rule_result = evaluate_rows(
        [row(f"D{n}", **body) for n, body in enumerate(bodies)], match="row.floor > 3"
    )

    assert rule_result.status.value == status


# -- the same inputs give the same bytes ------------------------------------------------------


def test_an_evaluation_does_not_depend_on_the_order_of_facts(compiled, rule_text, facts, row, now):
    """Rows, connections and rules in another order give the same bytes."""
    rules = [rule_text(), rule_text(id="another", severity="low")]
    rows = [row(f"D{n}", locked=n % 2 == 0, occurred_at=MARCH) for n in range(5)]
    inputs = [facts(rows), facts(rows[:2], connection="annex")]
    turned = [
        replace(facts_, rows={"acme.door": facts_.rows["acme.door"][::-1]})
        for facts_ in inputs[::-1]
    ]

    first = evaluate(compiled(*rules), inputs, now=now)
    second = evaluate(compiled(*rules), turned, now=now)

    assert encode(replace(first, packs=())) == encode(replace(second, packs=()))
    assert [rule.rule for rule in first.rules] == ["another", "door_locked"]
    assert first.connections == ("annex", "hq")


def test_an_evaluation_lists_its_packs_and_connections(compiled, rule_text, facts, row, now):
    """Packs with their effective parameters, connections and every standing."""
    evaluation = evaluate(
        compiled(rule_text(), parameters=LIMIT, settings={"limit": "1m"}), [facts([row()])], now=now
    )

    assert evaluation.evaluated_at == now
    assert (evaluation.packs[0].name, evaluation.packs[0].parameters) == (
        "acme-doors",
        {"limit": "1m"},
    )
    assert [kind.kind for kind in evaluation.sufficiency] == ["acme.door", "acme.person"]


def test_compiled_packs_can_be_evaluated_twice(compiled, rule_text, facts, row, now):
    """Nothing of one evaluation is left for the next."""
    packs = compiled(rule_text(**{"assert": "lookup('acme.person', row.owner).name != ''"}))
    people = {"acme.person": {"P1": {"name": "Ada"}}}
    full, bare = facts([row(owner="P1")], lookup=people), facts([row(owner="P1")])

    assert evaluate(packs, [full], now=now).rules[0].status is Status.PASS
    assert evaluate(packs, [bare], now=now).rules[0].status is Status.INSUFFICIENT
    assert evaluate(packs, [full], now=now) == evaluate(packs, [full], now=now)
