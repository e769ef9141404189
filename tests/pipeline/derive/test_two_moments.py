"""The same evidence gives the same rows and the same texts at two moments."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status
from ccm_core.model.json_codec import encode

INCIDENTS = st.lists(
    st.tuples(st.sampled_from([-1, -3, -5, -30, -200]), st.sampled_from(["triggered", "resolved"])),
    min_size=1,
    max_size=5,
)
LATER = st.sampled_from([timedelta(minutes=minutes) for minutes in (1, 20, 59)])


def rows_by_view(world, packs):
    """Derive the rows of every view and kind, and evaluate them."""
    evaluation = world.evaluate(packs)
    verdicts = {
        (rule.rule, result.subject.kind, result.subject.key): result
        for rule in evaluation.rules
        for result in rule.results
        if result.subject.kind not in (CONNECTION, POPULATION)
    }
    return dict(world.rows), verdicts


def timed_rules(packs):
    """Return the rules that are looked at each time, and those with moments."""
    rules = [rule for pack in packs.packs for group in pack.groups for rule in group.rules]
    due = {rule.rule.id: rule.conditions.due_moments for rule in rules}
    always = {name for name, moments in due.items() if moments is None}
    return always, {name for name, moments in due.items() if moments and moments.moments}


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "shipped"])
@settings(deadline=None, max_examples=20)
@given(incidents=INCIDENTS, passed=LATER)
def test_only_what_is_due_differs_at_another_moment(worlds, packs, name, incidents, passed):
    """Rows are the same bytes; a verdict differs where its rule compares with now, and no other."""
    compiled = packs(name)
    always, moments = timed_rules(compiled)
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        for number, (hours, status) in enumerate(incidents):
            world.incident(f"I{number}", hours, status=status)
            world.entry(f"L{number}a", f"I{number}", "trigger", hours)
            if status == "resolved":
                world.entry(f"L{number}b", f"I{number}", "resolve", hours + 0.5)
        world.refresh()
        world.store_services(world.services)
        rows, verdicts = rows_by_view(world, compiled)
        world.now += passed
        later_rows, later_verdicts = rows_by_view(world, compiled)

    assert encode(rows) == encode(later_rows)
    for subject, verdict in verdicts.items():
        later = later_verdicts[subject]
        if subject[0] not in always | moments:
            assert encode(later) == encode(verdict)
        elif later.status is verdict.status is Status.FAIL:
            assert later.reason == verdict.reason, "a text of a failure holds an age"


def test_no_text_of_the_shipped_rules_prints_now(packs):
    """Nobody reads an age that is wrong a minute later."""
    for pack in packs("shipped").packs:
        for rule in (rule for group in pack.groups for rule in group.rules):
            for expression in rule.conditions.message.expressions:
                assert not re.fullmatch(r"now|elapsed\(.*now\)", expression.text), rule.rule.id
