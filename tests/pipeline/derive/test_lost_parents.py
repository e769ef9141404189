"""Children of parents that are missing, hidden and found again, by change and as a whole."""

from __future__ import annotations

from datetime import timedelta

from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from tests.pipeline.derive.conftest import INCIDENT
from tests.pipeline.derive.test_by_change import check, evaluate

RULE = "pagerduty_incident_acknowledged_in_time"


def refresh(world, *hidden):
    """Store that what may have changed was read, but for some incidents that are hidden."""
    fall = Shortfall(
        reason=Reason.HIDDEN_REFERENCES,
        detail="403",
        subjects=tuple(f"{INCIDENT}:{key}" for key in hidden),
    )
    partial = {"outcome": Outcome.PARTIAL, "shortfalls": (fall,)} if hidden else {}
    world.store_bodies(INCIDENT, {}, window=None, **partial)


def status(world, packs, key):
    """Evaluate; return the status of an incident, and the reason."""
    world.now += timedelta(minutes=1)
    _, evaluation = evaluate(world, packs)
    (rule,) = (rule for rule in evaluation.rules if rule.rule == RULE)
    return next(
        (result.status.value, result.reason) for result in rule.results if result.subject.key == key
    )


def test_a_child_is_judged_anew_when_its_parent_comes_goes_or_is_hidden(world, packs):
    """Each evaluation by change gives what one of everything gives."""
    shipped = packs("shipped")
    world.incident("I20", -5, into="I21")
    world.entry("L20a", "I20", "trigger", -5)
    world.entry("L20b", "I20", "resolve", -4.9)
    world.now += timedelta(minutes=1)
    refresh(world)
    check(world, shipped)
    lost = status(world, shipped, "I20")
    assert lost[0] == "insufficient"
    assert "gone at PagerDuty" in lost[1]

    world.now += timedelta(minutes=1)
    refresh(world, "I21")
    check(world, shipped)
    hidden = status(world, shipped, "I20")
    assert hidden[0] == "insufficient"
    assert "hidden_references" in hidden[1]

    world.now += timedelta(minutes=1)
    world.entry("L20c", "I20", "acknowledge", -4.95)
    refresh(world)
    check(world, shipped)
    assert status(world, shipped, "I20")[0] == "pass"

    world.now += timedelta(minutes=1)
    world.incident("I21", -6, into="I20")
    refresh(world)
    check(world, shipped)
    world.now += timedelta(minutes=1)
    world.incident("I21", -6, status="triggered", resolve_reason=None)
    world.entry("L21a", "I21", "trigger", -6)
    refresh(world)
    check(world, shipped)
