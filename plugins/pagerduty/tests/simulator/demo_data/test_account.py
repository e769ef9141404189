"""The simulated account is repeatable, mostly sound, and has its documented flaws."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from pagerduty_simulator import AccountSizes, build_account
from pagerduty_simulator.account.schedule_rendering import coverage, final_spans

SMALL = AccountSizes(services=8, policies=5, schedules=6, users=40, teams=3, incidents=120)


def all_objects(account):
    """Return all objects of an account as comparable values."""
    objects = (account.users, account.teams, account.memberships, account.schedules)
    return (*objects, account.policies, account.services, list(account.incidents))


def test_an_account_repeats(now):
    """The same seed, sizes and moment give identical objects."""
    first, second = (build_account(now, seed=7, sizes=SMALL) for _ in range(2))
    assert all_objects(first) == all_objects(second)


def test_another_seed_gives_another_account(now):
    """The seed decides."""
    first, second = (build_account(now, seed=seed, sizes=SMALL) for seed in (1, 2))
    assert all_objects(first) != all_objects(second)


def test_an_account_has_its_sizes(whole_account):
    """The default account has the default sizes, and no two ids of a kind are alike."""
    sizes = AccountSizes()
    assert len(whole_account.services) == sizes.services
    assert len(whole_account.policies) == sizes.policies
    assert len(whole_account.schedules) == sizes.schedules
    assert len(whole_account.users) == sizes.users
    assert len(whole_account.teams) == sizes.teams
    assert len(whole_account.incidents) == sizes.incidents


def test_one_schedule_in_three_is_shift_based(whole_account):
    """Both kinds of schedules exist."""
    forms = Counter(schedule.form for schedule in whole_account.schedules.values())
    assert forms == {"layers": 20, "shifts": 10}


def test_most_schedules_cover_every_second(whole_account, now):
    """Twenty-five schedules have no gap in the month past and the fortnight ahead; five have."""
    since = int((now - timedelta(days=30)).timestamp())
    until = int((now + timedelta(days=14)).timestamp())
    short = {}
    for schedule in whole_account.schedules.values():
        spans = final_spans(schedule, since, until)
        covered = Counter()
        reached = since
        for span in sorted(spans, key=lambda span: span[:2]):
            if span.user_id is not None:
                covered["gap"] += max(0, span.start - reached)
                reached = max(reached, span.end)
        covered["gap"] += max(0, until - reached)
        if covered["gap"]:
            short[schedule.name] = (covered["gap"], coverage(spans, since, until))
    assert len(short) == 5
    assert (180, 100.0) in short.values(), "three minutes in 44 days vanish in the percentage"
    assert (until - since, 0.0) in short.values(), "the schedule without layers covers nothing"


def test_one_schedule_is_used_by_no_policy(whole_account):
    """An unused schedule exists, and it is the only one."""
    used = {
        target.id
        for policy in whole_account.policies.values()
        for level in policy.levels
        for target in level.targets
    }
    unused = [
        schedule.name for schedule in whole_account.schedules.values() if schedule.id not in used
    ]
    assert len(unused) == 1


def test_policies_have_flaws(whole_account):
    """One level only, unused, a deleted user, a stakeholder, and an open invitation."""
    account = whole_account
    targets = {
        target.id
        for policy in account.policies.values()
        for level in policy.levels
        for target in level.targets
        if target.type == "user"
    }
    used = {service.policy_id for service in account.services.values()}
    assert sum(len(policy.levels) == 1 for policy in account.policies.values()) == 2
    assert len(account.policies.keys() - used) == 1
    assert targets & account.deleted_users.keys()
    assert any(
        account.users[user_id].role == "read_only_user"
        for user_id in targets & account.users.keys()
    )
    assert any(account.users[user_id].invitation_sent for user_id in targets & account.users.keys())


@pytest.mark.parametrize(
    ("flaw", "count"),
    [
        pytest.param(lambda service: service.disabled, 2, id="disabled"),
        pytest.param(lambda service: service.urgency == "low", 4, id="low urgency"),
        pytest.param(lambda service: not service.team_ids, 2, id="without team"),
        pytest.param(lambda service: not service.integrations, 2, id="without integration"),
    ],
)
def test_services_have_flaws(whole_account, flaw, count):
    """A few services fail a rule."""
    assert sum(flaw(service) for service in whole_account.services.values()) == count


@pytest.mark.parametrize(
    ("flaw", "count"),
    [
        pytest.param(lambda user: user.role in {"owner", "admin"}, 12, id="too many admins"),
        pytest.param(lambda user: user.invitation_sent, 4, id="invited"),
        pytest.param(
            lambda user: not any(method.enabled for method in user.contact_methods),
            2,
            id="no enabled contact method",
        ),
        pytest.param(lambda user: len(user.contact_methods) == 1, 9, id="one contact method"),
    ],
)
def test_users_have_flaws(whole_account, flaw, count):
    """A few users fail a rule."""
    assert sum(flaw(user) for user in whole_account.users.values()) == count


def test_two_teams_have_no_manager(whole_account):
    """The other ten have one."""
    managed = {
        membership.team_id
        for membership in whole_account.memberships
        if membership.role == "manager"
    }
    assert len(whole_account.teams.keys() - managed) == 2


def test_every_incident_log_is_in_order(whole_account):
    """Each log begins with the trigger, never goes back, and ends before the account's moment."""
    for incident in whole_account.incidents:
        moments = [event.after for event in incident.state.events]
        assert incident.state.events[0].type == "trigger"
        assert moments == sorted(moments)
        assert incident.updated <= whole_account.epoch


def test_incidents_have_every_outcome(whole_account):
    """Every kind of log that rules distinguish exists, and most incidents were handled in time."""
    types = Counter(
        event.type for incident in whole_account.incidents for event in incident.state.events
    )
    expected = {"reopen", "unacknowledge", "escalate", "exhaust_escalation_path", "notify"}
    assert expected <= types.keys()
    states = [incident.state for incident in whole_account.incidents]
    assert any(state.merged_into is not None for state in states)
    assert {"triggered", "acknowledged", "resolved"} == {state.status for state in states}
    in_time = sum(_in_time(incident) for incident in whole_account.incidents)
    assert 0.9 < in_time / len(whole_account.incidents) < 0.97


def _in_time(incident):
    limit = 900 if incident.urgency == "high" else 3600
    first = next(
        (event for event in incident.state.events if event.type in {"acknowledge", "resolve"}), None
    )
    if first is None or first.after > limit or incident.state.merged_into is not None:
        return False
    by_responder = first.agent["type"] == "user_reference"
    return first.type == "resolve" or by_responder


def test_incidents_are_assigned_to_the_user_on_call(whole_account):
    """The first assignee of an incident is the first level of its policy at that second."""
    account = whole_account
    checked = 0
    for incident in list(account.incidents)[::40]:
        policy = account.policies[incident.references.policy["id"]]
        target = policy.levels[0].targets[0]
        on_call = [
            span.user_id
            for span in final_spans(
                account.schedules[target.id], incident.created, incident.created
            )
            if span.user_id
        ]
        assign = incident.state.events[1]
        if on_call:
            assert assign.user["id"] in on_call
            checked += 1
    assert checked > 50


def test_a_merged_incident_has_a_primary_incident(whole_account):
    """It is an earlier incident of the same service."""
    for incident in whole_account.incidents:
        if incident.state.merged_into is not None:
            primary = whole_account.incidents[incident.state.merged_into]
            assert primary.number < incident.number
            assert primary.references.service == incident.references.service
