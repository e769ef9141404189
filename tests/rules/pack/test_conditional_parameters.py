"""A parameter may have another value for some keys, and another one since a date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.rule import Parameter
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.pack.conditional_parameters import parameter_overrides, read_overrides
from ccm_core.sdk.timestamps import parse_instant

LIMIT = (
    "{limit: {type: duration, default: 15m, description: d, "
    "varies_by: row.owner, dated_by: row.occurred_at}}"
)
RULE = {
    "assert": "row.open_for <= params.limit",
    "message": '"{row.open_for} against {params.limit}"',
    "not_due": (
        "\"now <= timestamp(row.due_at) + duration(string(params.limit) + 's') && !row.locked\""
    ),
}


WANTED = "the control allows at most 15m"


def since(day, value):
    """Return a change that holds from a day on."""
    return {"from": day, "value": value}


@pytest.mark.parametrize(
    ("setting", "body", "expected"),
    [
        pytest.param("10m", {}, ("fail", "12m against 10m"), id="the-same-for-all"),
        pytest.param({"value": "10m"}, {}, ("fail", "12m against 10m"), id="no-change"),
        pytest.param(
            {"value": "15m", "overrides": [since("2026-03-01", "10m")]},
            {"occurred_at": "2026-03-01T00:00:00Z"},
            ("fail", "12m against 10m"),
            id="on-the-day-it-changed",
        ),
        pytest.param(
            {"value": "15m", "overrides": [since("2026-03-01", "10m")]},
            {"occurred_at": "2026-02-28T23:59:59Z"},
            ("pass", "Doors are locked"),
            id="the-second-before",
        ),
        pytest.param(
            {"value": "15m", "overrides": [since("2026-03-01T02:00:00+02:00", "10m")]},
            {"occurred_at": "2026-03-01T00:00:00Z"},
            ("fail", "12m against 10m"),
            id="an-instant-with-an-offset",
        ),
        pytest.param(
            {"value": "15m", "overrides": [{"for": ["dana", "kim"], "value": "5m"}]},
            {"owner": "kim"},
            ("fail", "12m against 5m"),
            id="for-this-key",
        ),
        pytest.param(
            {"value": "15m", "overrides": [{"for": ["dana"], "value": "5m"}]},
            {"owner": "kim"},
            ("pass", "Doors are locked"),
            id="for-another-key",
        ),
        pytest.param(
            {
                "value": "15m",
                "overrides": [{"for": ["kim"], "value": "20m"}, since("2026-01-01", "10m")],
            },
            {"owner": "kim", "occurred_at": "2026-02-01T00:00:00Z"},
            ("fail", "12m against 10m"),
            id="the-last-that-applies",
        ),
        pytest.param(
            {"value": "15m", "overrides": [{"for": ["kim"], "value": "5m"}]},
            {},
            ("insufficient", "row has no `owner`, which decides params.limit"),
            id="no-key-in-the-row",
        ),
        pytest.param(
            {"value": "15m", "overrides": [since("2026-03-01", "10m")]},
            {"owner": "kim"},
            ("insufficient", "row has no `occurred_at`, which decides params.limit"),
            id="no-date-in-the-row",
        ),
        pytest.param(
            {"value": "15m", "overrides": [since("2026-03-01", "10m")]},
            {"occurred_at": "last week"},
            ("insufficient", "`row.occurred_at` is not an instant, which decides params.limit"),
            id="no-instant-in-the-row",
        ),
    ],
)
def test_an_override_is_chosen_for_each_row(evaluate_rows, row, setting, body, expected):
    """The parameters of a row depends on its key and its date, and is never guessed."""
    whole = {"open_for": 720, "due_at": "2026-01-01T00:00:00Z", "locked": True} | body
    rule_result = evaluate_rows(
        [row(**whole)], parameters=LIMIT, settings={"limit": setting}, **RULE
    )

    assert (rule_result.results[0].status, rule_result.results[0].reason) == expected


def test_the_due_date_follows_the_override_of_the_row(evaluate_rows, row):
    """A shorter limit for one key falls due earlier."""
    setting = {"value": "15m", "overrides": [{"for": ["kim"], "value": "5m"}]}
    rows = [
        row("D1", due_at="2026-03-15T11:59:00Z", owner="kim", locked=False),
        row("D2", due_at="2026-03-15T11:59:00Z", owner="x", locked=False),
    ]
    rule_result = evaluate_rows(rows, parameters=LIMIT, settings={"limit": setting}, **RULE)

    due = [str(result.due_at) for result in rule_result.results]
    assert due == ["2026-03-15 12:04:00+00:00", "2026-03-15 12:14:00+00:00"]


@pytest.mark.parametrize(
    ("setting", "period", "expected"),
    [
        pytest.param("15m", None, (), id="tight"),
        pytest.param(
            {"value": "5m", "overrides": [{"for": ["kim"], "value": "20m"}]},
            None,
            ("door_locked: parameter limit is 20m for kim, the control allows at most 15m",),
            id="one-key-is-loose",
        ),
        pytest.param(
            {"value": "1h", "overrides": [since("2026-02-01", "10m")]},
            "2026-02-01T00:00:00Z",
            (),
            id="was-loose-before-the-period",
        ),
        pytest.param(
            {"value": "1h", "overrides": [since("2026-02-01", "10m")]},
            "2026-01-31T00:00:00Z",
            ("door_locked: parameter limit is 1h, the control allows at most 15m",),
            id="was-loose-within-the-period",
        ),
        pytest.param(
            {"value": "1h", "overrides": [since("2026-02-01", "10m")]},
            None,
            ("door_locked: parameter limit is 1h, the control allows at most 15m",),
            id="period-not-known",
        ),
        pytest.param(
            {"value": "5m", "overrides": [since("2027-01-01", "30m")]},
            "2026-02-01T00:00:00Z",
            (f"door_locked: parameter limit is 30m from 2027-01-01T00:00:00Z, {WANTED}",),
            id="will-be-loose",
        ),
    ],
)
def test_a_control_checks_every_override_in_force(world, setting, period, expected):
    """One value that is too loose, for one key or in the evaluated period, fails the control."""
    control = "[{framework: soc2, id: CC1, requires: {limit: {at_most: 15m}}}]"
    rule = world.rule_text(**RULE, controls=control)
    packs = world.compiled(rule, parameters=LIMIT, settings={"limit": setting})
    facts = world.facts([], period_start=parse_instant(period) if period else None)
    evaluation = world.evaluate(packs, facts)

    assert evaluation.controls[0].problems == expected
    assert evaluation.rules[0].status == "not_applicable"


@pytest.mark.parametrize(
    ("parameters", "settings", "expected"),
    [
        pytest.param(
            "{limit: {type: duration, default: 1m, description: d, varies_by: row.nobody}}",
            {},
            "params.limit depends on row.nobody, which rows of acme.door do not have",
            id="rows-without-the-path",
        ),
        pytest.param(
            "{limit: {type: duration, default: 1m, description: d, varies_by: owner}}",
            {},
            "expected a path such as row.service.id",
            id="no-path",
        ),
        pytest.param(
            "{limit: {type: list, default: [], description: d, varies_by: row.owner}}",
            {},
            "a parameter of type list is the same for all rows",
            id="a-list",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"overrides": []}},
            'limit: "value" is missing: the default where no override applies',
            id="no-value",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "change": []}},
            'limit: unknown key "change"; expected value and overrides',
            id="unknown-key",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": {}}},
            "limit: expected a list of overrides, got a mapping",
            id="overrides-no-list",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "changes": []}},
            "limit: `changes` is now called `overrides`",
            id="key-of-before",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": ["5m"]}},
            'limit: override 1: expected a mapping with value and from or for, got "5m"',
            id="override-no-mapping",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [{"value": "5m"}]}},
            "limit: override 1: expected from, for or both; else it replaces all above it",
            id="override-for-everything",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [{"from": "2026-01-01"}]}},
            'limit: override 1: "value" is missing',
            id="override-without-value",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [{"until": "2026-01-01", "value": "1m"}]}},
            'limit: override 1: unknown key "until"; expected value, from and for',
            id="override-with-an-unknown-key",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [since("2026-01-01", "soon")]}},
            "limit: override 1: 'soon' is not a duration",
            id="override-of-another-type",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [since("1 July", "1m")]}},
            "limit: override 1: Invalid isoformat string: '1 July'",
            id="no-date",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [since(20260701, "1m")]}},
            "limit: override 1: expected a date such as 2026-07-01, got the number 20260701",
            id="date-is-a-number",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [{"for": [], "value": "1m"}]}},
            "limit: override 1: expected a list of keys as texts, got an empty list",
            id="for-nobody",
        ),
        pytest.param(
            LIMIT,
            {"limit": {"value": "1m", "overrides": [{"for": [7], "value": "1m"}]}},
            "limit: override 1: expected a list of keys as texts, got a list of 1",
            id="for-a-number",
        ),
        pytest.param(
            "{limit: {type: duration, default: 1m, description: d, dated_by: row.occurred_at}}",
            {"limit": {"value": "1m", "overrides": [{"for": ["a"], "value": "1m"}]}},
            "limit: override 1: limit has no varies_by, so no value of it can be for some keys",
            id="no-varies-by",
        ),
        pytest.param(
            "{limit: {type: duration, default: 1m, description: d}}",
            {"limit": {"value": "1m", "overrides": [since("2026-01-01", "1m")]}},
            "limit: override 1: limit has no dated_by, so no value of it can start at a date",
            id="no-dated-by",
        ),
    ],
)
def test_an_override_with_a_mistake_is_refused(world, parameters, settings, expected):
    """Each mistake names the parameter, the override, what was expected and what was got."""
    with pytest.raises(DocumentError) as caught:
        world.compiled(
            world.rule_text(**{"assert": "row.age <= params.limit"}),
            parameters=parameters,
            settings=settings,
        )

    assert expected in str(caught.value)


def test_a_test_of_a_pack_may_set_overrides(world):
    """What users may set, the tests of a pack may set as well."""
    tests = (
        "[{name: own, expect: fail, rows: [{owner: kim, open_for: 600}], "
        "params: {limit: {value: 15m, overrides: [{for: [kim], value: 5m}]}}}, "
        "{name: others, expect: pass, rows: [{owner: x, open_for: 600}], "
        "params: {limit: {value: 15m, overrides: [{for: [kim], value: 5m}]}}}, "
        "{name: plain again, expect: pass, rows: [{open_for: 600}]}]"
    )
    from ccm_core.rules.testing.runner import run_cases

    rule = world.rule_text(**{"assert": "row.open_for <= params.limit", "tests": tests})
    setting = {"limit": {"value": "15m", "overrides": [{"for": ["kim"], "value": "1m"}]}}
    assert [case.actual for case in run_cases(world.compiled(rule, parameters=LIMIT))] == [
        case.expected for case in run_cases(world.compiled(rule, parameters=LIMIT))
    ]
    assert run_cases(world.compiled(rule, parameters=LIMIT, settings=setting))[1].passed


PARAMETER = Parameter(
    name="limit",
    type="integer",
    default=0,
    description="d",
    varies_by="row.who",
    dated_by="row.at",
)
DAYS = st.integers(1, 9).map(lambda day: f"2026-03-0{day}")
OVERRIDES = st.lists(
    st.fixed_dictionaries(
        {"value": st.integers(1, 99)},
        optional={"from": DAYS, "for": st.lists(st.sampled_from("abc"), min_size=1)},
    ).filter(lambda override: len(override) > 1),
    max_size=6,
)


@given(overrides=OVERRIDES, who=st.sampled_from("abcd"), day=DAYS)
def test_a_value_equals_applying_the_overrides_from_top_to_bottom(overrides, who, day):
    """Each override that applies replaces the value before, and is in force then."""
    expected = 0
    for override in overrides:
        if override.get("from", "") <= day and who in override.get("for", who):
            expected = override["value"]
    parameter = parameter_overrides(
        PARAMETER, read_overrides(PARAMETER, {"value": 0, "overrides": overrides})
    )
    if parameter is None:
        return
    at = f"{day}T00:00:00Z"

    assert parameter.value_for({"who": who, "at": at}) == expected
    assert expected in {version.value for version in parameter.in_force(parse_instant(at))}


def test_plain_parameters_have_no_overrides(world, row):
    """Where nothing varies, nothing is chosen: no row needs the paths."""
    rule = world.rule_text(**{"assert": "row.open_for <= params.limit"})
    packs = world.compiled(rule, parameters=LIMIT)

    assert packs.packs[0].overrides == {}
    evaluation = evaluate(
        packs, [world.facts([row(open_for=1)])], now=parse_instant("2026-03-15T12:00:00Z")
    )
    assert evaluation.rules[0].status == "pass"
