"""The vendor's own Python client reads the simulator and sees what is in the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pagerduty import HttpError, RestApiV2Client
from pagerduty_simulator import PagerDutySimulator, SimulatorControl
from pagerduty_simulator.account.identifiers import incident_id, log_entry_id
from pagerduty_simulator.account.incident_log import LogEntry


class Loopback(httpx2.HTTPTransport):
    """Carries to the simulator what the client, which insists on HTTPS, sends to PagerDuty."""

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
        loopback = Loopback(simulator.base_url)
        with RestApiV2Client(simulator.api_key, transport=loopback, trust_env=False) as client:
            yield client


def by_id(objects):
    """Key objects by id, and check that none came twice."""
    found = {each["id"]: each for each in objects}
    assert len(found) == len(objects)
    return found


def test_it_sees_every_service(vendor, whole_account):
    """Names, policies, teams, integrations and time-outs."""
    seen = by_id(vendor.list_all("services"))
    assert seen.keys() == whole_account.services.keys()
    for key, service in whole_account.services.items():
        assert seen[key]["name"] == service.name
        assert seen[key]["escalation_policy"]["id"] == service.policy_id
        assert [each["id"] for each in seen[key]["teams"]] == list(service.team_ids)
        assert len(seen[key]["integrations"]) == len(service.integrations)
        assert seen[key]["auto_resolve_timeout"] == service.auto_resolve_timeout
        assert (seen[key]["status"] == "disabled") == service.disabled


def test_it_sees_every_policy(vendor, whole_account):
    """Levels in order, and their targets."""
    seen = by_id(vendor.list_all("escalation_policies"))
    assert seen.keys() == whole_account.policies.keys()
    for key, policy in whole_account.policies.items():
        targets = [
            [target["id"] for target in rule["targets"]] for rule in seen[key]["escalation_rules"]
        ]
        assert targets == [[target.id for target in level.targets] for level in policy.levels]


def test_it_sees_every_user(vendor, whole_account):
    """Roles, addresses, invitations and contact methods."""
    seen = by_id(vendor.list_all("users", params={"include[]": "contact_methods"}))
    assert seen.keys() == whole_account.users.keys()
    for key, user in whole_account.users.items():
        assert (seen[key]["name"], seen[key]["email"]) == (user.name, user.email)
        assert (seen[key]["role"], seen[key]["invitation_sent"]) == (
            user.role,
            user.invitation_sent,
        )
        methods = [(each["type"], each["enabled"]) for each in seen[key]["contact_methods"]]
        assert methods == [(each.type, each.enabled) for each in user.contact_methods]


def test_it_sees_every_team_and_member(vendor, whole_account):
    """Roles in teams are found at the members only."""
    assert by_id(vendor.list_all("teams")).keys() == whole_account.teams.keys()
    for team in whole_account.teams:
        members = {
            (each["user"]["id"], each["role"]) for each in vendor.list_all(f"teams/{team}/members")
        }
        assert members == {
            (each.user_id, each.role) for each in whole_account.memberships if each.team_id == team
        }


def test_it_sees_the_schedules_of_each_world(vendor, whole_account):
    """Two lists that do not overlap."""
    for path, form in (("schedules", "layers"), ("v3/schedules", "shifts")):
        seen = by_id(vendor.list_all(path))
        expected = {each.id for each in whole_account.schedules.values() if each.form == form}
        assert seen.keys() == expected
        one = vendor.rget(f"/{path}/{next(iter(expected))}")
        assert one["name"] == whole_account.schedules[one["id"]].name


def test_it_sees_who_is_on_call(vendor, now):
    """A window of a fortnight, each entry once per policy, level and shift."""
    until = (now + timedelta(days=14)).isoformat()
    entries = vendor.list_all("oncalls", params={"since": now.isoformat(), "until": until})
    keys = {
        (
            each["escalation_policy"]["id"],
            each["escalation_level"],
            each["user"]["id"],
            each["schedule"] and each["schedule"]["id"],
            each["start"],
        )
        for each in entries
    }
    assert len(keys) == len(entries) > 100


def test_it_sees_every_incident(vendor, whole_account, now):
    """Status, urgency and moments, over ninety days."""
    seen = by_id(list(vendor.iter_history("/incidents", now - timedelta(days=90), now)))
    assert seen.keys() == {incident_id(each.number) for each in whole_account.incidents}
    for incident in whole_account.incidents:
        found = seen[incident_id(incident.number)]
        assert found["status"] == incident.state.status
        assert (found["title"], found["urgency"]) == (incident.title, incident.urgency)
        created = datetime.fromtimestamp(incident.created, UTC)
        assert datetime.fromisoformat(found["created_at"]) == created


def test_it_sees_every_log_entry(vendor, whole_account, now):
    """More than it could list at once: it halves the window, and sees each entry."""
    since = now - timedelta(days=90)
    seen = by_id(list(vendor.iter_history("/log_entries", since, now + timedelta(seconds=1))))
    expected = {
        log_entry_id(incident.number, position): LogEntry(incident, position)
        for incident in whole_account.incidents
        for position in range(len(incident.state.events))
    }
    assert len(expected) > 10_000
    assert seen.keys() == expected.keys()
    for key, entry in expected.items():
        assert seen[key]["type"] == f"{entry.event.type}_log_entry"
        assert seen[key]["incident"]["id"] == incident_id(entry.incident.number)


def test_it_asks_for_abilities_and_priorities(vendor, whole_account):
    """With its own convenience methods."""
    assert vendor.account_has_ability("teams")
    with pytest.raises(HttpError, match="Invalid or unknown ability"):
        vendor.account_has_ability("telepathy")
    assert vendor.subdomain == whole_account.subdomain
    assert len(vendor.list_all("priorities")) == 5
