"""What is configured, and what was changed, from the objects and the audit trail alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.objects import Policy

from tests.pipeline.quarter.account_of_a_quarter import (
    AUTHORIZED,
    CRITICAL,
    DAY,
    SINCE,
    UNTIL,
    Snapshot,
)
from tests.pipeline.quarter.on_call_by_hand import hours_ahead, people

PRIVILEGED = {"admin", "owner"}
MANAGING = {"admin", "owner", "user"}


def service_tests(step: Snapshot, account: Account) -> Iterator[tuple[str, str, bool]]:
    """Yield the tests of services: which, of what, and whether it passes."""
    routed = _routed(account)
    members: dict[str, set[str]] = {}
    for one in account.memberships:
        members.setdefault(one.team_id, set()).add(one.user_id)
    for key, service in step.objects["services"].items():
        if service.name in CRITICAL and service.integrations:
            yield "pagerduty_critical_service_is_enabled", key, not service.disabled
        if service.disabled:
            continue
        yield "pagerduty_service_has_owner_team", key, bool(service.team_ids)
        has_policy = service.policy_id in step.objects["policies"]
        yield "pagerduty_service_has_escalation_policy", key, has_policy
        has_source = bool(service.integrations) or key in routed
        yield "pagerduty_service_has_integration", key, has_source
        if service.team_ids:
            level = step.objects["policies"][service.policy_id].levels[0]
            responders = set().union(*(people(level, step.objects, at) for at in hours_ahead(step)))
            own = set().union(*(members[team] for team in service.team_ids))
            yield "pagerduty_service_responders_belong_to_owner", key, responders <= own
        if service.name in CRITICAL:
            name = "pagerduty_critical_service_"
            yield f"{name}pages_at_all_hours", key, service.urgency == "high"
            yield f"{name}is_not_in_maintenance", key, not service.maintenance
            long = any(
                key in window.service_ids and (window.end or 0) - window.start > DAY
                for window in account.maintenance_windows
                if window.start <= step.at.timestamp() + 14 * DAY
            )
            yield f"{name}maintenance_is_bounded", key, not long
            yield f"{name}keeps_unmatched_events", key, True  # no rule of the account drops them
            missed = any(key in standard.missed_by for standard in account.standards)
            yield f"{name}meets_standards", key, not missed


def _routed(account: Account) -> set[str]:
    """Return the services to which a rule of an event orchestration leads."""
    return {
        str(rule.actions.get("route_to"))
        for orchestration in account.orchestrations.values()
        for _, rules in orchestration.router.sets
        for rule in rules
        if not rule.disabled
    }


def other_tests(step: Snapshot, account: Account) -> Iterator[tuple[str, str, bool]]:
    """Yield the tests of teams, users, sessions, and what events are sent on to."""
    objects = step.objects
    owners = {team for service in objects["services"].values() for team in service.team_ids}
    for team in owners:
        managers = [
            one
            for one in account.memberships
            if one.team_id == team
            and (one.role == "manager" or objects["users"][one.user_id].role in MANAGING)
        ]
        yield "pagerduty_team_has_manager", team, bool(managers)
    for key, user in objects["users"].items():
        yield "pagerduty_invitation_is_accepted", key, not user.invitation_sent
    for key, extension in objects["extensions"].items():
        yield "pagerduty_extension_is_delivered_to", key, not extension.temporarily_disabled
    for key, webhook in objects["webhook_subscriptions"].items():
        yield "pagerduty_webhook_is_delivered_to", key, not webhook.temporarily_disabled
    for session in account.session_configurations:
        yield "pagerduty_session_is_limited", session.type, 0 < session.absolute <= 30 * DAY
    highest = account.priorities[0]
    starts = any(
        f"'{highest.name}'" in flow.condition and flow.enabled and flow.service_ids is None
        for flow in account.workflows.values()
    )
    yield "pagerduty_highest_priority_starts_workflow", highest.id, starts


def recorded_changes(account: Account) -> Iterator[tuple[str, str, str]]:
    """Yield what the audit trail tells of the quarter: test, record, and what becomes of it."""
    for record in account.audit_records:
        if not SINCE.timestamp() <= record.at < UNTIL.timestamp():
            continue
        by = {actor.summary for actor in record.actors}
        result = "pass" if by <= set(AUTHORIZED) else "fail"
        result = result if by else "inconclusive"
        for one in record.fields:
            if one.name == "role" and one.value in PRIVILEGED:
                yield "pagerduty_privileges_granted_by_authorized_people", record.id, result
        kind = record.root.type.removesuffix("_reference")
        fields = {one.name: one for one in record.fields}
        if kind in {"escalation_policy", "schedule", "service"} and (
            record.action == "delete"
            or ("status" in fields and fields["status"].value == "disabled")
            or (
                "num_loops" in fields
                and int(fields["num_loops"].value or 0) < int(fields["num_loops"].before_value or 0)
            )
        ):
            yield "pagerduty_response_weakened_by_authorized_people", record.id, result


def seen_changes(steps: Sequence[Snapshot], account: Account) -> Iterator[tuple[str, str, str]]:
    """Yield what differs from one step to the next, and whether the audit trail shows it."""
    for before, after in pairwise(steps):
        if not SINCE <= after.at < UNTIL:
            continue

        def is_shown(key: str, *words: str, before=before, after=after) -> str:
            shown = any(
                record.root.id == key
                and before.at.timestamp() <= record.at <= after.at.timestamp()
                and any(word in one.name for one in record.fields for word in words)
                for record in account.audit_records
            )
            return "pass" if shown else "fail"

        for key, user in after.objects["users"].items():
            if user.role in PRIVILEGED and before.objects["users"][key].role != user.role:
                yield "pagerduty_privilege_grant_is_recorded", key, is_shown(key, "role")
        for key, policy in after.objects["policies"].items():
            if _is_weaker(before.objects["policies"][key], policy):
                shown = is_shown(key, "level", "escalation_rule", "num_loops")
                yield "pagerduty_weakened_response_is_recorded", key, shown


def _is_weaker(before: Policy, after: Policy) -> bool:
    delays = {level.id: level.delay_minutes for level in before.levels}
    return (
        len(after.levels) < len(before.levels)
        or after.num_loops < before.num_loops
        or any(level.delay_minutes > delays.get(level.id, 999) for level in after.levels)
    )
