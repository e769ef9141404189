"""From rules to controls: the worst counts, and a loose parameter fails the control."""

from __future__ import annotations

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.rules.evaluate.evaluator import evaluate

CONTROL = "[{framework: soc2, id: CC6.4, requires: {limit: {at_most: 15m}}}]"
LIMIT = "{limit: {type: duration, default: 15m, description: d}}"


@pytest.mark.parametrize(
    ("settings_", "locked", "status", "problems"),
    [
        pytest.param({}, True, "pass", (), id="as-required"),
        pytest.param({"limit": "5m"}, True, "pass", (), id="tighter"),
        pytest.param(
            {"limit": "20m"},
            True,
            "fail",
            ("door_locked: parameter limit is 20m, the control allows at most 15m",),
            id="looser-fails-the-control",
        ),
        pytest.param(
            {"limit": "20m"},
            None,
            "error",
            ("door_locked: parameter limit is 20m, the control allows at most 15m",),
            id="an-error-stays-worse",
        ),
    ],
)
def test_a_parameter_looser_than_a_control_requires_fails_the_control(
    world, settings_, locked, status, problems
):
    """The control says so; the rule's own result stands."""
    packs = world.compiled(world.rule_text(controls=CONTROL), parameters=LIMIT, settings=settings_)
    evaluation = world.evaluate(packs, world.facts([world.row(locked=locked)]))

    assert evaluation.controls[0].status.value == status
    assert evaluation.controls[0].problems == problems
    assert evaluation.rules[0].status is (Status.PASS if locked else Status.ERROR)


def test_a_control_has_the_status_of_its_worst_rule(compiled, rule_text, facts, row, now):
    """Over every rule and every connection that supports it."""
    control = "[{framework: soc2, id: CC6.4}, {framework: soc2, id: CC6.1}]"
    packs = compiled(
        rule_text(controls=control),
        rule_text(
            id="door_high", controls="[{framework: soc2, id: CC6.4}]", **{"assert": "row.floor > 3"}
        ),
    )
    evaluation = evaluate(
        packs,
        [facts([row(locked=True, floor=5)]), facts([row(locked=True)], connection="annex")],
        now=now,
    )

    assert [
        (control.id, control.status.value, control.rules) for control in evaluation.controls
    ] == [
        ("CC6.1", "pass", ("door_locked",)),
        ("CC6.4", "insufficient", ("door_high", "door_locked")),
    ]


@pytest.mark.parametrize(
    ("kind", "default", "requires", "problem"),
    [
        pytest.param("integer", "2", "{at_least: 2}", None, id="at-least-met"),
        pytest.param(
            "integer", "1", "{at_least: 2}", "is 1, the control allows at least 2", id="at-least"
        ),
        pytest.param(
            "number",
            "0.5",
            "{at_least: 0.1, at_most: 0.4}",
            "is 0.5, the control allows at most 0.4",
            id="between",
        ),
        pytest.param(
            "boolean",
            "false",
            "{equals: true}",
            "is False, the control allows exactly True",
            id="equals",
        ),
        pytest.param("list", "[a]", "{equals: [a]}", None, id="equal-lists"),
    ],
)
def test_a_control_requires_bounds_of_a_parameter(world, kind, default, requires, problem):
    """A bound holds from above, from below, or exactly."""
    packs = world.compiled(
        world.rule_text(controls=f"[{{framework: f, id: i, requires: {{it: {requires}}}}}]"),
        parameters=f"{{it: {{type: {kind}, default: {default}, description: d}}}}",
    )
    control = world.evaluate(packs, world.facts([world.row(locked=True)])).controls[0]

    assert control.problems == ((f"door_locked: parameter it {problem}",) if problem else ())
