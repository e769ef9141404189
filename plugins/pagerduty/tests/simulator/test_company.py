"""The company of the demonstration, led through its past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.api.app import SimulatedPagerDuty
from pagerduty_simulator.api.credentials import API_KEY
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.demo_data.company.account import build_company
from pagerduty_simulator.demo_data.company.past import CompanyPast
from pagerduty_simulator.demo_data.company.story import story
from pagerduty_simulator.demo_data.company.through_time import AccountThroughTime
from starlette.datastructures import QueryParams

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAYS = 90


@pytest.mark.parametrize("days", [89, 45, 10, 0.5, 0])
def test_at_every_moment_the_account_has_what_had_happened_by_then(days):
    """No incident and no event of one is of later; those that are over are as they will stay."""
    account = build_company(NOW, DAYS)
    whole = {incident.number: incident for incident in account.incidents}
    moment = NOW - timedelta(days=days)
    AccountThroughTime(account, ()).move(moment)
    epoch = int(moment.timestamp())
    assert {incident.number for incident in account.incidents} == {
        number for number, incident in whole.items() if incident.created <= epoch
    }
    for incident in account.incidents:
        assert incident.updated <= epoch
        if whole[incident.number].updated <= epoch:
            assert incident == whole[incident.number]


def test_many_moves_lead_where_one_does():
    """Through all days or at once: the account is the same."""
    daily, at_once = (build_company(NOW, DAYS) for _ in range(2))
    through = AccountThroughTime(daily, story(NOW))
    for days in range(DAYS, -1, -1):
        through.move(NOW - timedelta(days=days))
    AccountThroughTime(at_once, story(NOW)).move(NOW)
    assert list(daily.incidents) == list(at_once.incidents)
    assert daily.policies == at_once.policies
    assert daily.schedules == at_once.schedules
    assert daily.audit_records == at_once.audit_records


@pytest.mark.parametrize("days", [2, 9, 90])
def test_the_steps_lead_to_now_and_evaluate_daily(days):
    """They are in order, the last is now, and each act happens at most once."""
    steps = CompanyPast(build_company(NOW, days), NOW, days).history().steps
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[-1].at == NOW
    assert [step.at for step in steps if step.evaluates] == [
        NOW - timedelta(days=day) for day in range(days, -1, -1)
    ]
    for acts in zip(
        *[(s.rotates_key, bool(s.accepts), bool(s.parameters)) for s in steps], strict=True
    ):
        assert sum(acts) == 1


def test_the_key_is_refused_for_a_long_weekend():
    """It had expired; before and after, everything is served."""
    past = CompanyPast(build_company(NOW, DAYS), NOW, DAYS)
    simulated, refused = SimulatedPagerDuty(past.account, past.control), []
    request = SimulatedRequest(
        method="GET", path="/teams", template="/teams", ids=(), params=QueryParams()
    )
    for step in past.history().steps:
        past.move(step.at)
        if simulated.respond(request, f"Token token={API_KEY}").status == 401:
            refused.append((NOW - step.at) / timedelta(days=1))
    assert refused == [72, 71.5, 71, 70.5, 70]
