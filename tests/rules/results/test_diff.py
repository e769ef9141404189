"""What other rules would have said of the same evidence."""

from __future__ import annotations

from ccm_core.rules.results.diff import ComparisonSide, compare

LIMIT = "{limit: {type: duration, default: 15m, description: d}}"
ASSERT = {"assert": "row.open_for <= params.limit"}
CONTROL = "[{framework: soc2, id: CC1}]"


def side(world, rows, *rules, parameters=LIMIT, settings=None):
    """Judge rows by rules."""
    packs = world.compiled(*rules, parameters=parameters, settings=settings)
    return ComparisonSide(packs=packs, evaluation=world.evaluate(packs, world.facts(rows)))


def test_a_comparison_of_equal_rules_is_empty(world, row):
    """Neither in what they are nor in what they say."""
    rows = [row("A", open_for=600), row("B", open_for=1200)]
    before, after = (side(world, rows, world.rule_text(**ASSERT)) for _ in range(2))
    assert compare(before, after).same


def test_a_comparison_lists_every_difference(world, row):
    """Parameters, texts, rules that came and went, subjects, controls."""
    rows = [row("A", open_for=600), row("B", open_for=1200)]
    before = side(
        world,
        rows,
        world.rule_text(**ASSERT, controls=CONTROL),
        world.rule_text(id="door_old", **{"assert": "row.open_for > 0"}),
    )
    after = side(
        world,
        rows,
        world.rule_text(**ASSERT, controls=CONTROL, severity="low"),
        world.rule_text(id="door_new", **{"assert": "row.open_for > 0"}),
        settings={"limit": "5m"},
    )
    comparison = compare(before, after)

    assert [
        (parameter.name, parameter.before, parameter.after) for parameter in comparison.parameters
    ] == [("limit", "15m", "5m")]
    assert [(rule.rule, rule.before, rule.after, rule.changed) for rule in comparison.rules] == [
        ("door_locked", "fail", "fail", ("severity",)),
        ("door_new", None, "pass", ()),
        ("door_old", "pass", None, ()),
    ]
    locked, new, old = comparison.rules
    assert [(result.key, result.before, result.after) for result in locked.results] == [
        ("A", "pass", "fail")
    ]
    assert {result.before for result in new.results} == {None}
    assert {result.after for result in old.results} == {None}
    assert comparison.controls == ()  # it failed before, and fails still


def test_a_comparison_lists_controls_that_differ(world, row):
    """From the worst of its rules before to the worst after."""
    rows = [row("A", open_for=600)]
    rule = world.rule_text(**ASSERT, controls=CONTROL)
    before, after = side(world, rows, rule), side(world, rows, rule, settings={"limit": "5m"})
    (control,) = compare(before, after).controls
    assert (control.framework, control.id, control.before, control.after) == (
        "soc2",
        "CC1",
        "pass",
        "fail",
    )
