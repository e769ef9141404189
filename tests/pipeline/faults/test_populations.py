"""Lists that come back empty, or nearly so, and lists that contradict each other."""

from __future__ import annotations

import pytest

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

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
    "An account has an owner: everything is partial, nothing passes, exit 3",
)
def test_an_account_without_users_is_no_account(lab):
    """Whatever else is empty then, nobody knows whether it is."""
    empty(lab, *LISTS)
    ran = lab.read(first=True)

    assert ran.exit is Exit.INSUFFICIENT
    assert {kind for kind, outcome in ran.outcomes.items() if outcome is Outcome.COMPLETE} == {
        "ability"
    }
    assert Reason.VISIBILITY in ran.reasons("service")
    assert Reason.VISIBILITY in ran.reasons("user")
    assert "at least 1" in ran.details("user")
    assert set(statuses(ran).values()) == {Status.INSUFFICIENT}


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
