"""Accounts on which other tools were publicly reported to give a wrong answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml
from ccm_pagerduty.rulepacks import rule_packs
from cli_settings import SETTINGS
from pagerduty_simulator import PagerDutySimulator
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.objects import Restriction, User
from pagerduty_simulator.api.credentials import USER_KEY, SimulatedCredential
from pagerduty_simulator.demo_data.account_changes import (
    change_service,
    low_urgency_rules,
    split_regions,
)
from pagerduty_simulator.demo_data.healthy_account import (
    CARD_PAYMENTS,
    build_healthy_account,
    healthy_parameters,
)

pytestmark = pytest.mark.no_cover  # its lines are covered by others

COLLECTOR = User(
    id="PCOLLECT", name="Collector", email="c@example.com", role="observer", time_zone="UTC"
)


@pytest.fixture
def run_over(ccm, folder, monkeypatch) -> Iterator[Callable[[Account], object]]:
    """Run every shipped pack over an account, with the key of a user where one is given."""
    with ExitStack() as running:

        def run(account: Account, user: User | None = None, refused: str | None = None):
            simulator = running.enter_context(PagerDutySimulator(account))
            if refused is not None:
                simulator.control.deny(refused, 404)
            settings = yaml.safe_load(SETTINGS.format(url=simulator.base_url))
            packs = [pack.name for pack in rule_packs()]
            settings["rules"] = {"packs": packs, "parameters": healthy_parameters()}
            (folder / "ccm.yaml").write_text(json.dumps(settings))
            monkeypatch.setenv("PD_KEY", simulator.api_key)
            if user is not None:
                credential = SimulatedCredential(secret=USER_KEY, user_id=user.id)
                simulator.control.api_keys[USER_KEY] = credential
                monkeypatch.setenv("PD_KEY", USER_KEY)
            return ccm("run", "--json")

        yield run


def rules(ran, *statuses):
    """Return the rules that have one of some statuses."""
    listed = ran.json["evaluation"]["rules"]
    return [rule for rule in listed if rule["status"] in statuses]


def two_half_days(account: Account) -> None:
    """Put two schedules of half a day each side by side on the first level."""
    split_regions(account)
    key = object_id("escalation_policy", 0)
    policy = account.policies[key]
    first, *others = policy.levels
    day, night, _ = first.targets
    for begin, target in enumerate((day, night)):
        schedule = account.schedules[target.id]
        hours = Restriction(
            start_time_of_day=f"{6 + 12 * begin:02d}:00:00", duration_seconds=43_200
        )
        layers = tuple(replace(layer, restrictions=(hours,)) for layer in schedule.layers)
        account.schedules[target.id] = replace(schedule, layers=layers)
    levels = (replace(first, targets=(day, night)), *others)
    account.policies[key] = replace(policy, levels=levels)
    account.schedules.pop(first.targets[2].id)


@pytest.mark.parametrize("handovers", [two_half_days, split_regions])
def test_schedules_side_by_side_raise_no_alarm(run_over, handovers):
    """The level is covered at every instant; that each schedule has gaps is of low severity."""
    account = build_healthy_account(datetime.now(UTC))
    handovers(account)
    failing = rules(run_over(account), "fail", "error")
    assert {(rule["rule"], rule["severity"]) for rule in failing} == {
        ("pagerduty_schedule_has_no_gap_ahead", "low"),
        ("pagerduty_schedule_had_no_gap", "low"),
    }


def test_somebody_without_a_rule_for_high_urgency_is_named(run_over):
    """Contact methods are there, and nothing uses them when it matters."""
    account = build_healthy_account(datetime.now(UTC))
    low_urgency_rules(account)
    ran = run_over(account)
    (notified,) = (
        rule for rule in rules(ran, "fail") if rule["rule"] == "pagerduty_on_call_user_is_notified"
    )
    (reason,) = (one["reason"] for one in notified["results"] if one["status"] == "fail")
    assert "Eva Brandt: never notified of a high-urgency incident" in reason
    assert ran.code != 0


def test_nothing_to_evaluate_is_no_success(run_over):
    """An empty account is not a compliant one."""
    ran = run_over(Account(now=datetime.now(UTC)))
    assert ran.code == 3
    assert {rule["rule"] for rule in rules(ran, "pass")} <= {
        "pagerduty_evidence_collected_on_time",
        "pagerduty_evidence_has_no_unknown_fields",
    }
    (manifest,) = ran.json["manifests"]
    details = {fall["detail"] for one in manifest["collections"] for fall in one["shortfalls"]}
    assert any("listed 0 of pagerduty.user, expected at least 1" in text for text in details)


def test_lists_that_the_key_of_an_observer_filters_prove_nothing(run_over):
    """Nothing passes over them, and the reason is stated."""
    account = build_healthy_account(datetime.now(UTC))
    account.users[COLLECTOR.id] = COLLECTOR
    ran = run_over(account, COLLECTOR)
    assert ran.code == 3
    assert {rule["rule"] for rule in rules(ran, "pass")} <= {
        "pagerduty_evidence_collected_on_time",
        "pagerduty_evidence_has_no_unknown_fields",
    }
    failing = {rule["rule"] for rule in rules(ran, "fail")}
    assert failing == {"pagerduty_credential_sees_whole_account"}
    (manifest,) = ran.json["manifests"]
    details = {fall["detail"] for one in manifest["collections"] for fall in one["shortfalls"]}
    assert any("the base role observer sees neither private teams" in text for text in details)


def test_a_critical_service_in_maintenance_is_named_though_no_window_can_be_read(run_over):
    """The service's own status says it; how long it lasts is inconclusive, and is no pass."""
    account = build_healthy_account(datetime.now(UTC))
    change_service(account, CARD_PAYMENTS, maintenance=True)
    ran = run_over(account, refused="/maintenance_windows")
    (silenced,) = rules(ran, "fail")
    assert silenced["rule"] == "pagerduty_critical_service_is_not_in_maintenance"
    (reason,) = (entry["reason"] for entry in silenced["results"] if entry["status"] == "fail")
    assert "is in a maintenance window now: alerts open no incident" in reason
    undecided = {rule["rule"] for rule in rules(ran, "insufficient")}
    assert "pagerduty_critical_service_maintenance_is_bounded" in undecided
