"""A view that reads how records changed: by change, derived anew, and as the period moves on."""

from __future__ import annotations

from datetime import timedelta

import pytest

VIEW = "pagerduty.weakening_changes"
POLICY, USER = "pagerduty.escalation_policy", "pagerduty.user"
OTHERS = ("schedule", "team", "team_member")
FIRST, SECOND = (
    {"id": f"L{n}", "escalation_delay_in_minutes": 15, "targets": [{"id": "U1", "type": "user"}]}
    for n in (1, 2)
)


def policy(*levels):
    """Make the body of a policy."""
    return {"P1": {"name": "Payments", "num_loops": 1, "escalation_rules": list(levels)}}


def store(world, policies, *, trail=True):
    """Store what the view reads, all of it complete."""
    world.store_bodies(POLICY, policies, snapshot=True)
    world.store_bodies(USER, {"U1": {"name": "Ann", "role": "owner"}}, snapshot=True)
    for noun in OTHERS:
        world.store_bodies(f"pagerduty.{noun}", {}, snapshot=True)
    if trail:
        world.store_bodies("pagerduty.audit_record", {})


@pytest.fixture
def weakened(keeper):
    """Who evaluated a policy, and then the same with a level less, an hour later."""
    world = keeper.world
    store(world, policy(FIRST, SECOND))
    keeper.evaluate("shipped")
    assert world.rows[VIEW] == ()
    world.now += timedelta(hours=1)
    store(world, policy(FIRST))
    keeper.evaluate("shipped")
    return keeper


def differences(keeper):
    """Return what differs when everything is derived anew."""
    anew = keeper.anew()
    return anew.problems, anew.unproven


def test_a_change_between_two_collections_is_a_row(weakened):
    """It tells between which moments, and that no audit record shows it."""
    (row,) = weakened.world.rows[VIEW]
    assert row.body["unrecorded_weakenings"] == ["it has 1 of 2 levels left"]
    assert (row.body["since"], row.body["at"]) == ("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z")
    assert (row.occurred_at, row.final) == (weakened.world.now, True)
    assert differences(weakened) == ([], [])


def test_a_change_that_is_older_than_the_period_counts_no_more(weakened):
    """Whether anything was stored since or not, and what is kept of it is no difference."""
    world = weakened.world
    world.now += timedelta(days=40)
    weakened.evaluate("shipped")
    assert differences(weakened) == ([], [])
    store(world, policy(FIRST))
    world.store_bodies(USER, {"U1": {"name": "Ann B", "role": "owner"}}, snapshot=True)
    weakened.evaluate("shipped")
    assert world.rows[VIEW] == ()
    assert differences(weakened) == ([], [])


def test_a_longer_lookback_shows_older_changes_at_once(keeper):
    """Though nothing was stored since."""
    world = keeper.world
    store(world, policy(FIRST, SECOND))
    world.now += timedelta(hours=1)
    store(world, policy(FIRST))
    world.apply(("settings", "1d"))
    world.now += timedelta(days=3)
    store(world, policy(FIRST))
    keeper.evaluate("shipped")
    assert world.rows[VIEW] == ()
    world.apply(("settings", "30d"))
    keeper.evaluate("shipped")
    assert len(world.rows[VIEW]) == 1
    assert differences(keeper) == ([], [])


def test_a_version_that_was_erased_leaves_out_what_it_showed(weakened):
    """Nobody can tell any more what changed: the row has no field that a rule could pass by."""
    world = weakened.world
    world.erase(POLICY, "P1")
    world.now += timedelta(hours=1)
    store(world, policy(FIRST))
    weakened.evaluate("shipped")
    rows = [row for row in world.rows[VIEW] if row.subject.key.startswith("P1")]
    assert rows
    assert all("weakenings" not in row.body for row in rows)
    assert all("erased" in row.unknown["*"] for row in rows)
    assert differences(weakened) == ([], [])


def test_what_the_first_collection_found_is_no_change(keeper):
    """Nothing is known of before, and no row is made up for it."""
    store(keeper.world, policy(FIRST))
    keeper.evaluate("shipped")
    assert keeper.world.rows[VIEW] == ()
