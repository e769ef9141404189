"""The way of a page equals a plain model that walks the clock, and agrees with the checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from ccm_pagerduty.views.on_call.page_walk import page_simulation
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up_rotations import evidence

from ccm_core.sdk.simulation.page import PageRequest

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def modelled(situation, number, entered):
    """Name who is notified while an incident is on a level, and after how many minutes."""
    is_last = number == len(situation.levels) - 1
    delay = 10_000 if is_last else situation.delays[number]
    people = {situation.who(key, entered, delay) for key in situation.levels[number]} - {None}
    return {(name, situation.slow if name == "slow" else 0) for name in people}


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
@example(seed=2081)
def test_a_page_equals_the_model_and_the_coverage(
    make_view, make_records, pd, make_situation, zone, seed
):
    """At random moments: who is notified when, and a level that notifies is one that is covered."""
    random = Random(seed)  # noqa: S311 - a made-up rendering, no secret
    situation = make_situation(zone, seed)
    bodies = evidence(pd, situation, random)
    (row,) = make_view("policy_coverage", **bodies)
    records = make_records(bodies | {"service": [pd.service("S1")]})
    (subject,) = records["pagerduty.service"]
    for _ in range(5):
        at = situation.now + random.randint(0, (situation.until - situation.now) // SECOND) * SECOND
        request = PageRequest(subject=subject, at=at, now=situation.now, records=records)
        walk = page_simulation().walk(request)
        entered = at
        for number, level in enumerate(walk.levels):
            assert level.since == entered
            if entered >= situation.until:
                break
            by_title = {f"the user {user['id']}": user["id"] for user in bodies["user"]}
            sent = {
                (by_title[one.person], (one.at - entered) // MINUTE) for one in level.notifications
            }
            assert sent == modelled(situation, number, entered)
            if number < len(situation.levels) - 1:
                assert bool(sent) is _covers(row.body["levels"][number]["covered"], entered)
            entered += timedelta(minutes=situation.delays[number])


def _covers(windows, instant):
    return any(
        datetime.fromisoformat(window["since"]) <= instant < datetime.fromisoformat(window["until"])
        for window in windows
    )
