"""Views that read the earliest event of each object: by change, from nothing, and anew."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.result import Status
from tests.pipeline.anew.conftest import Keeper
from tests.pipeline.derive.conftest import LOG_ENTRY, USERS, connection, filled
from tests.pipeline.derive.test_by_change import check, evaluate

ANN, BOB = "pagerduty.user:ann", "pagerduty.user:bob"
ENTRIES = ["L8a", "L8b", "L8c", "L8d"]
CHANGES = st.one_of(
    st.tuples(
        st.just("entry"),
        st.sampled_from(ENTRIES),
        st.sampled_from(["acknowledge", "notify"]),
        st.sampled_from([-800, -5, -4, -1]),
        st.sampled_from(["website", "api"]),
        st.sampled_from(["ann", "bob"]),
    ),
    st.tuples(st.just("erase"), st.sampled_from([LOG_ENTRY]), st.sampled_from(ENTRIES)),
    st.tuples(st.just("users"), st.booleans(), st.booleans()),
    st.tuples(st.just("settings"), st.sampled_from(["30d", "1d"])),
    st.tuples(st.just("collected"), st.booleans()),
)


@pytest.fixture
def acting(world):
    """A world in which ann acted and bob did not; both invitations are marked as sent."""
    world.users(ann=True, bob=True)
    return world


def apply(world, change):
    """Apply a change."""
    match change:
        case ("entry", key, action, hours, channel, agent):
            world.entry(key, "I8", action, hours, channel=channel, agent=agent)
        case ("users", ann, bob):
            world.users(ann=ann, bob=bob)
        case ("collected", is_collected):
            chosen = {} if is_collected else {"exclude_kinds": [LOG_ENTRY]}
            world.connections = [connected(**chosen)]
        case _:
            world.apply(change)


def connected(exclude_kinds=()):
    """Make a connection that collects all kinds but some."""
    made = connection()
    collectors = tuple(one for one in made.connector.collectors if one.kind not in exclude_kinds)
    return replace(made, connector=replace(made.connector, collectors=collectors))


def accepted(world, packs, name="acts"):
    """Evaluate, by change and from nothing alike; return what the check says of each user."""
    evaluation = check(world, packs(name))
    (rule,) = (rule for rule in evaluation.rules if rule.rule == "acts_user_access_accepted")
    return {result.subject.key: result.status for result in rule.results}


def first_act(world):
    """Return when ann acted first, by the row that was derived last."""
    (row,) = (row for row in world.rows[USERS] if row.subject.key == "ann")
    return row.body.get("first_act", {}).get("at")


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["acts", "acts alone"])
@settings(deadline=None, max_examples=25)
@given(
    steps=st.lists(
        st.tuples(st.lists(CHANGES, max_size=3), st.sampled_from([1, 70, 60 * 24 * 20])),
        min_size=2,
        max_size=6,
    )
)
def test_what_is_found_by_change_is_what_is_found_from_nothing(worlds, packs, name, steps):
    """Whatever came, changed or was erased in between, and whatever is collected."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        filled(world)
        world.users(ann=True, bob=True)
        for changes, minutes in steps:
            world.now += timedelta(minutes=minutes)
            for change in changes:
                apply(world, change)
            world.refresh()
            check(world, packs(name))


@pytest.mark.parametrize("name", ["acts", "acts alone"])
def test_who_acted_has_accepted(acting, packs, name):
    """Whether another view reads all events or none does; who did not act has not."""
    assert accepted(acting, packs, name) == {"ann": Status.PASS, "bob": Status.FAIL}
    acting.now += timedelta(minutes=20)
    acting.entry("L9", "I8", "acknowledge", -1, agent="bob")
    assert accepted(acting, packs, name) == {"ann": Status.PASS, "bob": Status.PASS}


@pytest.mark.parametrize(
    ("change", "at"),
    [
        pytest.param(lambda _: None, "07:00", id="nothing"),
        pytest.param(
            lambda world: world.entry("L9", "I8", "acknowledge", -1), "07:00", id="a later act"
        ),
        pytest.param(
            lambda world: world.entry("A", "I8", "acknowledge", -6), "06:00", id="an earlier act"
        ),
        pytest.param(
            lambda world: world.entry("A", "I8", "acknowledge", -9, channel="api"),
            "07:00",
            id="a script's",
        ),
        pytest.param(
            lambda world: [world.entry(f"L{n}a", f"I{n}", "trigger", -2) for n in range(8)],
            "07:06",
            id="the first ones are corrected to a later time",
        ),
        pytest.param(
            lambda world: [
                world.entry(f"L{n}a", f"I{n}", "trigger", channel="api") for n in range(8)
            ],
            "07:06",
            id="the first ones are corrected to be a script's",
        ),
        pytest.param(
            lambda world: [world.erase(LOG_ENTRY, f"L{n}a") for n in range(8)],
            "07:06",
            id="the first ones are erased",
        ),
    ],
)
def test_the_earliest_is_found_again_where_it_changes(acting, packs, change, at):
    """By change and from nothing alike."""
    accepted(acting, packs)
    acting.now += timedelta(minutes=20)
    change(acting)
    accepted(acting, packs)
    assert first_act(acting)[11:16] == at


def test_an_act_before_the_lookback_counts_and_what_was_never_collected_does_not(acting, packs):
    """An accepted invitation stays accepted; that nobody collected an act shows nothing."""
    accepted(acting, packs)
    acting.connections = [acting.connection(lookback="1d")]
    acting.now += timedelta(days=20)
    acting.users(ann=True, bob=True)
    acting.refresh()
    assert accepted(acting, packs) == {"ann": Status.PASS, "bob": Status.FAIL}


def test_without_log_entries_the_check_is_decided_as_before(acting, packs):
    """Where they are not collected, or were denied, the flag of the source stands."""
    acting.connections = [connected([LOG_ENTRY])]
    assert accepted(acting, packs, "acts alone") == {"ann": Status.FAIL, "bob": Status.FAIL}
    acting.connections = [connected()]
    assert accepted(acting, packs, "acts alone") == {"ann": Status.PASS, "bob": Status.FAIL}
    acting.now += timedelta(minutes=20)
    acting.connections = [connected([LOG_ENTRY])]
    assert accepted(acting, packs, "acts alone") == {"ann": Status.FAIL, "bob": Status.FAIL}


def asked_of(world):
    """Count the records of which it is asked what they show."""
    counts = Counter()
    view = world.views[USERS]
    (asked,) = view.earliest

    def of(record):
        counts[record.key] += 1
        return asked.of(record)

    world.views[USERS] = replace(view, earliest=(replace(asked, of=of),))
    return counts


def test_an_hour_in_which_nothing_changed_reads_no_event(acting, packs):
    """And one in which somebody acted again reads that act, and derives no row of people."""
    counts = asked_of(acting)
    evaluate(acting, packs("acts"))
    assert counts.total() >= 25
    acting.rows.clear()
    counts.clear()
    acting.now += timedelta(minutes=20)
    evaluate(acting, packs("acts"))
    assert not counts
    acting.entry("L9", "I8", "acknowledge", -1)
    acting.now += timedelta(minutes=20)
    evaluate(acting, packs("acts"))
    assert set(counts) == {"L9", "L0a"}
    assert USERS not in acting.rows


def test_a_function_that_breaks_makes_its_view_an_error_and_no_other(acting, packs):
    """Then everything is read again."""
    view = acting.views[USERS]
    (asked,) = view.earliest
    acting.views[USERS] = replace(view, earliest=(replace(asked, of=lambda _: 1 / 0),))
    evaluation = check(acting, packs("acts"))
    results = {rule.rule: rule.results for rule in evaluation.rules}
    (broken,) = results.pop("acts_user_access_accepted")
    assert (broken.status, "division by zero" in broken.reason) == (Status.ERROR, True)
    assert min(len(of_rule) for of_rule in results.values()) == 9
    acting.views[USERS] = view
    acting.now += timedelta(minutes=20)
    assert accepted(acting, packs) == {"ann": Status.PASS, "bob": Status.FAIL}


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE partition_member SET name = 'bob' WHERE view = ?", id="an object"),
        pytest.param("UPDATE partition_member SET key = 'L3c' WHERE view = ?", id="a record"),
        pytest.param("DELETE FROM partition_member WHERE view = ?", id="missing"),
    ],
)
def test_a_line_that_was_changed_is_found_before_it_is_used(acting, packs, tmp_path, statement):
    """Nothing is concluded by it."""
    evaluate(acting, packs("acts"))
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        assert database.execute(statement, ["pagerduty.first_act"]).rowcount == 1
    acting.now += timedelta(minutes=20)
    acting.entry("L9", "I8", "acknowledge", -1, agent="bob")
    with pytest.raises(IntegrityError, match=r"partition/pagerduty\.first_act"):
        evaluate(acting, packs("acts"))


def test_what_is_kept_is_what_all_events_give(acting):
    """Deriving anew reads no index."""
    keeper = Keeper(acting)
    keeper.evaluate("acts")
    acting.entry("A", "I8", "acknowledge", -9, agent="bob")
    keeper.evaluate("acts")
    anew = keeper.anew()
    assert (anew.problems, anew.unproven) == ([], [])
    assert first_act(acting) is not None
