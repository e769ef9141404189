"""A kind that the source need not offer concerns the rules that read what rests on it, alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.pack.rule_scopes import rule_scopes
from ccm_core.rules.types import PackText

REFUSED = Shortfall(reason=Reason.NOT_AVAILABLE, detail="GET /badges answered 402")
WATCH = {"over": "acme.watch", "message": "m"}


@pytest.fixture
def packs_of(sources, pack_text, rule_text):
    """Compile one rule over watches, which need no badges but for how long a door was open."""

    def compile_rule(parameters="{}", settings=None, rest=("open_for",), **fields):
        optional = {"acme.badge": rest}
        watched = [
            replace(source, optional=optional) if source.name == "acme.watch" else source
            for source in sources
        ]
        text = pack_text(rule_text(**WATCH | fields), parameters=parameters)
        return compile_packs(
            [PackText(text=text, source="doors.yaml")], watched, parameters=settings
        )

    return compile_rule


@pytest.fixture
def judged(packs_of, facts, row, now, standing_of):
    """Judge one watch whose badges are in a state, and give its roll-up."""

    def judge(standing, **fields):
        packs = packs_of(**fields)
        badges = standing_of("acme.badge", **standing)
        rows = [row(kind="acme.watch", locked=True, open_for=5)]
        connection = facts(rows, over="acme.watch", sufficiency=[badges])
        return evaluate(packs, [connection], (), now=now).rules[0]

    return judge


UNAVAILABLE = {
    "outcome": Outcome.UNAVAILABLE,
    "problem": "acme.badge is unavailable",
    "shortfalls": (REFUSED,),
}
ACCEPTED = UNAVAILABLE | {"accepted": "the plan has no badges"}
STALE = {"problem": "acme.badge is 3d old"}


@pytest.mark.parametrize(
    ("fields", "rests"),
    [
        pytest.param({"assert": "row.locked"}, False, id="another field"),
        pytest.param({"assert": "row.open_for < 60"}, True, id="the field"),
        pytest.param({"assert": "row.?open_for.orValue(0) < 60"}, True, id="the field, optional"),
        pytest.param({"assert": "row['open_for'] < 60"}, True, id="the field by its name"),
        pytest.param({"assert": "size(row) > 0"}, True, id="the row itself"),
        pytest.param({"assert": "row.locked", "match": "row.open_for > 0"}, True, id="in match"),
        pytest.param(
            {"assert": "row.locked && long", "let": "{long: row.open_for < 60}"}, True, id="in let"
        ),
        pytest.param(
            {
                "assert": "row.locked && params.short",
                "parameters": "{short: {type: condition, over: acme.watch, "
                "default: row.open_for < 60, description: d}}",
            },
            True,
            id="in a condition",
        ),
        pytest.param(
            {
                "assert": "row.locked && params.short",
                "parameters": "{short: {type: condition, over: acme.watch, "
                "default: row.locked, description: d}}",
                "settings": {"short": "row.open_for < 60"},
            },
            True,
            id="in a condition that the user set",
        ),
        pytest.param(
            {
                "assert": "size(row.id) < params.most",
                "parameters": "{most: {type: integer, default: 9, varies_by: row.open_for, "
                "description: d}}",
            },
            True,
            id="in what decides a parameter",
        ),
    ],
)
@pytest.mark.parametrize(
    ("standing", "stopped"),
    [
        pytest.param(UNAVAILABLE, "insufficient", id="unavailable"),
        pytest.param(STALE, "insufficient", id="stale"),
        pytest.param(ACCEPTED, "not_applicable", id="accepted"),
        pytest.param({}, "pass", id="complete"),
    ],
)
def test_a_rule_rests_on_an_optional_kind_by_the_fields_it_reads(
    judged, packs_of, fields, rests, standing, stopped
):
    """What is not offered stops these rules and no others; nothing passes by it."""
    expected = stopped if rests else "pass"
    assert judged(standing, **fields).status == expected
    (scope,) = rule_scopes(packs_of(**fields))
    assert ("acme.badge" in scope.kinds) is rests
    assert "acme.door" in scope.kinds


@pytest.mark.attack(
    "Plugins",
    "A view misspells the field that rests on an optional input, or names none",
    "Every rule over the view depends on the input: inconclusive where it is refused",
)
@pytest.mark.parametrize("rest", [("opened_for",), ("open_for", "nothing"), ()])
def test_a_view_that_names_no_field_of_its_rows_rests_on_the_input_with_all(judged, rest):
    """A misspelled name lets nothing pass without evidence."""
    assert judged(UNAVAILABLE, rest=rest, **{"assert": "row.locked"}).status == "insufficient"


def test_a_message_over_the_field_leaves_the_rule_decided(judged, packs_of):
    """It rests on the kind, and passes by another field."""
    fields = {"assert": "row.locked", "message": '"{row.open_for}"'}
    assert judged(UNAVAILABLE, **fields).status == "pass"
    (scope,) = rule_scopes(packs_of(**fields))
    assert "acme.badge" in scope.kinds


def test_an_input_that_is_not_optional_concerns_every_rule(judged, standing_of, world, now):
    """A view that says nothing of an input rests on it with every field."""
    packs = world.compiled(world.rule_text(**WATCH | {"assert": "row.locked"}))
    badges = standing_of("acme.badge", **UNAVAILABLE)
    connection = world.facts(
        [world.row(kind="acme.watch", locked=True)], over="acme.watch", sufficiency=[badges]
    )
    assert world.evaluate(packs, connection).rules[0].status == "insufficient"
