"""A result has a name that a person can type and that stays the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from ccm_core.model.evaluation.result_id import result_id
from ccm_core.rules.evaluate.evaluator import evaluate


def ids(evaluation):
    """Return every id, by rule, connection and subject."""
    return {
        (result.rule, result.connection, result.subject.kind, result.subject.key): result.id
        for rule in evaluation.rules
        for result in rule.results
    }


def test_result_ids_are_the_same_in_every_evaluation(world, now, row):
    """Whatever the verdict and the moment, one rule on one subject has one id."""
    packs = world.compiled(
        world.rule_text(tolerance="{at_least: 50%, per: all}"),
        world.rule_text(id="door_shut", **{"assert": "row.open_for == 0"}),
    )
    first = evaluate(packs, [world.facts([row("A", locked=True), row("B")])], now=now)
    later = world.facts([row("A", locked=False), row("B", locked=True), row("C")])
    later_evaluation = evaluate(packs, [later], now=now + timedelta(days=9))

    assert ids(first).items() <= ids(later_evaluation).items()
    assert ids(first) == {name: result_id(*name) for name in ids(first)}


def test_result_ids_differ_and_can_be_typed(world, now, row):
    """Letters and digits in two parts; the same subject of another connection has another id."""
    packs = world.compiled(world.rule_text())
    here = world.facts([row(f"D{n}", locked=True) for n in range(200)])
    annex = replace(here, connection="annex")
    ids_by_name = ids(evaluate(packs, [here, annex], now=now))

    assert len(set(ids_by_name.values())) == len(ids_by_name) == 400
    assert all(re.fullmatch("[a-z2-7]{6}-[a-z2-7]{10}", name) for name in ids_by_name.values())
