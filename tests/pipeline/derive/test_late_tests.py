"""What was loosened before a test was made late is a line in the report of its period."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.period import parse_period
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import compile_rules, current_moment, watch_scope
from ccm_core.pipeline.period_basis.gather import StatedControls
from ccm_core.pipeline.period_report import period_input, with_basis
from ccm_core.pipeline.reproduce import RuleSet, store_evaluation
from ccm_core.report.period.registry import PERIOD_FORMATS
from ccm_core.rules.types import PackText
from tests.pipeline.derive.conftest import NOW, host

RULE = "late_in_time"
PACK = PackText(
    source="late.yaml",
    text=b"""\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: late, version: 1.0.0, title: Rules}
parameters:
  limit: {type: duration, default: 2h, description: d}
rules:
  - id: late_in_time
    title: Incidents are acknowledged in time
    status: stable
    severity: high
    over: pagerduty.incident_response
    on_empty: fail
    assert: "row.acknowledged && row.time_to_acknowledge <= params.limit"
    message: "{row.title}"
    controls:
      - {framework: soc2, id: CC7.4, why: They are answered}
""",
)
WAIVER = Waiver(
    id="W-9",
    rules=(RULE,),
    authority=ApprovalAuthority(accepts_unsigned=True),
    reason="known",
    owner="ann",
    approver="bob",
    created=NOW + timedelta(days=4),
    expires=NOW + timedelta(days=40),
)


def evaluate_with(world, limit, waivers=(), as_of=None):
    """Evaluate and store with a limit and waivers, now or as of a past moment."""
    context = replace(host(lambda: world.now), views=world.views)
    rule_set = RuleSet(packs=[PACK], parameters={"limit": limit}, waivers=waivers)
    packs = compile_rules(context, [PACK], {"limit": limit})
    act = None
    if as_of is None:
        scopes = [watch_scope(context, connection) for connection in world.connections]
        now = current_moment(context, world.connections, world.store)
        evaluation, act = evaluate_changes(context, scopes, world.store, packs, waivers, now=now)
    else:
        evaluation = world.evaluate(packs, waivers, as_of)
    store_evaluation(context, world.connections, world.store, evaluation, rule_set, packs, act)


def report(world):
    """Return the report of the month."""
    context = replace(host(lambda: world.now), views=world.views)
    packs = compile_rules(context, [PACK], {"limit": "2h"})
    arguments = (context, world.connections, world.store, packs)
    inputs = period_input(*arguments, parse_period(f"{NOW:%Y-%m}"))
    return with_basis(inputs, *arguments, StatedControls())


def answered_late(world):
    """Let an incident begin an hour after the first evaluation, and be answered in five hours."""
    world.incident("I1", 1)
    world.entry("I1a", "I1", "trigger", 1)
    world.entry("I1b", "I1", "acknowledge", 6)
    world.refresh()


def lines(page):
    """Return what had changed by each late test, without its moments."""
    return {
        (late.rule, late.items, one.what, one.name, one.then, one.when_made)
        for late in page.basis.late_tests
        for one in late.differences
    }


def test_a_limit_loosened_and_a_waiver_added_afterwards(worlds, tmp_path):
    """The incident would have failed when it could be tested: both stand side by side."""
    with worlds(tmp_path) as world:
        world.refresh()
        evaluate_with(world, "2h")
        world.now += timedelta(days=5)
        answered_late(world)
        evaluate_with(world, "8h", [WAIVER])
        page = report(world)
        (test,) = page.assurance.controls[0].tests
        assert (test.passed, test.tested_late) == (1, 1)
        found = {line[:5] for line in lines(page)}
        assert found == {
            (RULE, 1, "parameter", "late limit", "2h"),
            (RULE, 1, "risk acceptance", "W-9", ""),
        }
        for name in ("html", "markdown"):
            text = PERIOD_FORMATS[name].render(page).decode()
            assert "Tests made late" in text
            assert "late limit" in text
            assert "8h" in text


def test_an_evaluation_of_a_past_moment_is_a_line_with_what_was_loosened_since(worlds, tmp_path):
    """It says when it was made, and changes nothing of what was in force then."""
    with worlds(tmp_path) as world:
        world.refresh()
        evaluate_with(world, "2h")
        world.now += timedelta(days=5)
        evaluate_with(world, "8h", [WAIVER], as_of=NOW + timedelta(minutes=1))
        page = report(world)
        (late,) = page.basis.late_tests
        assert (late.rule, late.since, late.made_at) == (
            *("", NOW + timedelta(minutes=1)),
            NOW + timedelta(days=5),
        )
        assert {line[2:5] for line in lines(page)} == {
            ("parameter", "late limit", "2h"),
            ("risk acceptance", "W-9", ""),
        }
        assert page.basis.design_changes == ()
        (made,) = page.basis.tests_made
        assert (made.evaluations, made.of_past) == (2, 1)
        assert timedelta(seconds=made.longest_delay) == timedelta(days=5) - timedelta(minutes=1)


def test_a_late_test_with_nothing_changed_says_so(worlds, tmp_path):
    """Late it is, and nothing was loosened."""
    with worlds(tmp_path) as world:
        world.refresh()
        evaluate_with(world, "2h")
        world.now += timedelta(days=5)
        answered_late(world)
        evaluate_with(world, "2h")
        page = report(world)
        (late,) = page.basis.late_tests
        assert (late.items, late.is_known, late.differences) == (1, True, ())
        assert "nothing differs" in PERIOD_FORMATS["markdown"].render(page).decode()


@pytest.mark.parametrize("days", [0.1, 0.5])
def test_a_test_within_the_slowest_cadence_is_not_late(worlds, tmp_path, days):
    """Whoever evaluates as often as is required has no line."""
    with worlds(tmp_path) as world:
        world.refresh()
        evaluate_with(world, "2h")
        world.now += timedelta(days=days)
        answered_late(world)
        evaluate_with(world, "8h")
        page = report(world)
        assert page.basis.late_tests == ()
        assert [change.what for change in page.basis.design_changes] == ["parameter"]
