"""Lists that come back empty, or nearly so, and lists that contradict each other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

pytestmark = pytest.mark.no_cover  # its lines are covered by others

LISTS = {
    "/users": "users",
    "/teams": "teams",
    "/services": "services",
    "/escalation_policies": "escalation_policies",
    "/schedules": "schedules",
    "/v3/schedules": "schedules",
    "/oncalls": "oncalls",
    "/incidents": "incidents",
    "/log_entries": "log_entries",
}


def empty(lab, *templates: str) -> None:
    """Let these lists be empty, as if there were nothing."""
    for template in templates:
        body = {LISTS[template]: [], "limit": 100, "offset": 0, "total": 0, "more": False}
        lab.control.deny(template, 200, body)


def statuses(ran) -> dict[str, Status]:
    """Return the status of each rule that rests on what the source lists."""
    monitoring = {pack.name for pack in ran.evaluation.packs if pack.purpose == "monitoring"}
    return {rule.rule: rule.status for rule in ran.evaluation.rules if rule.pack not in monitoring}


@pytest.mark.attack(
    "Visibility",
    "Every list of the account is empty, that of its users too",
    "An account has an owner: all that a credential may filter is partial, nothing passes, exit 3",
)
def test_an_account_without_users_is_no_account(lab):
    """Whatever else is empty then, nobody knows whether it is."""
    empty(lab, *LISTS)
    ran = lab.read(first=True)

    assert ran.exit is Exit.INSUFFICIENT
    complete = {kind for kind, outcome in ran.outcomes.items() if outcome is Outcome.COMPLETE}
    assert complete == {"priority", "audit_record"}  # what no credential filters
    assert Reason.VISIBILITY in ran.reasons("service")
    assert Reason.VISIBILITY in ran.reasons("user")
    assert "at least 1" in ran.details("user")
    of_the_audit_trail = lab.rules_over("audit_record")
    for rule, status in statuses(ran).items():
        assert rule in of_the_audit_trail or status is Status.INSUFFICIENT, rule
    assert Status.PASS not in statuses(ran).values()
    assert ran.rules["pagerduty_credential_sees_whole_account"].status is Status.INSUFFICIENT


def test_what_was_read_before_the_empty_list_is_amended(lab):
    """Nothing vanishes either: the records that were known before stay."""
    before = lab.honest().bodies
    empty(lab, "/users")
    ran = lab.read()

    assert Reason.VISIBILITY in ran.reasons("service")
    assert ran.bodies["user"] == before["user"]
    assert ran.bodies["service"] == before["service"]


@pytest.mark.attack(
    "Answers of the source",
    "The on-calls are empty while the renderings of the same run name people",
    "Both are partial and name examples; no check over either passes",
)
def test_renderings_and_on_calls_of_one_run_are_held_against_each_other(lab):
    """Whoever is paged by a schedule does not vanish without a word."""
    empty(lab, "/oncalls")
    ran = lab.read(first=True)

    assert ran.reasons("on_call") == ran.reasons("schedule_rendering") == {Reason.CONTRADICTED}
    assert "no on-call names it" in ran.details("on_call")
    assert ran.exit is Exit.INSUFFICIENT
    for rule in lab.rules_over("on_call", "schedule_rendering"):
        assert ran.rules[rule].status is Status.INSUFFICIENT, rule


def test_users_and_members_of_one_run_are_held_against_each_other(lab):
    """A team that people name as theirs has members."""
    body = {"members": [], "limit": 100, "offset": 0, "total": 0, "more": False}
    lab.control.deny("/teams/{id}/members", 200, body)
    ran = lab.read(first=True)

    assert ran.reasons("team_member") == ran.reasons("user") == {Reason.CONTRADICTED}
    assert "whose list of members is empty" in ran.details("team_member")


def test_a_contradiction_is_read_again_by_the_next_run(lab):
    """It may have been a moment's inconsistency: one more collect cures it."""
    empty(lab, "/oncalls")
    ran = lab.read(first=True)
    assert ran.outcomes["on_call"] is Outcome.PARTIAL
    lab.control.allow("/oncalls")
    again = lab.read(after=ran)
    assert again.outcomes["on_call"] is again.outcomes["schedule_rendering"] is Outcome.COMPLETE


def test_a_sound_account_contradicts_itself_nowhere(lab):
    """Nothing is partial for it."""
    ran = lab.read(first=True)
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}


def without_incidents(lab, keys: set[str] | None = None) -> None:
    """Let the list of incidents leave out some, or all of them."""

    def shortened(request, respond):
        answer = respond(request)
        document = json.loads(answer.body)
        listed = document["incidents"]
        document["incidents"] = [
            one for one in listed if keys is not None and one["id"] not in keys
        ]
        document["total"] -= len(listed) - len(document["incidents"])
        return replace(answer, body=json.dumps(document).encode())

    lab.control.inject("/incidents", shortened)


@pytest.mark.attack(
    "Answers of the source",
    "The list of incidents leaves out some or all of those that the log entries of the same run "
    "show to have been created",
    "Both kinds are partial and name examples; no check over incidents passes",
)
@pytest.mark.parametrize("omitted", ["one", "all"])
def test_log_entries_and_incidents_of_one_run_are_held_against_each_other(lab, omitted):
    """An incident that was triggered in a window is on the list of that window."""
    oldest = min(lab.honest(first=True).bodies["incident"].values(), key=created)
    without_incidents(lab, {oldest["id"]} if omitted == "one" else None)
    ran = lab.read(first=True)

    assert ran.exit is Exit.INSUFFICIENT
    assert ran.reasons("incident") == ran.reasons("incident_log_entry") == {Reason.CONTRADICTED}
    assert oldest["id"] in ran.details("incident")
    for rule in lab.rules_over("incident", "incident_log_entry"):
        assert ran.rules[rule].status is not Status.PASS, rule


def test_incidents_that_were_left_out_are_read_by_the_next_run(lab):
    """The windows of both kinds are due again, and nothing is missing then."""
    honest = lab.honest(first=True).bodies["incident"]
    without_incidents(lab)
    ran = lab.read(first=True)
    lab.control.allow("/incidents")
    again = lab.read(after=ran)

    assert again.outcomes["incident"] is again.outcomes["incident_log_entry"] is Outcome.COMPLETE
    assert again.bodies["incident"].keys() == honest.keys()


def test_log_entries_read_later_are_held_against_the_incidents_of_earlier_runs(lab):
    """A window that an earlier run read to its end is still short of what it left out."""
    oldest = min(lab.honest(first=True).bodies["incident"].values(), key=created)
    without_incidents(lab, {oldest["id"]})
    lab.control.deny("/log_entries", 500)
    lab.control.deny("/incidents/{id}/log_entries", 500)
    ran = lab.read(first=True)
    lab.control.allow("/log_entries")
    again = lab.read("incident_log_entry", after=ran)
    assert again.reasons("incident_log_entry") == {Reason.CONTRADICTED}
    assert oldest["id"] in again.details("incident_log_entry")

    while "incident" not in again.by_kind:  # until it is due: it is read one by one then
        again = lab.read(after=again)
    assert oldest["id"] in again.bodies["incident"]
    assert again.outcomes["incident_log_entry"] is Outcome.COMPLETE


@pytest.mark.attack(
    "Answers of the source",
    "The list of log entries is empty although incidents were created in its window",
    "The log entries are partial with a reason and the next step; no check over them passes",
)
def test_an_empty_list_of_log_entries_contradicts_the_incidents(lab):
    """Every incident has the entry of its creation; a second read of the same waits its turn."""
    empty(lab, "/log_entries")
    ran = lab.read(first=True)
    again = lab.read(after=ran)
    third = lab.read(after=again)

    assert ran.exit is Exit.INSUFFICIENT
    assert ran.reasons("incident_log_entry") == {Reason.CONTRADICTED}
    assert "listed 0 events" in ran.details("incident_log_entry")
    assert "The next `ccm collect` reads it again" in ran.details("incident_log_entry")
    assert "the same on a second read" in again.details("incident_log_entry")
    assert "incident_log_entry" not in third.by_kind
    for rule in lab.rules_over("incident_log_entry"):
        assert ran.rules[rule].status is not Status.PASS, rule


def created(incident) -> str:
    """Return when an incident was created."""
    return incident["created_at"]
