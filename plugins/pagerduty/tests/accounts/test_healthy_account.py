"""Every shipped rule over a healthy account, and over twins of it that have one flaw each."""

from __future__ import annotations

import pytest
from ccm_pagerduty.rulepacks import rule_packs
from pagerduty_simulator.demo_data.flaws import flaws
from pagerduty_simulator.demo_data.healthy_account import (
    FEATURES,
    build_healthy_account,
    healthy_parameters,
)
from pagerduty_simulator.demo_data.healthy_changes import undo_recent_changes

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

NOT_OF_A_KEY = {"pagerduty_credential_is_read_only", "pagerduty_credential_is_young"}
"""PagerDuty reports neither what an API key may do nor, outside our vault, its age."""
ABOUT_COLLECTING = {
    "pagerduty_credential_sees_whole_account",
    "pagerduty_evidence_collected_on_time",
    "pagerduty_evidence_has_no_unknown_fields",
    *NOT_OF_A_KEY,
}
"""Nothing in an account fails them."""
NEEDS_TIME = {"pagerduty_invitation_is_accepted"}
"""An invitation is pending from its first observation on: one run cannot show an old one."""


def earlier_account(now):
    """Build the healthy account as it was hours ago."""
    account = build_healthy_account(now)
    undo_recent_changes(account)
    return account


def test_no_rule_fails_over_the_healthy_account(evaluated, now, rules_with):
    """All of them pass, each over something, but for what a key cannot prove."""
    account, before = build_healthy_account(now), earlier_account(now)
    evaluation = evaluated(account, healthy_parameters(), before=before)
    assert rules_with(evaluation, "fail", "error", "not_applicable") == set()
    assert rules_with(evaluation, "insufficient") == NOT_OF_A_KEY
    assert len(rules_with(evaluation, "pass")) == len(evaluation.rules) - len(NOT_OF_A_KEY)


@pytest.mark.parametrize("flaw", flaws(), ids=lambda flaw: f"{flaw.feature}: {flaw.description}")
def test_flawed_twin_fails_exactly_the_expected_rules(evaluated, now, rules_with, flaw):
    """No more than that rule is wrong, and nothing becomes inconclusive."""
    account = build_healthy_account(now)
    flaw.apply(account)
    before = earlier_account(now)
    flaw.apply(before)
    flaw.before(before)
    evaluation = evaluated(account, healthy_parameters(), before=before)
    assert rules_with(evaluation, "fail") == set(flaw.fails)
    assert rules_with(evaluation, "insufficient", "error") == NOT_OF_A_KEY


def test_every_flaw_is_one_of_a_feature():
    """Both tables of the documentation speak of the same things."""
    assert {flaw.feature for flaw in flaws()} <= {name for name, _ in FEATURES}


def test_every_rule_fails_over_some_twin():
    """A rule that no flaw fails might never fail."""
    import yaml

    rules = {rule["id"] for pack in rule_packs() for rule in yaml.safe_load(pack.text())["rules"]}
    failing = {rule for flaw in flaws() for rule in flaw.fails}
    assert rules - failing == ABOUT_COLLECTING | NEEDS_TIME


def test_a_service_with_an_integration_is_decided_without_orchestrations(evaluated, now):
    """Only a service without integrations might get its events from one: it alone is undecided."""
    refused = {"/event_orchestrations": 403}
    evaluation = evaluated(build_healthy_account(now), healthy_parameters(), refused=refused)
    name = "pagerduty_service_has_integration"
    (rule,) = (rule for rule in evaluation.rules if rule.rule == name)
    undecided = {one.subject.title for one in rule.results if one.status.value == "insufficient"}
    assert (rule.population.passed, undecided) == (3, {"Event Archive"})


@pytest.mark.parametrize("status", [402, 403, 404])
@pytest.mark.parametrize(
    ("endpoint", "rules"),
    [
        (
            "/event_orchestrations/services/{service_id}",
            {"pagerduty_critical_service_keeps_unmatched_events"},
        ),
        (
            "/standards/scores/{resource_type}",
            {"pagerduty_critical_service_meets_standards"},
        ),
        ("/extensions", {"pagerduty_extension_is_delivered_to"}),
        ("/webhook_subscriptions", {"pagerduty_webhook_is_delivered_to"}),
        ("/incident_workflows", {"pagerduty_highest_priority_starts_workflow"}),
        ("/incident_workflows/triggers", {"pagerduty_highest_priority_starts_workflow"}),
        ("/incidents/{id}/notes", {"pagerduty_major_incident_is_reviewed"}),
        ("/business_services", set()),
        (
            "/event_orchestrations",
            {
                "pagerduty_service_has_integration",
                "pagerduty_critical_service_keeps_unmatched_events",
            },
        ),
    ],
)
def test_a_refused_optional_kind_leaves_its_checks_inconclusive_and_no_others(
    evaluated, now, rules_with, endpoint, rules, status
):
    """Nothing passes without it, and nothing fails for want of it."""
    account = build_healthy_account(now)
    evaluation = evaluated(account, healthy_parameters(), refused={endpoint: status})
    # A deleted incident has no notes: that one is not found is no refusal.
    gone = (endpoint, status) == ("/incidents/{id}/notes", 404)
    failed = rules_with(evaluation, "fail", "error")
    assert failed - ABOUT_COLLECTING == (rules if gone else set())
    assert rules_with(evaluation, "insufficient") - NOT_OF_A_KEY == (set() if gone else rules)
