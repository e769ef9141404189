"""A credential that sees a part of the account: what is seen fails, and nothing passes."""

from __future__ import annotations

import pytest

README = ("pagerduty-services", "pagerduty-schedules", "pagerduty-response")
PACKS = [
    (f"pagerduty-{name}",)
    for name in (
        "access",
        "collection",
        "escalation",
        "resolution",
        "response",
        "schedules",
        "services",
    )
]
UNFILTERED = {"pagerduty.account_visibility", "pagerduty.collection_health"}
"""What is derived from the manifests alone, which no source can filter."""
MONITORING = {
    "pagerduty_credential_sees_whole_account",
    "pagerduty_credential_is_read_only",
    "pagerduty_credential_is_young",
    "pagerduty_evidence_collected_on_time",
    "pagerduty_evidence_has_no_unknown_fields",
}
"""The rules over :data:`UNFILTERED`."""


def statuses(evaluation: dict) -> dict[str, str]:
    """Return the status of each rule that rests on lists of the source."""
    rules = {rule["rule"]: rule["status"] for rule in evaluation["rules"]}
    return {rule: status for rule, status in rules.items() if rule not in MONITORING}


@pytest.mark.attack(
    "Visibility",
    "A user's key without the rights of an administrator; a private team that nothing names",
    "Exit 3 whichever packs are chosen, and no check over what can be filtered passes",
)
@pytest.mark.parametrize("role", ["observer", "user"])
@pytest.mark.parametrize("packs", [*PACKS, README], ids="+".join)
def test_no_rule_passes_over_lists_that_a_credential_filters(
    ccm, private_team, use_key_of, use_packs, packs, role
):
    """Every kind that can be filtered is partial, for the reason that the role states."""
    use_key_of(role)
    use_packs(*packs)
    ran = ccm("run", "--json")

    assert ran.code == 3
    manifest, evaluation = ran.json["manifests"][0], ran.json["evaluation"]
    assert "pass" not in statuses(evaluation).values()
    assert "not_applicable" not in statuses(evaluation).values()
    outcomes = {entry["kind"]: entry["outcome"] for entry in manifest["collections"]}
    assert {kind for kind, outcome in outcomes.items() if outcome == "complete"} == {
        "pagerduty.priority",
    }
    assert manifest["credential"]["visibility"] == "part"
    assert ccm("evaluate").code == 3


def test_summary_and_report_begin_with_what_the_credential_sees(
    ccm, private_team, use_key_of, folder
):
    """The first lines name the connection, whose key it is and what to do."""
    use_key_of("observer")
    ran = ccm("run")
    head = " ".join(ran.out.split("\n\n")[0].split())
    assert "pagerduty-test" in head
    assert "sees a part of the account" in head
    assert "observer" in head
    for form in ("markdown", "text"):
        report = ccm("report", "--format", form, "-o", f"report.{form}")
        assert report.code == 0
        first = " ".join((folder / f"report.{form}").read_text()[:1500].split())
        assert "sees a part of the account" in first, form
    page = (folder / "ccm-report.html").read_text()
    assert "sees a part of the account" in page


def test_a_failure_that_nothing_hidden_can_help_stays_a_failure(ccm, connected, use_key_of):
    """A visible policy that names a deleted user fails with any key; the exit code stays 3."""
    ccm("collect")
    policy = next(iter(connected.account.policies.values()))
    user = next(
        target.id for level in policy.levels for target in level.targets if target.type == "user"
    )
    connected.account.deleted_users[user] = connected.account.users.pop(user)
    use_key_of("observer")
    ran = ccm("run", "--all", "--json")

    rule = next(
        rule
        for rule in ran.json["evaluation"]["rules"]
        if rule["rule"] == "pagerduty_policy_names_no_deleted_user"
    )
    by_key = {result["subject"]["key"]: result["status"] for result in rule["results"]}
    assert by_key[policy.id] == "fail"
    assert set(by_key.values()) <= {"fail", "insufficient"}
    assert ran.code == 3
    assert "the exit code is 3, not 1" in ccm("run").out


@pytest.mark.attack(
    "Visibility",
    "A team's only manager sits behind a list of members that the key may not see whole",
    "The team is inconclusive, not failed: what is hidden could make it pass",
)
def test_a_failure_that_rests_on_what_may_be_hidden_is_inconclusive(
    ccm, connected, use_key_of, use_packs
):
    """A record that is counted or listed may be among the hidden ones."""
    for member in list(connected.account.memberships):
        if member.role == "manager":
            connected.account.memberships.remove(member)
    use_packs("pagerduty-access")
    ran = ccm("run", "--json")
    assert statuses(ran.json["evaluation"])["pagerduty_team_has_manager"] == "fail"
    use_key_of("observer")
    ran = ccm("run", "--all", "--json")
    assert statuses(ran.json["evaluation"])["pagerduty_team_has_manager"] == "insufficient"


@pytest.mark.attack(
    "Visibility",
    "A key of unknown owner: the source does not say whose it is",
    "Unknown reach counts as a part: exit 3, and nothing passes",
)
def test_a_credential_of_unknown_owner_sees_no_list_completely(ccm, connected):
    """Whether anything is hidden from it nobody can tell."""
    connected.control.deny("/users/me")
    ran = ccm("run", "--json")
    assert ran.code == 3
    assert ran.json["manifests"][0]["credential"]["visibility"] == "unknown"
    assert "pass" not in statuses(ran.json["evaluation"]).values()


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_administrators_key_sees_the_whole_account(ccm, private_team, use_key_of, role):
    """Private teams are visible to owners and administrators, as they are to account keys."""
    use_key_of(role)
    ran = ccm("collect", "--json")
    assert ran.code == 0
    assert {entry["outcome"] for entry in ran.json[0]["collections"]} == {"complete"}


def test_a_plan_without_teams_hides_nothing_from_an_observer(ccm, connected, use_key_of):
    """Where there is no team, none is private: no list lacks anything for want of rights."""
    connected.account.abilities.remove("teams")
    use_key_of("observer")
    manifest = ccm("collect", "--json").json[0]
    assert manifest["credential"]["visibility"] == "whole"
    reasons = {fall["reason"] for entry in manifest["collections"] for fall in entry["shortfalls"]}
    assert "not_available" in reasons
    assert "visibility" not in reasons


def test_an_account_key_leaves_nothing_inconclusive_that_the_source_tells(
    ccm, private_team, use_packs
):
    """The price of honesty is not noise: with all packs, only what no key can tell is left."""
    use_packs(*(pack for packs in PACKS for pack in packs))
    ran = ccm("run", "--json")
    assert {entry["outcome"] for entry in ran.json["manifests"][0]["collections"]} == {"complete"}
    inconclusive = {
        rule["rule"]
        for rule in ran.json["evaluation"]["rules"]
        if rule["status"] in {"insufficient", "error"}
    }
    # PagerDuty does not report these two of a key that stands in the environment.
    assert inconclusive <= {"pagerduty_credential_is_read_only", "pagerduty_credential_is_young"}


@pytest.mark.attack(
    "Visibility",
    "An observer's key is replaced by a key of the account, and nothing is due",
    "One plain collect reads again what the observer could not see",
)
def test_a_wider_key_reads_again_what_the_narrow_one_did_not_see(
    ccm, private_team, use_key_of, monkeypatch
):
    """Also past incidents: windows that were filtered count as unread for the new key."""
    use_key_of("observer")
    ccm("collect")
    monkeypatch.setenv("PD_KEY", private_team.api_key)
    ran = ccm("run", "--json")
    manifest = ran.json["manifests"][0]
    assert {entry["outcome"] for entry in manifest["collections"]} == {"complete"}
    assert "pagerduty.incident" in {entry["kind"] for entry in manifest["collections"]}
    reasons = {
        fall["reason"]
        for kind in ran.json["evaluation"]["sufficiency"]
        for fall in kind["shortfalls"]
    }
    assert "visibility" not in reasons


def test_a_narrow_key_does_not_read_everything_again_each_time(ccm, connected, use_key_of):
    """What it may not see it will not see on the next read either: nothing is due at once."""
    use_key_of("observer")
    ccm("collect")
    before = len(connected.control.requests)
    manifest = ccm("collect", "--json").json[0]
    read = {entry["kind"] for entry in manifest["collections"]}
    assert "pagerduty.service" not in read
    assert "pagerduty.user" not in read
    assert len(connected.control.requests) - before < 30


def test_an_object_deleted_under_a_narrow_key_is_not_evaluated_for_ever(ccm, connected, use_key_of):
    """A list that was read to its end states what is not listed any more."""
    use_key_of("observer")
    ccm("collect")
    service = min(connected.account.services)
    del connected.account.services[service]
    ccm("collect", "--all")
    listed = {
        line["key"] for line in ccm("evidence", "export", "--kind", "pagerduty.service").lines
    }
    assert service not in listed
    assert len(listed) == len(connected.account.services)


@pytest.mark.attack(
    "Visibility",
    "The sentence about what a key may not see stands on each of twelve lines of one run",
    "Each line has one word, and the sentence stands once below them",
)
def test_what_a_key_may_not_see_is_told_once_when_collecting(ccm, connected):
    """What differs from kind to kind stands out from what all of them have in common."""
    connected.control.deny("/users/me")
    ran = ccm("collect", "--all")
    printed = ran.out + ran.err
    assert printed.count("lists do not say what they leave out") == 1
    assert "pagerduty-test, visibility: the credential" in ran.err
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[-1] for row in rows if row[1] == "pagerduty.user"] == ["visibility"]
    assert any(line.startswith("pagerduty.user: partial") for line in ran.err.splitlines())
