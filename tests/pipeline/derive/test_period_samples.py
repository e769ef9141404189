"""The samples of a period are those of all its evaluations, and none of these is made whole."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from ccm_core.assurance.sampling import select_samples
from ccm_core.errors import IntegrityError
from ccm_core.pipeline.period_report import sample_plan_of, sampled
from tests.pipeline.derive.histories import STEPS
from tests.pipeline.derive.test_chosen_results import changed, store_next

DAY = timedelta(days=1)


def check_samples(world):
    """Compare the samples of all evaluations, and of those before the last, in each size."""
    moments = world.store.evaluations.moments()
    since, last = moments[0][1] - DAY, moments[-1][1]
    rules = {rule.rule for rule in world.store.evaluations.latest().evaluation.rules}
    for until in (last + DAY, last):
        span = {"since": since, "until": until}
        moments = world.store.evaluations.moments(**span)
        plan = sample_plan_of(world.store, moments[-1][0] if moments else None)
        whole = list(world.store.evaluations.between(**span))
        for size in (None, 1, 3, 1000):
            expected = select_samples(whole, rules, {"firm"}, plan, size)
            assert sampled(world.store, span, rules, {"firm"}, size) == expected


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=15)
@given(steps=STEPS)
def test_samples_are_those_of_evaluations_made_whole(worlds, packs, name, steps):
    """How often something was evaluated, the worst, the last status, and the evidence behind."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        limit, newest = "2h", world.now
        for changes, minutes in steps:
            world.now = max(world.now + timedelta(minutes=minutes), newest - timedelta(minutes=29))
            newest = max(newest, world.now)
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            world.refresh()
            store_next(world, packs(name, limit))
        check_samples(world)


EXCHANGE = """
    UPDATE version SET digest = (
        SELECT digest FROM version WHERE kind LIKE ? AND key LIKE '%:I1' ORDER BY seq LIMIT 1
    ) WHERE seq = (SELECT min(seq) FROM version WHERE kind LIKE ? AND key LIKE '%:I2')
"""


@pytest.mark.parametrize("kind", ["rows", "verdicts"])
def test_versions_that_an_evaluation_did_not_leave_are_no_samples(worlds, packs, tmp_path, kind):
    """The first version of an incident is exchanged for that of another: an integrity error."""
    with worlds(tmp_path) as world:
        for key, hours in (("I1", -4.9), ("I2", -1)):
            world.incident(key)
            world.entry(f"{key}a", key, "trigger")
            world.entry(f"{key}b", key, "acknowledge", hours)
        world.refresh()
        store_next(world, packs("mild", "2h"))
        world.now += timedelta(minutes=20)
        world.entry("I2c", "I2", "acknowledge", -4.9)
        world.refresh()
        store_next(world, packs("mild", "2h"))
        changed(tmp_path, EXCHANGE, f"{kind}/%", f"{kind}/%")
        span = {"since": world.now - DAY, "until": world.now + DAY}
        rules = {rule.rule for rule in world.store.evaluations.latest().evaluation.rules}
        with pytest.raises(IntegrityError, match=f"{kind}/.* of firm is damaged"):
            sampled(world.store, span, rules, {"firm"}, 3)
