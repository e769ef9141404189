"""The vendor's own Python client reads the simulator, and receives the whole account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pagerduty import HttpError, RestApiV2Client
from pagerduty_simulator import PagerDutySimulator, SimulatorControl
from pagerduty_simulator.account.identifiers import incident_id, log_entry_id
from pagerduty_simulator.account.incident_store import LogEntry


class LoopbackTransport(httpx2.HTTPTransport):
    """Sends to the simulator what the client, which requires HTTPS, sends to PagerDuty."""

    def __init__(self, base_url):
        """Send everything to an address."""
        super().__init__()
        self._base_url = httpx2.URL(base_url)

    def handle_request(self, request):
        """Send one request over the socket."""
        assert request.url.host == "api.pagerduty.com"
        base = self._base_url
        request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        return super().handle_request(request)


@pytest.fixture(scope="module")
def vendor(whole_account):
    """The client, connected to the default account over a socket."""
    control = SimulatorControl(rate_limit=1_000_000)
    with PagerDutySimulator(whole_account, control=control) as simulator:
        transport = LoopbackTransport(simulator.base_url)
        with RestApiV2Client(simulator.api_key, transport=transport, trust_env=False) as client:
            yield client


def by_id(objects):
    """Index objects by id, and check that each was listed once."""
    indexed = {body["id"]: body for body in objects}
    assert len(indexed) == len(objects)
    return indexed


def test_the_vendor_client_reads_every_service(vendor, whole_account):
    """Names, policies, teams, integrations and time-outs."""
    services = by_id(vendor.list_all("services"))
    assert services.keys() == whole_account.services.keys()
    for key, service in whole_account.services.items():
        assert services[key]["name"] == service.name
        assert services[key]["escalation_policy"]["id"] == service.policy_id
        assert [team["id"] for team in services[key]["teams"]] == list(service.team_ids)
        assert len(services[key]["integrations"]) == len(service.integrations)
        assert services[key]["auto_resolve_timeout"] == service.auto_resolve_timeout
        assert (services[key]["status"] == "disabled") == service.disabled


def test_the_vendor_client_reads_every_policy(vendor, whole_account):
    """Levels in order, and their targets."""
    policies = by_id(vendor.list_all("escalation_policies"))
    assert policies.keys() == whole_account.policies.keys()
    for key, policy in whole_account.policies.items():
        targets = [
            [target["id"] for target in rule["targets"]]
            for rule in policies[key]["escalation_rules"]
        ]
        assert targets == [[target.id for target in level.targets] for level in policy.levels]


def test_the_vendor_client_reads_every_user(vendor, whole_account):
    """Roles, addresses, invitations and contact methods."""
    users = by_id(vendor.list_all("users", params={"include[]": "contact_methods"}))
    assert users.keys() == whole_account.users.keys()
    for key, user in whole_account.users.items():
        assert (users[key]["name"], users[key]["email"]) == (user.name, user.email)
        assert (users[key]["role"], users[key]["invitation_sent"]) == (
            user.role,
            user.invitation_sent,
        )
        methods = [
            (method["type"], method.get("enabled", True))
            for method in users[key]["contact_methods"]
        ]
        assert methods == [(method.type, method.enabled) for method in user.contact_methods]


def test_the_vendor_client_reads_every_team_and_member(vendor, whole_account):
    """Team roles are in the list of members only."""
    assert by_id(vendor.list_all("teams")).keys() == whole_account.teams.keys()
    for team in whole_account.teams:
        members = {
            (member["user"]["id"], member["role"])
            for member in vendor.list_all(f"teams/{team}/members")
        }
        assert members == {
            (membership.user_id, membership.role)
            for membership in whole_account.memberships
            if membership.team_id == team
        }


def test_the_vendor_client_reads_both_kinds_of_schedules(vendor, whole_account):
    """Two lists that do not overlap."""
    for path, form in (("schedules", "layers"), ("v3/schedules", "shifts")):
        schedules = by_id(vendor.list_all(path))
        expected = {
            schedule.id for schedule in whole_account.schedules.values() if schedule.form == form
        }
        assert schedules.keys() == expected
        body = vendor.rget(f"/{path}/{next(iter(expected))}")
        assert body["name"] == whole_account.schedules[body["id"]].name


def test_the_vendor_client_reads_on_calls(vendor, now):
    """A window of a fortnight, entry entry once per policy, level and shift."""
    until = (now + timedelta(days=14)).isoformat()
    entries = vendor.list_all("oncalls", params={"since": now.isoformat(), "until": until})
    keys = {
        (
            entry["escalation_policy"]["id"],
            entry["escalation_level"],
            entry["user"]["id"],
            entry["schedule"] and entry["schedule"]["id"],
            entry["start"],
        )
        for entry in entries
    }
    assert len(keys) == len(entries) > 100


def test_the_vendor_client_reads_every_incident(vendor, whole_account, now):
    """Status, urgency and moments, over ninety days."""
    incidents = by_id(list(vendor.iter_history("/incidents", now - timedelta(days=90), now)))
    assert incidents.keys() == {
        incident_id(incident.number) for incident in whole_account.incidents
    }
    for incident in whole_account.incidents:
        body = incidents[incident_id(incident.number)]
        assert body["status"] == incident.state.status
        assert (body["title"], body["urgency"]) == (incident.title, incident.urgency)
        created = datetime.fromtimestamp(incident.created, UTC)
        assert datetime.fromisoformat(body["created_at"]) == created


def test_the_vendor_client_reads_every_log_entry(vendor, whole_account, now):
    """More than it could list at once: it halves the window, and receives each entry."""
    since = now - timedelta(days=90)
    entries = by_id(list(vendor.iter_history("/log_entries", since, now + timedelta(seconds=1))))
    expected = {
        log_entry_id(incident.number, position): LogEntry(incident, position)
        for incident in whole_account.incidents
        for position in range(len(incident.state.events))
    }
    assert len(expected) > 10_000
    assert entries.keys() == expected.keys()
    for key, entry in expected.items():
        assert entries[key]["type"] == f"{entry.event.type}_log_entry"
        assert entries[key]["incident"]["id"] == incident_id(entry.incident.number)


def test_the_vendor_client_reads_abilities_and_priorities(vendor, whole_account):
    """With its own convenience methods."""
    assert vendor.account_has_ability("teams")
    with pytest.raises(HttpError, match="Invalid or unknown ability"):
        vendor.account_has_ability("telepathy")
    assert vendor.subdomain == whole_account.subdomain
    assert len(vendor.list_all("priorities")) == 5
