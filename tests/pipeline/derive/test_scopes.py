"""Scopes of frameworks: by change as of all, nothing passes by them, and everything is no scope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule_choices import RuleChoices
from tests.pipeline.derive.test_by_change import check


def with_controls(packs):
    """Let every rule support a control of two frameworks."""
    controls = (Control(framework="dora", id="1"), Control(framework="soc2", id="1"))

    def compiled(one):
        return replace(one, rule=replace(one.rule, controls=controls))

    return replace(
        packs,
        packs=tuple(
            replace(
                pack,
                pack=replace(
                    pack.pack,
                    rules=tuple(replace(rule, controls=controls) for rule in pack.pack.rules),
                ),
                groups=tuple(
                    replace(group, rules=tuple(map(compiled, group.rules))) for group in pack.groups
                ),
            )
            for pack in packs.packs
        ),
    )


def scoped(packs, **stated):
    """Give soc2 a scope."""
    values = {name: tuple(value) for name, value in stated.items()}
    scope = FrameworkScope(framework="soc2", **values)
    return replace(with_controls(packs), choices=RuleChoices(scopes=(scope,) if stated else ()))


def controls(evaluation):
    """Return the controls by their frameworks."""
    return {control.framework: control for control in evaluation.controls}


@pytest.mark.parametrize("name", ["mild", "both", "raw"])
def test_a_scope_by_change_is_that_of_all(world, packs, name):
    """Whatever scope follows another one; what is not scoped stays as it is."""
    plain = check(world, scoped(packs(name)))
    for number, urgency in enumerate(["low", "high", "none", "*", "low"]):
        world.incident(f"I{number}", -3, urgency="low")
        stored = check(world, scoped(packs(name), urgencies=[urgency]))
        assert {one.framework for rule in stored.rules for one in rule.scoped} == {"soc2"}
    assert not any(rule.scoped for rule in check(world, scoped(packs(name))).rules)
    assert plain.scopes == ()


@pytest.mark.parametrize("name", ["mild", "both", "raw"])
def test_a_scope_of_everything_is_no_scope(world, packs, name):
    """The control has the same status, and the report says that nothing is left out."""
    stored = check(world, scoped(packs(name), urgencies=["*"]))
    by_framework = controls(stored)
    assert by_framework["soc2"].status == by_framework["dora"].status
    assert by_framework["soc2"].scope.outside == 0
    assert any("leaves nothing out" in text for text in stored.narrowing)
    for rule in stored.rules:
        (one,) = rule.scoped
        assert (one.status, one.population) == (
            rule.status,
            replace(rule.population, waived=0),
        )


def test_inside_and_outside_are_all(world, packs):
    """Of two scopes, each counts what the other leaves out."""
    world.incident("I1", -3, urgency="low")
    parts = [
        check(world, scoped(packs("mild"), urgencies=[urgency])) for urgency in ("low", "high")
    ]
    for low, high in zip(*(part.rules for part in parts), strict=True):
        (inside,), (others,) = low.scoped, high.scoped
        assert inside.population.total == others.outside
        assert inside.outside == others.population.total
        assert inside.population.total + inside.outside == low.population.total


def test_a_control_with_nothing_in_scope_does_not_pass(world, packs):
    """It has nothing that it could be tested on, which is said loudly."""
    stored = check(world, scoped(packs("plain"), services=["no such service"]))
    control = controls(stored)["soc2"]
    assert control.status is Status.NOT_APPLICABLE
    assert (control.scope.inside, control.scope.outside) == (0, 9)
    assert "the scope of soc2 matches nothing: outside of it are 9 rows" in stored.narrowing
    assert controls(stored)["dora"].status is not Status.NOT_APPLICABLE


def test_what_is_scoped_changes_no_result(world, packs):
    """Rules and their results are those without a scope."""
    plain = check(world, scoped(packs("both")))
    stored = check(world, scoped(packs("both"), urgencies=["low"]))
    assert [replace(rule, scoped=()) for rule in stored.rules] == list(plain.rules)
