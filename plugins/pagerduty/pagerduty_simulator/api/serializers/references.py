"""References: the short form of every object inside another object."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.objects import AccountSchedule, Policy, Service, Team

API = "https://api.pagerduty.com"
_PATHS = {
    "user": ("users", "users"),
    "team": ("teams", "teams"),
    "schedule": ("schedules", "schedules"),
    "schedule_v3": ("v3/schedules", "schedules"),
    "escalation_policy": ("escalation_policies", "escalation_policies"),
    "service": ("services", "service-directory"),
    "incident": ("incidents", "incidents"),
}


def instant(epoch: int, zone: tzinfo = UTC) -> str:
    """Format an instant as PagerDuty does: ``Z`` in UTC, else the zone's offset."""
    text = datetime.fromtimestamp(epoch, zone).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def identity_fields(account: Account, kind: str, identifier: str, summary: str) -> JsonObject:
    """Return the five fields that every object has."""
    path, page = _PATHS[kind]
    return {
        "id": identifier,
        "type": kind,
        "summary": summary,
        "self": f"{API}/{path}/{identifier}",
        "html_url": f"https://{account.subdomain}.pagerduty.com/{page}/{identifier}",
    }


def reference(account: Account, kind: str, identifier: str, summary: str) -> JsonObject:
    """Return a reference to an object."""
    return identity_fields(account, kind, identifier, summary) | {"type": f"{kind}_reference"}


def user_reference(account: Account, user_id: str) -> JsonObject:
    """Return a reference to a user; for a deleted one a stub with the time of its deletion."""
    user = account.users.get(user_id)
    if user is not None:
        return reference(account, "user", user_id, user.name)
    deleted = account.deleted_users.get(user_id)
    stub = reference(account, "user", user_id, deleted.name if deleted else "Deleted user")
    deleted_at = deleted.deleted_at if deleted else None
    return stub | {"html_url": None, "deleted_at": instant(deleted_at or account.epoch)}


def team_reference(account: Account, team: Team) -> JsonObject:
    """Return a reference to a team."""
    return reference(account, "team", team.id, team.name)


def team_references(account: Account, team_ids: tuple[str, ...]) -> list[JsonObject]:
    """Return references to the teams that still exist."""
    return [
        team_reference(account, account.teams[team_id])
        for team_id in team_ids
        if team_id in account.teams
    ]


def schedule_reference(account: Account, schedule: AccountSchedule) -> JsonObject:
    """Return a reference to a layer-based or shift-based schedule."""
    kind = "schedule_v3" if schedule.form == "shifts" else "schedule"
    return reference(account, kind, schedule.id, schedule.name)


def target_schedule_reference(account: Account, schedule_id: str) -> JsonObject:
    """Return a reference to a schedule that may be deleted."""
    schedule = account.schedules.get(schedule_id)
    if schedule is not None:
        return schedule_reference(account, schedule)
    deleted = reference(account, "schedule", schedule_id, "Deleted schedule")
    return deleted | {"html_url": None, "deleted_at": instant(account.epoch)}


def policy_reference(account: Account, policy: Policy) -> JsonObject:
    """Return a reference to an escalation policy."""
    return reference(account, "escalation_policy", policy.id, policy.name)


def service_policy_reference(account: Account, policy_id: str) -> JsonObject:
    """Return a reference to an escalation policy that may be deleted."""
    policy = account.policies.get(policy_id)
    if policy is not None:
        return policy_reference(account, policy)
    deleted = reference(account, "escalation_policy", policy_id, "Deleted policy")
    return deleted | {"html_url": None, "deleted_at": instant(account.epoch)}


def service_reference(account: Account, service: Service) -> JsonObject:
    """Return a reference to a service."""
    return reference(account, "service", service.id, service.name)
