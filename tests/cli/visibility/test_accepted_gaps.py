"""What a plan lacks can be accepted, with a reason: it is shown, and it never passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

TEAM = "{kind: pagerduty.team, reason: x}"
TEAMS = """\
    accept_unavailable:
      - {kind: pagerduty.team, reason: our plan has no teams}
      - {kind: pagerduty.team_member, reason: our plan has no teams}
rules:"""


@pytest.fixture
def without_teams(connected):
    """An account whose plan has no teams; nothing belongs to one."""
    account = connected.account
    account.abilities.remove("teams")
    account.teams.clear()
    account.memberships.clear()
    for objects in (account.services, account.policies, account.schedules):
        for key, entry in objects.items():
            objects[key] = replace(entry, team_ids=())
    return connected


@pytest.fixture
def accept(folder):
    """Add acceptances to the connection's settings."""

    def add(lines: str) -> None:
        settings = folder / "ccm.yaml"
        settings.write_text(settings.read_text().replace("rules:", lines))

    return add


def rules(evaluation: dict) -> dict[str, str]:
    """Return the status of each rule."""
    return {rule["rule"]: rule["status"] for rule in evaluation["rules"]}


def test_an_accepted_gap_makes_its_rules_not_applicable(ccm, without_teams, accept, use_packs):
    """Without it they are inconclusive for ever; with it nothing passes and nothing nags."""
    use_packs("pagerduty-access")
    before = ccm("run", "--json")
    assert rules(before.json["evaluation"])["pagerduty_team_has_manager"] == "insufficient"

    accept(TEAMS)
    ran = ccm("run", "--all", "--json")
    after = rules(ran.json["evaluation"])
    assert after["pagerduty_team_has_manager"] == "not_applicable"
    assert after["pagerduty_service_has_owner_team"] == "not_applicable"
    assert [gap["kind"] for gap in ran.json["manifests"][0]["accepted"]] == [
        "pagerduty.team",
        "pagerduty.team_member",
    ]
    assert ran.json["manifests"][0]["outcome"] != "unavailable"


def test_an_accepted_gap_is_shown_with_its_reason(ccm, without_teams, accept, folder, use_packs):
    """In the summary and in every report that people read."""
    use_packs("pagerduty-access")
    accept(TEAMS)
    ran = ccm("run")
    assert "ACCEPTED GAPS (2)" in ran.out
    assert "our plan has no teams" in ran.out
    assert "our plan has no teams" in (folder / "ccm-report.html").read_text()
    assert "our plan has no teams" in ccm("report", "--format", "markdown").out
    assert ccm("evaluate", "--reproduce").code in {0, 1, 3}


@pytest.mark.attack(
    "Settings",
    "Accept that a kind is not available, while the source denies it to the credential",
    "A denial of a kind that is not optional is never accepted: inconclusive, exit 3",
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_denial_is_never_accepted(ccm, connected, accept, use_packs, status):
    """Only what the source says it does not offer can be."""
    use_packs("pagerduty-access")
    accept(TEAMS)
    connected.control.deny("/teams", status)
    ran = ccm("run", "--json")
    assert ran.code in {3, 4}
    assert rules(ran.json["evaluation"])["pagerduty_team_has_manager"] == "insufficient"
    assert ran.json["manifests"][0]["accepted"] == []


OPTIONAL = """\
    accept_unavailable:
      - {kind: pagerduty.audit_record, reason: our plan has no audit trail}
rules:"""


@pytest.mark.parametrize(
    ("status", "refusal"), [(402, "not available"), (403, "denied to the credential")]
)
def test_of_an_optional_kind_a_denial_is_accepted_as_well(
    ccm, connected, accept, use_packs, folder, status, refusal
):
    """It is shown as what it is; the run, its exit code and the check do not nag."""
    use_packs("pagerduty-access")
    connected.control.deny("/audit/records", status)
    nagged = ccm("collect", "--json")
    assert (nagged.code, nagged.json[0]["outcome"]) == (3, "unavailable")
    assert ccm("check").code == 3

    accept(OPTIONAL)
    ran = ccm("collect", "--all", "--json")
    (manifest,) = ran.json
    assert (ran.code, manifest["outcome"]) == (0, "complete")
    assert manifest["accepted"] == [
        {
            "kind": "pagerduty.audit_record",
            "reason": "our plan has no audit trail",
            "denied": status == 403,
        }
    ]
    summary = " ".join(ccm("run").out.split())
    assert f"pagerduty.audit_record: {refusal}; accepted: our plan" in summary
    assert f"{refusal}; accepted: our plan" in (folder / "ccm-report.html").read_text()
    check = ccm("check", "--json").json["connections"][0]["diagnoses"]
    assert [line["subject"] for line in check if not line["ok"]] == []
    assert any("which is accepted: our plan" in line["message"] for line in check)


@pytest.mark.attack(
    "Settings",
    "Accept an optional kind as unavailable, while the source offers it or only fails",
    "What is read is evaluated, and a failure is no refusal: exit 3 or 4",
)
@pytest.mark.parametrize("status", [400, 401, 501])  # 500 is tried again for a minute
def test_a_failure_of_an_optional_kind_is_never_accepted(ccm, connected, accept, status):
    """Only a refusal by plan or right can be."""
    accept(OPTIONAL)
    connected.control.deny("/audit/records", status)
    ran = ccm("collect", "--json")
    assert ran.code in {3, 4}
    assert ran.json[0]["accepted"] == []


def test_a_refused_optional_kind_concerns_no_rule_that_does_not_rest_on_it(
    ccm, connected, use_packs
):
    """The rest is evaluated as ever."""
    use_packs("pagerduty-access")
    offered = rules(ccm("run", "--json").json["evaluation"])
    for path in ("/audit/records", "/priorities", "/maintenance_windows", "/event_orchestrations"):
        connected.control.deny(path)
    refused = ccm("run", "--all", "--json")
    assert rules(refused.json["evaluation"]) == offered
    assert refused.json["manifests"][0]["outcome"] == "unavailable"


ORCHESTRATIONS = """\
    accept_unavailable:
      - {kind: pagerduty.event_orchestration, reason: nobody may read them}
      - {kind: pagerduty.event_orchestration_path, reason: nobody may read them}
      - {kind: pagerduty.service_orchestration, reason: nobody may read them}
rules:"""


def by_service(ran, rule="pagerduty_service_has_integration"):
    """Return the status of each service by a rule."""
    (found,) = (one for one in ran.json["evaluation"]["rules"] if one["rule"] == rule)
    services = (one for one in found["results"] if one["subject"]["kind"] == "pagerduty.service")
    return {one["subject"]["key"]: one["status"] for one in services}


def refused_id(ccm, key, rule="pagerduty_service_has_integration"):
    """Return the id of the result of a service."""
    rules = ccm("evaluate", "--json").json["rules"]
    results = next(one["results"] for one in rules if one["rule"] == rule)
    return next(one["id"] for one in results if one["subject"]["key"] == key)


def test_a_refused_optional_kind_leaves_decided_what_does_not_rest_on_it(
    ccm, connected, accept, use_packs
):
    """A service with an integration has one; of others nobody knows, until the kind is read."""
    use_packs("pagerduty-services")
    account = connected.account
    key = next(key for key, one in account.services.items() if not one.disabled)
    account.services[key] = replace(account.services[key], integrations=())
    open_ones = {key for key, one in account.services.items() if not one.integrations}
    offered = by_service(ccm("run", "--json"))
    unsure = {key for key in open_ones if offered[key] != "not_applicable"}
    assert key in unsure

    connected.control.deny("/event_orchestrations")
    refused = by_service(ccm("run", "--all", "--json"))
    assert refused == offered | dict.fromkeys(unsure, "insufficient")
    assert ccm("evaluate", "--reproduce").code == 3
    why = "`orchestrations` is not known: pagerduty.event_orchestration_path is unavailable"
    explained = ccm("explain", refused_id(ccm, key))
    assert why in " ".join(explained.out.split())

    accept(ORCHESTRATIONS)
    accepted = by_service(ccm("run", "--all", "--json"))
    assert accepted == offered | dict.fromkeys(unsure, "not_applicable")

    connected.control.allow("/event_orchestrations")
    assert by_service(ccm("run", "--all", "--json")) == offered


def test_an_acceptance_ends_where_the_source_offers_the_kind(ccm, connected, accept, use_packs):
    """It hides nothing: what can be read is evaluated."""
    use_packs("pagerduty-access")
    accept(TEAMS)
    ran = ccm("run", "--json")
    assert ran.json["manifests"][0]["accepted"] == []
    assert rules(ran.json["evaluation"])["pagerduty_team_has_manager"] in {"pass", "fail"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("    accept_unavailable: [{kind: pagerduty.teams, reason: x}]\nrules:", "pagerduty.teams"),
        ("    accept_unavailable: [{kind: pagerduty.team}]\nrules:", "reason"),
        ("    accept_unavailable: [{kind: pagerduty.team, reason: ''}]\nrules:", "1 characters"),
        (
            "    accept_unavailable: [{kind: pagerduty.team, reason: ' '}]\nrules:",
            'got " ", expected a reason in words',
        ),
        (
            "    accept_collapse: [{kind: pagerduty.team, reason: '.', until: 2026-12-01}]\nrules:",
            'got ".", expected a reason in words',
        ),
        (f"    accept_unavailable: [{TEAM}, {TEAM}]\nrules:", "accepted twice"),
        ("    accept_collapse: [{kind: pagerduty.team, reason: x}]\nrules:", "until"),
        (
            "    accept_collapse: [{kind: pagerduty.team, reason: x, until: 2026-13-01}]\nrules:",
            "2026-13-01",
        ),
    ],
)
def test_an_acceptance_needs_a_kind_and_a_reason(ccm, connected, accept, lines, expected):
    """A mistake in the settings says where it is and what was expected."""
    accept(lines)
    ran = ccm("collect")
    assert ran.code == 2
    assert expected in ran.err
    assert "ccm.yaml" in ran.err
