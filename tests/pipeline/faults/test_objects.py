"""What is read object by object: where one object fails, that one is in doubt and no other."""

from __future__ import annotations

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.api.faults import (
    cut_connection,
    html,
    refuse,
    scope_missing,
    too_many_requests,
    truncated,
)

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

pytestmark = pytest.mark.no_cover  # its lines are covered by others

IN_SCHEDULES = ("schedule", "schedule_rendering")
IN_INCIDENTS = ("incident", "incident_log_entry")


def of_one(key, fault):
    """Spoil what is asked of one object."""

    def for_that_one(request, honest):
        return fault(request, honest) if request.ids == (key,) else honest(request)

    return for_that_one


def resting_on_schedules(account, keys):
    """Name every object whose coverage is worked out from some schedules."""
    policies = {
        policy.id
        for policy in account.policies.values()
        if keys & {target.id for level in policy.levels for target in level.targets}
    }
    services = {one.id for one in account.services.values() if one.policy_id in policies}
    return (
        {f"pagerduty.schedule:{key}" for key in keys}
        | {f"pagerduty.escalation_policy:{key}" for key in policies}
        | {f"pagerduty.service:{key}" for key in services}
    )


def assert_only_these_are_in_doubt(lab, ran, honest, lost, concerned):
    """Hold that rules cannot tell of what is concerned, and say of all else what they said."""
    results = set()
    for rule in ran.rules:
        before, after = honest.results(rule), ran.results(rule)
        if rule not in lab.rules_over(*lost):
            assert after == before, rule
            continue
        for name, result in after.items():
            if name in concerned:
                results.add(name)
                assert result.status is Status.INSUFFICIENT, (rule, name)
            elif name.startswith("connection:"):
                assert result.status is not Status.PASS, rule
            elif name.startswith("population:"):
                same = {share.status for key, share in before.items() if key == name}
                assert result.status in {Status.INSUFFICIENT, *same}, rule
            else:
                assert result == before[name], (rule, name)
    assert results == concerned


REFUSED = {
    "403": (refuse(403), Reason.DENIED),
    "404": (refuse(404), Reason.NOT_AVAILABLE),
    "400": (refuse(400), Reason.SOURCE_ERROR),
    "500": (refuse(500), Reason.SOURCE_ERROR),
    "half the JSON": (truncated, Reason.SOURCE_ERROR),
}
CASES = [pytest.param(*row, id=name) for name, row in REFUSED.items()]


@pytest.mark.parametrize(("fault", "reason"), CASES)
def test_an_unrendered_schedule_leaves_only_its_dependents_inconclusive(lab, fault, reason):
    """The schedule, the policies that name it and their services; all others as ever."""
    honest = lab.honest("schedule_rendering")
    schedule = next(key for key, one in lab.account.schedules.items() if one.form == "layers")
    lab.control.inject("/schedules/{id}", of_one(schedule, fault))
    ran = lab.read("schedule_rendering")

    assert ran.outcomes == {"schedule_rendering": Outcome.PARTIAL}
    assert ran.reasons("schedule_rendering") == {reason}
    assert ran.subjects("schedule_rendering") == {f"pagerduty.schedule:{schedule}"}
    assert ran.exit is Exit.INSUFFICIENT
    concerned = resting_on_schedules(lab.account, {schedule})
    assert_only_these_are_in_doubt(lab, ran, honest, ["schedule_rendering"], concerned)


@pytest.mark.parametrize("first", [pytest.param(False, id="again"), pytest.param(True, id="first")])
@pytest.mark.parametrize(("fault", "reason"), CASES[:2])
def test_a_shift_based_schedule_that_cannot_be_read_is_named(lab, fault, reason, first):
    """Nothing stands for it, and what names it is in doubt."""
    due = () if first else IN_SCHEDULES
    honest = lab.honest(*due, first=first)
    schedule = next(key for key, one in lab.account.schedules.items() if one.form == "shifts")
    lab.control.inject("/v3/schedules/{id}", of_one(schedule, fault))
    ran = lab.read(*due, first=first)

    assert ran.outcomes["schedule"] is ran.outcomes["schedule_rendering"] is Outcome.PARTIAL
    assert reason in ran.reasons("schedule")
    assert ran.subjects("schedule") == {f"pagerduty.schedule:{schedule}"}
    concerned = resting_on_schedules(lab.account, {schedule})
    for rule in lab.rules_over("schedule"):
        for name in concerned & ran.results(rule).keys():
            assert ran.results(rule)[name].status is Status.INSUFFICIENT
        # Where there was nothing to evaluate, what could not be read stands now.
        for name in honest.results(rule).keys() - concerned - {"connection:pagerduty-test"}:
            before, after = honest.results(rule)[name], ran.results(rule)[name]
            assert (after.status, after.reason) == (before.status, before.reason)


@pytest.mark.parametrize(("fault", "reason"), CASES)
def test_unreadable_team_members_leave_the_team_resources_inconclusive(lab, fault, reason):
    """The team, and the services of which nobody can say whether their people belong to it."""
    honest = lab.honest("team_member")
    team = next(iter(lab.account.teams))
    lab.control.inject("/teams/{id}/members", of_one(team, fault))
    ran = lab.read("team_member")

    assert ran.outcomes == {"team_member": Outcome.PARTIAL}
    assert ran.reasons("team_member") == {reason}
    assert ran.subjects("team_member") == {f"pagerduty.team:{team}"}
    owned = [one.id for one in lab.account.services.values() if team in one.team_ids]
    concerned = {f"pagerduty.team:{team}", *(f"pagerduty.service:{one}" for one in owned)}
    assert_only_these_are_in_doubt(lab, ran, honest, ["team_member"], concerned)


@pytest.mark.parametrize(("fault", "reason"), CASES)
def test_an_unreadable_incident_log_leaves_only_that_incident_inconclusive(lab, fault, reason):
    """Where log entries are read incident by incident."""
    honest = lab.honest(*IN_INCIDENTS, log_entries="incident")
    number = max(incident.number for incident in lab.account.incidents)
    lab.control.inject("/incidents/{id}/log_entries", of_one(incident_id(number), fault))
    ran = lab.read(*IN_INCIDENTS, log_entries="incident")

    name = f"pagerduty.incident:{incident_id(number)}"
    assert ran.outcomes == {"incident": Outcome.COMPLETE, "incident_log_entry": Outcome.PARTIAL}
    assert ran.reasons("incident_log_entry") == {reason}
    assert ran.subjects("incident_log_entry") == {name}
    assert_only_these_are_in_doubt(lab, ran, honest, ["incident_log_entry"], {name})


@pytest.mark.parametrize(("fault", "reason"), CASES[:3])
def test_log_entries_are_read_by_incident_where_their_list_is_refused(lab, fault, reason):
    """The evidence and the verdict are the same, and the manifest says how it was read."""
    honest = lab.honest(*IN_INCIDENTS)
    lab.control.inject("/log_entries", fault)
    ran = lab.read(*IN_INCIDENTS)

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    notes = [note for one in ran.by_kind["incident_log_entry"] for note in one.notes]
    assert notes
    assert all("incident by incident" in note for note in notes)
    assert ran.bodies == honest.bodies
    for rule in ran.rules:
        assert ran.results(rule) == honest.results(rule)


EVERY = {
    "402": (refuse(402), Reason.NOT_AVAILABLE),
    "403": (refuse(403), Reason.DENIED),
    "a missing scope": (scope_missing("things.read"), Reason.DENIED),
    "404": (refuse(404), Reason.NOT_AVAILABLE),
    "400": (refuse(400), Reason.SOURCE_ERROR),
    "429 in HTML": (too_many_requests(in_html=True), Reason.RATE_LIMITED),
    "500": (refuse(500), Reason.SOURCE_ERROR),
    "200 in HTML": (html(200), Reason.SOURCE_ERROR),
    "cut": (cut_connection, Reason.SOURCE_ERROR),
    "an empty object": (refuse(200, {}), Reason.SOURCE_ERROR),
    "no object": (refuse(200, {"schedule": 1, "users": 1, "members": 1}), Reason.SOURCE_ERROR),
}


@pytest.mark.parametrize(
    ("fault", "reason"), [pytest.param(*row, id=name) for name, row in EVERY.items()]
)
def test_rules_over_objects_that_all_fail_do_not_pass(lab, fault, reason):
    """Renderings and members of teams, all at once."""
    for endpoint in ("/schedules/{id}", "/teams/{id}/members"):
        lab.control.inject(endpoint, fault)
    read = ("schedule_rendering", "team_member")
    ran = lab.read(*read)

    assert Outcome.COMPLETE not in ran.outcomes.values()
    assert {kind: ran.reasons(kind) for kind in read} == {kind: {reason} for kind in read}
    assert ran.exit is Exit.INSUFFICIENT
    layered = {key for key, one in lab.account.schedules.items() if one.form == "layers"}
    concerned = resting_on_schedules(lab.account, layered)
    concerned |= {f"pagerduty.team:{key}" for key in lab.account.teams}
    for rule in lab.rules_over(*read):
        for name, result in ran.results(rule).items():
            unsure = name in concerned or name.startswith("connection:")
            assert not unsure or result.status is Status.INSUFFICIENT, (rule, name)


WORLDS = {
    "402": (refuse(402), Reason.NOT_AVAILABLE),
    "403": (refuse(403), Reason.DENIED),
    "404": (refuse(404), Reason.NOT_AVAILABLE),
    "400": (refuse(400), Reason.SOURCE_ERROR),
    "429 in HTML": (too_many_requests(in_html=True), Reason.RATE_LIMITED),
    "500": (refuse(500), Reason.SOURCE_ERROR),
    "half the JSON": (truncated, Reason.SOURCE_ERROR),
}


@pytest.mark.parametrize(
    ("fault", "reason"), [pytest.param(*row, id=name) for name, row in WORLDS.items()]
)
def test_a_refused_schedule_endpoint_is_not_an_empty_list(lab, fault, reason):
    """The other world is kept; nothing that rests on schedules passes, as any may be missing."""
    honest = lab.honest(*IN_SCHEDULES)
    lab.control.inject("/v3/schedules", fault)
    ran = lab.read(*IN_SCHEDULES)

    assert ran.outcomes == dict.fromkeys(IN_SCHEDULES, Outcome.PARTIAL)
    assert all(ran.reasons(kind) == {reason} for kind in IN_SCHEDULES)
    assert ran.bodies["schedule"] == honest.bodies["schedule"]
    for rule, schedules in ran.rules.items():
        if rule in lab.rules_over(*IN_SCHEDULES):
            assert {one.status for one in schedules.results} == {Status.INSUFFICIENT}
        else:
            assert schedules == honest.rules[rule]
