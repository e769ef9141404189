"""What the evidence allows comes first; no condition can turn it off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.evaluation.result import Population, Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.rules.evaluate.evaluator import evaluate

SOME = Shortfall(reason=Reason.TRUNCATED, detail="page 3 is missing", subjects=("acme.door:D1",))
MARCH = "2026-03-09T10:00:00Z"


def statuses_and_reasons(rule_result):
    """Return status and reason of every result, by subject."""
    return {
        result.subject.key: (result.status.value, result.reason) for result in rule_result.results
    }


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        pytest.param({"problem": "acme.door is 3d old"}, "acme.door is 3d old", id="problem"),
        pytest.param({"outcome": None}, "acme.door was never collected", id="never"),
        pytest.param({"outcome": Outcome.PARTIAL}, "acme.door is partial", id="partial"),
        pytest.param({"outcome": Outcome.FAILED}, "acme.door is failed", id="failed"),
        pytest.param(
            {"outcome": Outcome.PARTIAL, "problem": "half of it", "subjects": ("acme.door:D9",)},
            "half of it",
            id="a-problem-outweighs-subjects",
        ),
    ],
)
@pytest.mark.parametrize("rows", [0, 1, 2], ids=["no-row", "one-row", "two-rows"])
@pytest.mark.parametrize("on_empty", ["fail", "not_applicable"])
def test_the_evidence_gate_stops_every_rule_with_a_problem(
    evaluate_rows, row, standing_of, standing, reason, rows, on_empty
):
    """Whatever the conditions would say, the rule is insufficient, and says why once."""
    rule_result = evaluate_rows(
        [row(f"D{n}", locked=bool(n)) for n in range(rows)],
        inputs={"sufficiency": [standing_of("acme.door", **standing)]},
        on_empty=on_empty,
        **{"assert": "size(row) >= 0", "match": "size(row) >= 0"},
    )

    assert rule_result.status is Status.INSUFFICIENT
    assert [
        (result.subject.kind, result.subject.key, result.reason) for result in rule_result.results
    ] == [("connection", "hq", reason)]
    assert rule_result.population == Population(total=rows, insufficient=rows)


def test_the_evidence_gate_checks_every_input_of_a_view(evaluate_rows, row, standing_of):
    """A view needs all the kinds it reads; every problem is reported."""
    rule_result = evaluate_rows(
        [row(locked=True)],
        over="acme.watch",
        inputs={
            "sufficiency": [
                standing_of("acme.badge", problem="acme.badge is old"),
                standing_of("acme.door", problem="acme.door is partial"),
            ]
        },
    )

    assert rule_result.results[0].reason == "acme.badge is old; acme.door is partial"


def test_the_evidence_gate_checks_kinds_that_are_looked_up(evaluate_rows, row, standing_of):
    """Even where no row would look anything up."""
    rule_result = evaluate_rows(
        [row(locked=True)],
        inputs={"sufficiency": [standing_of("acme.person", problem="acme.person is partial")]},
        **{"assert": "row.locked || lookup('acme.person', 'P1').name == ''"},
    )

    assert statuses_and_reasons(rule_result) == {"hq": ("insufficient", "acme.person is partial")}


def test_a_kind_without_sufficiency_was_never_collected(compiled, rule_text, facts, row, now):
    """What nobody speaks for is not evidence."""
    bare = replace(facts([row(locked=True)]), sufficiency={})
    rule_result = evaluate(compiled(rule_text()), [bare], now=now).rules[0]

    assert statuses_and_reasons(rule_result) == {
        "hq": ("insufficient", "acme.door was never collected")
    }


def test_the_evidence_gate_checks_inputs_missing_from_the_facts(
    compiled, rule_text, facts, row, now
):
    """The engine knows itself what a view rests on."""
    complete = facts([row(locked=True)], over="acme.watch")
    forgetful = replace(
        complete,
        inputs={"acme.watch": ()},
        sufficiency={"acme.door": complete.sufficiency["acme.door"]},
    )
    rule_result = evaluate(compiled(rule_text(over="acme.watch")), [forgetful], now=now).rules[0]

    assert statuses_and_reasons(rule_result) == {
        "hq": ("insufficient", "acme.badge was never collected")
    }


def test_only_subjects_with_incomplete_evidence_are_insufficient(evaluate_rows, row, standing_of):
    """By its own name or by an object behind it; the other rows are evaluated."""
    lacks = standing_of(
        "acme.door", Outcome.PARTIAL, shortfalls=(SOME,), subjects=("acme.door:D1",)
    )
    rule_result = evaluate_rows(
        [
            row("D1", locked=True),
            row("D2", locked=True, names=["acme.door:D1"]),
            row("D3", locked=True, names=["acme.person:D1"]),
            row("D4", locked=False),
        ],
        inputs={"sufficiency": [lacks]},
    )
    why = "acme.door of acme.door:D1 is partial (truncated: page 3 is missing)"

    assert statuses_and_reasons(rule_result) == {
        "D1": ("insufficient", why),
        "D2": ("insufficient", why),
        "D3": ("pass", "Doors are locked"),
        "D4": ("fail", "Door D4 is open"),
    }


def test_an_unevaluated_object_is_insufficient_itself(evaluate_rows, row, standing_of):
    """An object that could not be read does not vanish from the population."""
    lacks = standing_of(
        "acme.door", Outcome.PARTIAL, shortfalls=(SOME,), subjects=("acme.door:D1",)
    )
    rule_result = evaluate_rows([row("D2", locked=True)], inputs={"sufficiency": [lacks]})

    assert rule_result.status is Status.INSUFFICIENT
    assert rule_result.population == Population(total=2, passed=1, insufficient=1)


def test_an_incomplete_record_cannot_be_looked_up(evaluate_rows, row, standing_of):
    """Only the rows that look it up are insufficient."""
    fall = replace(SOME, subjects=("acme.person:P1",))
    lacks = standing_of("acme.person", Outcome.PARTIAL, shortfalls=(fall,), subjects=fall.subjects)
    rule_result = evaluate_rows(
        [row("D1", owner="P1"), row("D2", owner="P2")],
        inputs={
            "sufficiency": [lacks],
            "lookup": {"acme.person": {"P1": {"name": "Ada"}, "P2": {"name": "Bo"}}},
        },
        **{"assert": "lookup('acme.person', row.owner).name != ''"},
    )

    assert rule_result.population == Population(total=2, passed=1, insufficient=1)
    assert statuses_and_reasons(rule_result)["D1"][1].startswith(
        "acme.person P1: acme.person of acme.person:P1"
    )


@pytest.mark.parametrize(
    ("max_age", "status"),
    [
        pytest.param(None, "pass", id="the-kinds-own-limit"),
        pytest.param("1d", "pass", id="wider"),
        pytest.param("1h", "insufficient", id="tighter"),
    ],
)
def test_a_rule_can_require_younger_evidence(evaluate_rows, row, standing_of, now, max_age, status):
    """Its own limit holds even where the standing was made with a wider one."""
    old = standing_of("acme.door", collected_at=now - timedelta(hours=3), max_age=14400.0)
    rule_result = evaluate_rows([row(locked=True)], inputs={"sufficiency": [old]}, max_age=max_age)

    assert rule_result.status.value == status


def test_a_rule_can_accept_older_evidence_where_sufficiency_can_be_reassessed(
    evaluate_rows, row, standing_of
):
    """The standing is asked for again with the rule's own limit."""
    requests = []

    def restated(kind, max_age):
        requests.append((kind, max_age))
        return standing_of(kind)

    rule_result = evaluate_rows(
        [row(locked=True)],
        max_age="7d",
        inputs={"sufficiency": [standing_of("acme.door", problem="old")], "reassess": restated},
    )

    assert rule_result.status is Status.PASS
    assert requests == [("acme.door", timedelta(days=7))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param(
            {"derivation_errors": {"acme.door": "KeyError: 'id'"}},
            "the rows of acme.door could not be derived: KeyError: 'id'",
            id="derivation-error",
        ),
        pytest.param(
            {"rows": {}},
            "the rows of acme.door could not be derived: they are missing",
            id="rows-missing",
        ),
    ],
)
def test_a_derivation_error_makes_the_rules_of_a_view_errors(world, fields, reason):
    """Rows that could not be derived are no empty population."""
    given_ = replace(world.facts([world.row(locked=True)]), **fields)
    rule_result = world.evaluate(world.compiled(), given_).rules[0]

    assert statuses_and_reasons(rule_result) == {"hq": ("error", reason)}


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        pytest.param((), "no connection collects acme.door", id="not-configured"),
        pytest.param(
            ("acme: ImportError",),
            "no connection collects acme.door; a plugin did not load: acme: ImportError",
            id="plugin-failed",
        ),
    ],
)
def test_a_rule_that_concerns_no_connection_is_insufficient(compiled, facts, now, failures, reason):
    """Nothing to look at is never well."""
    elsewhere = facts([], over="acme.person", plugin_failures=failures)
    evaluation = evaluate(compiled(), [elsewhere], now=now)

    assert statuses_and_reasons(evaluation.rules[0]) == {"": ("insufficient", reason)}
    assert evaluate(compiled(), [], now=now).rules[0].status is Status.INSUFFICIENT
    assert evaluation.plugin_failures == failures


# -- properties -------------------------------------------------------------------------------

bodies = st.fixed_dictionaries(
    {},
    optional={
        "locked": st.sampled_from([True, False, None, 3]),
        "floor": st.sampled_from([1, 5, None]),
        "age": st.sampled_from([1, 100]),
        "occurred_at": st.sampled_from([MARCH, "never"]),
    },
)
problems = st.sampled_from(
    [
        {"problem": "it is stale"},
        {"outcome": None},
        {"outcome": Outcome.PARTIAL},
        {"outcome": Outcome.UNAVAILABLE},
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.COMPLETE, "problem": "a plugin did not load", "subjects": ("a:b",)},
    ]
)
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@shared
@given(
    st.lists(bodies, max_size=4),
    problems,
    st.sampled_from(["acme.badge", "acme.door", "acme.person"]),
)
def test_no_problem_of_any_input_ever_lets_a_rule_pass(world, rows, problem, kind):
    """Whichever kind has whichever problem, whatever the rows say, nothing passes."""
    packs = world.compiled(
        world.rule_text(
            over="acme.watch",
            match="row.floor > 3 || now.getFullYear() > 0",
            tolerance="{at_least: 50%, per: all}",
            **{"assert": "now.getFullYear() > 0 || lookup('acme.person', 'P1').name == ''"},
        )
    )
    given_ = world.facts(
        [world.row(f"D{n}", **body) for n, body in enumerate(rows)],
        over="acme.watch",
        sufficiency=[world.standing_of(kind, **problem)],
    )
    rule_result = world.evaluate(packs, given_).rules[0]

    assert rule_result.status is Status.INSUFFICIENT
    assert all(result.status is Status.INSUFFICIENT for result in rule_result.results)


@shared
@given(st.lists(bodies, max_size=4), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_one_more_incomplete_object_never_makes_a_result_pass(world, rows, fewer, more):
    """The more is missing, the fewer results pass, one by one and rolled up."""
    packs = world.compiled(
        world.rule_text(
            match="row.floor > 3", not_due="row.age < 60", tolerance="{at_least: 50%, per: month}"
        )
    )

    def judge(incomplete_objects):
        subjects = tuple(sorted(f"acme.door:D{n}" for n in incomplete_objects))
        fall = Shortfall(reason=Reason.DENIED, detail="d", subjects=subjects)
        lacks = world.standing_of(
            "acme.door",
            Outcome.PARTIAL if subjects else Outcome.COMPLETE,
            shortfalls=(fall,) if subjects else (),
            subjects=subjects,
        )
        doors_ = [world.row(f"D{n}", **body) for n, body in enumerate(rows)]
        return world.evaluate(packs, world.facts(doors_, sufficiency=[lacks])).rules[0]

    before, after = judge(fewer), judge(fewer | more)
    passed = {result.subject for result in after.results if result.status is Status.PASS}

    assert passed <= {result.subject for result in before.results if result.status is Status.PASS}
    assert after.status is not Status.PASS or before.status is Status.PASS


@shared
@given(bodies, st.sampled_from(["locked", "floor", "age"]))
def test_one_field_less_never_makes_a_row_pass(evaluate_rows, row, body, dropped):
    """Where a row that does not pass loses a field, it still does not pass."""
    less = {name: value for name, value in body.items() if name != dropped}
    fields = {"match": "row.floor > 3", "not_due": "row.age < 60"}
    before, after = (evaluate_rows([row(**fields_)], **fields) for fields_ in (body, less))

    assert after.status is not Status.PASS or before.status is Status.PASS


def test_a_reason_leaves_out_what_identifies_one_response(evaluate_rows, row, standing_of):
    """The same refusal an hour later has another request id, and reads the same."""
    cause = "GET /doors answered 500 (text/html, 12 bytes, request id 4f-1): Internal Error"
    lost = Shortfall(reason=Reason.SOURCE_ERROR, detail=cause, subjects=("acme.door:D1",))
    lacks = standing_of(
        "acme.door", Outcome.PARTIAL, shortfalls=(lost,), subjects=("acme.door:D1",)
    )
    rule_result = evaluate_rows([row("D1", locked=True)], inputs={"sufficiency": [lacks]})

    status, reason = statuses_and_reasons(rule_result)["D1"]
    assert status == "insufficient"
    assert reason == (
        "acme.door of acme.door:D1 is partial "
        "(source_error: GET /doors answered 500 (text/html): Internal Error)"
    )
