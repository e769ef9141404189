"""Users, teams, policies, services and priorities as PagerDuty sends them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.api.serializers.references import (
    API,
    identity_fields,
    instant,
    service_policy_reference,
    service_reference,
    target_schedule_reference,
    team_references,
    user_reference,
)

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.objects import (
        ContactMethod,
        Integration,
        NotificationRule,
        Policy,
        PolicyLevel,
        PolicyTarget,
        Priority,
        Service,
        Team,
        User,
    )

Include = Collection[str]

REGISTERED = "2025-03-01T09:00:00Z"
"""When phones and notification rules were registered."""
_LATEST = "latest by service"
_STATUS_OF_SERVICE = {"triggered": "critical", "acknowledged": "warning"}

_WITH_SUPPORT_HOURS = {"support_hours", "support_hours_and_nights"}
"""Urgencies of services that have support hours."""


def user_object(account: Account, user: User, include: Include = ()) -> JsonObject:
    """Return a user."""
    teams = tuple(
        membership.team_id for membership in account.memberships if membership.user_id == user.id
    )
    return {
        "name": user.name,
        "email": user.email,
        "time_zone": user.time_zone,
        "color": "purple",
        "avatar_url": f"https://secure.gravatar.com/avatar/{user.id.lower()}.png?d=mm&r=PG",
        "billed": user.role not in {"read_only_user", "read_only_limited_user"},
        "role": user.role,
        "description": None,
        "invitation_sent": user.invitation_sent,
        "job_title": user.job_title,
        "created_via_sso": user.created_via_sso,
        "teams": _teams(account, teams, include),
        "contact_methods": [
            contact_method_object(user, method)
            if "contact_methods" in include
            else _contact_method_reference(user, method)
            for method in user.contact_methods
        ],
        "notification_rules": [
            notification_rule_object(user, rule)
            if "notification_rules" in include
            else _notification_rule_reference(user, rule)
            for rule in user.notification_rules
        ],
        "coordinated_incidents": [],
        "locale": "en-US",
        **identity_fields(account, "user", user.id, user.name),
    }


def user_or_stub(account: Account, user_id: str, *, whole: bool) -> JsonObject:
    """Return a user where that was request; a deleted one stays a reference even then."""
    user = account.users.get(user_id)
    return user_object(account, user) if whole and user else user_reference(account, user_id)


def own_profile(account: Account, user: User) -> JsonObject:
    """Return a user as they see themselves: with calendar feeds that need no login."""
    feed = f"{account.subdomain}.pagerduty.com/private/{user.id.lower() * 8}/feed"
    calendars = {"http_cal_url": f"https://{feed}", "web_cal_url": f"webcal://{feed}"}
    return user_object(account, user) | calendars


def contact_method_object(user: User, method: ContactMethod) -> JsonObject:
    """Return a contact method, with its address."""
    blocked = {"blacklisted": method.blacklisted}
    specific: JsonObject = {"enabled": method.enabled, **blocked, "country_code": 1}
    if method.type == "email_contact_method":
        specific = {"enabled": method.enabled, "send_short_email": False}
    elif method.type == "push_notification_contact_method":
        specific = {**blocked, "device_type": "ios", "sounds": [], "created_at": REGISTERED}
    return {
        **_contact_method_reference(user, method),
        "type": method.type,
        "label": method.label,
        "address": method.address,
        **specific,
    }


def notification_rule_object(user: User, rule: NotificationRule) -> JsonObject:
    """Return a notification rule."""
    methods = (one for one in user.contact_methods if one.id == rule.contact_method_id)
    method = next(methods, None)
    return {
        **_notification_rule_reference(user, rule),
        "type": "assignment_notification_rule",
        "start_delay_in_minutes": rule.delay_minutes,
        "urgency": rule.urgency,
        "created_at": REGISTERED,
        "contact_method": None if method is None else _contact_method_reference(user, method),
    }


def team_object(account: Account, team: Team) -> JsonObject:
    """Return a team."""
    return {
        **identity_fields(account, "team", team.id, team.name),
        "name": team.name,
        "description": team.description,
        "default_role": team.default_role,
        "parent": None,
    }


def policy_object(account: Account, policy: Policy, include: Include = ()) -> JsonObject:
    """Return an escalation policy, with the services that use it."""
    services = [service for service in account.services.values() if service.policy_id == policy.id]
    return {
        **identity_fields(account, "escalation_policy", policy.id, policy.name),
        "name": policy.name,
        "escalation_rules": [_rule(account, level, include) for level in policy.levels],
        "services": [
            service_object(account, service)
            if "services" in include
            else service_reference(account, service)
            for service in services
        ],
        "num_loops": policy.num_loops,
        "teams": _teams(account, policy.team_ids, include),
        "description": policy.description,
        "on_call_handoff_notifications": "if_has_services",
        "privilege": None,
        "created_at": instant(policy.created_at),
        "updated_at": instant(policy.created_at),
    }


def service_object(
    account: Account, service: Service, include: Include = (), zone: tzinfo = UTC
) -> JsonObject:
    """Return a service."""
    policy = account.policies.get(service.policy_id)
    whole_policy = "escalation_policies" in include and policy is not None
    last = account.incidents.cached(_LATEST) or {}
    return {
        "id": service.id,
        "name": service.name,
        "description": service.description,
        "created_at": instant(service.created_at, zone),
        "updated_at": instant(service.created_at, zone),
        "status": _status(service, last.get(service.id)),
        "teams": _teams(account, service.team_ids, include),
        "alert_creation": "create_alerts_and_incidents",
        "addons": [],
        "scheduled_actions": [],
        "support_hours": _support_hours(account)
        if service.urgency in _WITH_SUPPORT_HOURS
        else None,
        "last_incident_timestamp": _last_incident(last.get(service.id), zone),
        "escalation_policy": policy_object(account, policy)
        if whole_policy and policy
        else service_policy_reference(account, service.policy_id),
        "incident_urgency_rule": _urgency_rule(service.urgency),
        "acknowledgement_timeout": service.acknowledgement_timeout,
        "auto_resolve_timeout": service.auto_resolve_timeout,
        "alert_grouping": None,
        "alert_grouping_timeout": None,
        "alert_grouping_parameters": {"type": None, "config": None},
        "integrations": [
            _integration(account, service, integration, whole="integrations" in include)
            for integration in service.integrations
        ],
        "response_play": None,
        **identity_fields(account, "service", service.id, service.name),
    }


def priority_object(priority: Priority, position: int) -> JsonObject:
    """Return a priority."""
    return {
        "id": priority.id,
        "type": "priority",
        "summary": priority.name,
        "self": f"{API}/priorities/{priority.id}",
        "html_url": None,
        "name": priority.name,
        "description": priority.description,
        "color": ("a8171c", "eb6016", "f9b406", "555555", "aaaaaa")[position % 5],
        "order": (10 - position) * 100_000_000,
    }


def cache_latest_incidents(account: Account) -> None:
    """Cache each service's newest incident and worst open status until incidents change."""
    if account.incidents.cached(_LATEST) is not None:
        return
    latest: dict[str, tuple[int, str]] = {}
    for incident in account.incidents:
        service_id = incident.references.service["id"]
        newest, worst = latest.get(service_id, (0, "active"))
        status = _STATUS_OF_SERVICE.get(incident.state.status, "active")
        worst = max(worst, status, key=("active", "warning", "critical").index)
        latest[service_id] = (max(newest, incident.created), worst)
    account.incidents.cache(_LATEST, latest)


def _status(service: Service, latest: tuple[int, str] | None) -> str:
    if service.disabled:
        return "disabled"
    if service.maintenance:
        return "maintenance"
    return latest[1] if latest else "active"


def _last_incident(latest: tuple[int, str] | None, zone: tzinfo) -> str | None:
    return instant(latest[0], zone) if latest else None


def _teams(account: Account, team_ids: tuple[str, ...], include: Include) -> list[JsonObject]:
    if "teams" not in include:
        return team_references(account, team_ids)
    return [
        team_object(account, account.teams[team_id])
        for team_id in team_ids
        if team_id in account.teams
    ]


def _rule(account: Account, level: PolicyLevel, include: Include) -> JsonObject:
    rule: JsonObject = {
        "id": level.id,
        "escalation_delay_in_minutes": level.delay_minutes,
        "targets": [_target(account, target, include) for target in level.targets],
    }
    if "escalation_rule_assignment_strategies" in include:
        rule["escalation_rule_assignment_strategy"] = {"type": "assign_to_everyone"}
    return rule


def _target(account: Account, target: PolicyTarget, include: Include) -> JsonObject:
    if target.type == "user":
        return user_or_stub(account, target.id, whole="targets" in include)
    return target_schedule_reference(account, target.id)


def _urgency_rule(urgency: str) -> JsonObject:
    if urgency not in _WITH_SUPPORT_HOURS:
        return {"type": "constant", "urgency": urgency}
    return {
        "type": "use_support_hours",
        "during_support_hours": {"type": "constant", "urgency": "high"},
        "outside_support_hours": {
            "type": "constant",
            "urgency": "low" if urgency == "support_hours" else "high",
        },
    }


def _support_hours(account: Account) -> JsonObject:
    return {
        "type": "fixed_time_per_day",
        "time_zone": account.time_zone,
        "start_time": "09:00:00",
        "end_time": "17:00:00",
        "days_of_week": [1, 2, 3, 4, 5],
    }


def _integration(
    account: Account, service: Service, integration: Integration, *, whole: bool
) -> JsonObject:
    page = f"https://{account.subdomain}.pagerduty.com/services/{service.id}/integrations"
    reference: JsonObject = {
        "id": integration.id,
        "type": f"{integration.type}_reference",
        "summary": integration.name,
        "self": f"{API}/services/{service.id}/integrations/{integration.id}",
        "html_url": f"{page}/{integration.id}",
    }
    if not whole:
        return reference
    return reference | {
        "type": integration.type,
        "name": integration.name,
        "service": service_reference(account, service),
        "created_at": instant(service.created_at),
        "integration_key": integration.key,
        "vendor": None,
    }


def _contact_method_reference(user: User, method: ContactMethod) -> JsonObject:
    return {
        "id": method.id,
        "type": f"{method.type}_reference",
        "summary": method.label,
        "self": f"{API}/users/{user.id}/contact_methods/{method.id}",
        "html_url": None,
    }


def _notification_rule_reference(user: User, rule: NotificationRule) -> JsonObject:
    return {
        "id": rule.id,
        "type": "assignment_notification_rule_reference",
        "summary": f"{rule.delay_minutes} minutes: channel {rule.contact_method_id}",
        "self": f"{API}/users/{user.id}/notification_rules/{rule.id}",
        "html_url": None,
    }
