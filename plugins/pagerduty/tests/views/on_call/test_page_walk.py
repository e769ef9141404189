"""The way of a page through an escalation policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ccm_pagerduty.views.on_call.page_walk import page_simulation

from ccm_core.sdk.simulation.page import PageOutcome, PageRequest

END = 14 * 24


@pytest.fixture
def simulate(pd, make_records):
    """Simulate a page on a service; what is not given is as in a small healthy account."""

    def run(
        *levels,
        service=None,
        users=None,
        hours=0,
        windows=(),
        urgency=None,
        vanished=None,
        **policy,
    ):
        simulation = page_simulation()
        bodies = {
            "service": [service or pd.service("S1")],
            "escalation_policy": [pd.policy("P1", *levels) | policy],
            "schedule": [pd.schedule("D1")],
            "schedule_rendering": [pd.rendering("D1", (-24, END, "ann"))],
            "user": [pd.user("ann"), pd.user("bob")] if users is None else users,
            "maintenance_window": list(windows),
        }
        records = make_records(bodies)
        at = pd.now + timedelta(hours=hours)
        (subject,) = records["pagerduty.service"]
        request = PageRequest(
            subject=subject,
            at=at,
            now=pd.now,
            urgency=urgency,
            records=records,
            vanished=make_records(vanished or {}),
        )
        return simulation.walk(request), at

    return run


def seen(walk, at):
    """Return whom each level notifies, after how many minutes."""
    return [
        [(sent.person, (sent.at - at) / timedelta(minutes=1)) for sent in level.notifications]
        for level in walk.levels
    ]


def test_a_page_passes_the_levels_in_time(simulate, pd):
    """Each level is entered when the one before is left; the last one keeps it."""
    walk, at = simulate([pd.ref("D1", "schedule")], [pd.ref("bob")])
    assert walk.outcome is PageOutcome.REACHED
    assert seen(walk, at) == [[("the user ann", 0)], [("the user bob", 30)]]
    assert [level.until for level in walk.levels] == [at + timedelta(minutes=30), None]
    assert walk.first.person == "the user ann"


@pytest.mark.parametrize(
    ("user", "outcome", "absent"),
    [
        pytest.param(
            {"notification_rules": []},
            PageOutcome.NOT_REACHED,
            "the user ann: no notification rule",
            id="no rule",
        ),
        pytest.param(
            {"contact_methods": []},
            PageOutcome.NOT_REACHED,
            "the user ann: no contact method",
            id="no contact method",
        ),
        pytest.param(
            {"role": "read_only_user"},
            PageOutcome.NOT_REACHED,
            "the user ann: stakeholder",
            id="stakeholder",
        ),
        pytest.param(
            {"invited": True},
            PageOutcome.NOT_REACHED,
            "the user ann: pending invitation",
            id="invited",
        ),
        pytest.param({"notification_rules": None}, PageOutcome.UNKNOWN, None, id="rules unknown"),
        pytest.param({"role": None}, PageOutcome.UNKNOWN, None, id="role unknown"),
    ],
)
def test_a_page_that_reaches_nobody_names_the_person_and_the_reason(
    simulate, pd, user, outcome, absent
):
    """Whoever is on call and is not notified is named; what is unknown is no pass."""
    walk, _ = simulate([pd.ref("D1", "schedule")], users=[pd.user("ann", **user)])
    assert walk.outcome is outcome
    (level,) = walk.levels
    assert level.notifications == ()
    assert level.absent == (() if absent is None else (absent,))
    assert bool(level.unknown) is (absent is None)


def test_a_deleted_user_is_not_notified(simulate, pd):
    """Only the reference remains."""
    walk, _ = simulate([pd.ref("zoe")])
    assert walk.outcome is PageOutcome.NOT_REACHED
    assert walk.levels[0].absent == ("the user zoe: deleted user",)


@pytest.mark.parametrize(
    ("service", "outcome"),
    [
        pytest.param({"status": "disabled"}, PageOutcome.NO_PAGE, id="disabled"),
        pytest.param({"status": "maintenance"}, PageOutcome.NO_PAGE, id="in maintenance"),
        pytest.param({"escalation_policy": None}, PageOutcome.NO_PAGE, id="no policy"),
        pytest.param({"incident_urgency_rule": None}, PageOutcome.UNKNOWN, id="urgency unknown"),
        pytest.param({}, PageOutcome.REACHED, id="enabled"),
    ],
)
def test_a_service_decides_whether_it_pages(simulate, pd, service, outcome):
    """A disabled service opens no incident."""
    walk, _ = simulate([pd.ref("ann")], service=pd.service("S1") | service)
    assert walk.outcome is outcome


def test_an_incident_of_low_urgency_stays_on_the_first_level(simulate, pd):
    """It is notified by rules of low urgency alone."""
    low = [pd.notification_rule(), pd.notification_rule(5, urgency="low")]
    users = [pd.user("ann", notification_rules=low), pd.user("bob")]
    levels = [pd.ref("ann")], [pd.ref("bob")]
    walk, at = simulate(*levels, users=users, urgency="low")
    assert (walk.outcome, seen(walk, at)) == (PageOutcome.REACHED, [[("the user ann", 5)]])
    walk, _ = simulate(*levels, urgency="low")
    assert walk.outcome is PageOutcome.NOT_REACHED
    assert walk.levels[0].absent == ("the user ann: no notification rule of low urgency",)


def test_a_moment_that_no_rendering_covers_is_unknown(simulate, pd):
    """Nobody knows who is on call in a year."""
    walk, _ = simulate([pd.ref("D1", "schedule")], hours=24 * 365)
    assert walk.outcome is PageOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("repeats", "statement"),
    [
        (0, []),
        (1, ["while nobody acknowledges, all levels are repeated once"]),
        (3, ["while nobody acknowledges, all levels are repeated 3 times"]),
    ],
)
def test_repeats_are_stated(simulate, pd, repeats, statement):
    """As the policy has them."""
    walk, _ = simulate([pd.ref("ann")], num_loops=repeats)
    assert list(walk.statements) == statement


@pytest.mark.parametrize(
    ("hours", "status", "outcome"),
    [
        pytest.param(0, "maintenance", PageOutcome.NO_PAGE, id="now, by the status"),
        pytest.param(2, "maintenance", PageOutcome.REACHED, id="later than the status"),
        pytest.param(5, "active", PageOutcome.NO_PAGE, id="in a planned window"),
        pytest.param(6, "active", PageOutcome.REACHED, id="when it has ended"),
    ],
)
def test_a_maintenance_window_counts_at_its_own_time(simulate, pd, hours, status, outcome):
    """The status of a service is of now; a window says when it is."""
    window = {
        "id": "M1",
        "start_time": pd.instant(4),
        "end_time": pd.instant(6),
        "description": "Move",
        "services": [{"id": "S1", "type": "service_reference"}],
    }
    service = pd.service("S1") | {"status": status}
    walk, _ = simulate([pd.ref("ann")], service=service, hours=hours, windows=[window])
    assert walk.outcome is outcome


def test_an_answer_about_the_past_says_what_is_of_now(simulate, pd):
    """Only who was on call is of that moment."""
    walk, _ = simulate([pd.ref("ann")], hours=-5)
    assert any("notification rules are of now" in statement for statement in walk.statements)
