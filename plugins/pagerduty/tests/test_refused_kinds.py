"""What `ccm check` says of kinds that the plan or the right lacks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ccm_pagerduty.client import open_session
from ccm_pagerduty.connector import connector
from ccm_pagerduty.diagnosis.causes import Cause
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account

from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.secret import Secret

SIZES = AccountSizes(users=8, teams=3, schedules=4, policies=3, services=5, incidents=6)


@pytest.fixture
def simulator():
    """Serve a small account over a socket."""
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SIZES)) as running:
        yield running


@pytest.fixture
def problems(simulator, pagerduty):
    """Check the account; give the lines that are not fine, by what was looked at."""

    def run():
        request = pagerduty.request_for(base_url=simulator.base_url)
        key = Authorization.from_key(Secret(simulator.api_key), prefix="Token token=")

        async def look():
            opened = replace(request, authorization=key)
            async with open_session(opened, bounds=pagerduty.hasty) as session:
                return await connector().check(session)

        return {line.subject: line for line in asyncio.run(look()) if not line.ok}

    return run


@pytest.mark.parametrize(
    ("path", "subject", "kinds"),
    [
        ("/priorities", "/priorities", {"priority"}),
        ("/maintenance_windows", "/maintenance_windows", {"maintenance_window"}),
        ("/audit/records", "/audit/records", {"audit_record"}),
        (
            "/event_orchestrations",
            "/event_orchestrations",
            {"event_orchestration", "event_orchestration_path"},
        ),
        (
            "/event_orchestrations/services/{service_id}",
            "/event_orchestrations/services/{}",
            {"service_orchestration"},
        ),
        (
            "/services/{id}/custom_fields/values",
            "/services/{}/custom_fields/values",
            {"service_custom_fields"},
        ),
        ("/business_services", "/business_services", {"business_service", "service_dependencies"}),
        (
            "/service_dependencies/business_services/{id}",
            "/service_dependencies/business_services/{}",
            {"service_dependencies"},
        ),
        (
            "/standards/scores/{resource_type}",
            "/standards/scores/technical_services",
            {"service_standards"},
        ),
        ("/incidents/{id}/notes", "/incidents/{}/notes", {"incident_note"}),
        ("/extensions", "/extensions", {"extension"}),
        ("/webhook_subscriptions", "/webhook_subscriptions", {"webhook_subscription"}),
        ("/schedules/{id}/overrides", "/schedules/{}/overrides", {"schedule_overrides"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@pytest.mark.parametrize("status", [402, 403, 404])
def test_check_names_what_the_plan_or_the_right_lacks(
    problems, simulator, path, subject, kinds, status
):
    """One line for each, with the kinds that can be accepted as unavailable for it."""
    simulator.control.deny(path, status)
    lines = problems()
    cause = {402: Cause.NOT_IN_PLAN, 403: Cause.DENIED, 404: Cause.NOT_FOUND}[status]
    assert {name: line.cause for name, line in lines.items()} == {subject: cause}
    assert {kind.removeprefix("pagerduty.") for kind in lines[subject].refused_kinds} == kinds
    assert "accept_unavailable" in lines[subject].next_step


@pytest.mark.parametrize(
    ("status", "causes"),
    [(402, {Cause.NOT_IN_PLAN}), (403, {Cause.DENIED}), (404, set())],
)
def test_that_no_session_configuration_was_created_is_no_problem(
    problems, simulator, status, causes
):
    """PagerDuty answers 404 then; any other refusal is named, with what can be accepted."""
    simulator.control.deny("/session_configurations", status)
    lines = problems()
    assert {line.cause for line in lines.values()} == causes
    kinds = {kind for line in lines.values() for kind in line.refused_kinds}
    assert kinds == ({"pagerduty.session_configuration"} if causes else set())


@pytest.mark.parametrize(
    ("status", "kinds"),
    [(402, ("pagerduty.team", "pagerduty.team_member")), (403, ())],
    ids=["not in the plan", "denied"],
)
def test_of_other_kinds_only_what_the_plan_lacks_can_be_accepted(
    problems, simulator, status, kinds
):
    """A denial may hide what another credential sees."""
    simulator.control.deny("/teams", status)
    assert problems()["/teams"].refused_kinds == kinds
