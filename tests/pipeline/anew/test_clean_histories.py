"""Rows and verdicts that were kept honestly are those that the evidence gives, in any history."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings

from tests.pipeline.derive.histories import STEPS

CAME_AND_WENT = [
    ([("incident", "I0", {"hours": -5, "status": "triggered"}), ("services", {})], 1),
    ([("services", {"S0": {}}), ("services", {})], 1),
]
"""A service that was there between two evaluations alone."""


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=25)
@example(steps=CAME_AND_WENT)
@given(steps=STEPS)
def test_nothing_differs_in_any_history(worlds, keeping, name, steps):
    """Whatever happened before each evaluation."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        keeper, limit, newest = keeping(world), "2h", world.now
        for changes, minutes in steps:
            # A clock that is more than an hour behind the evidence is refused.
            world.now = max(world.now + timedelta(minutes=minutes), newest - timedelta(minutes=29))
            newest = max(newest, world.now)
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            if ("stale",) not in changes:
                world.refresh()
            keeper.evaluate(name, limit=limit)
            anew = keeper.anew()
            assert (anew.problems, anew.unproven) == ([], [])
            assert anew.extent.subjects == anew.extent.of_subjects
