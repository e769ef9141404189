"""What happens at the company in a quarter: changes that people made, most of them mended later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.objects import PolicyTarget
from pagerduty_simulator.account.operations import AuditedObject, AuditRecord, FieldChange
from pagerduty_simulator.demo_data.company.account import OWNER, PLATFORM_LEAD
from pagerduty_simulator.demo_data.company.through_time import DatedChange, days_before

QUARTER = 90
"""Days."""
Change = Callable[[Account, datetime], None]

_CONTRACTOR = 9
"""The number of a user who is not to change what protects the response to incidents."""
_LEVEL_POLICY, _ENDING_SCHEDULE, _TIRED_SCHEDULE, _DISABLED_SERVICE = 2, 1, 0, 1


def story(now: datetime, days: int = QUARTER) -> Sequence[DatedChange]:
    """Return the changes of the past that ends at a moment.

    Args:
        now: The moment.
        days: How long the past is: in a shorter one than a quarter, all of it happens faster.
    """
    plans: tuple[tuple[float, Change], ...] = (
        # A second level that names somebody who left: mended, and made again by a copy.
        (78, _second_level(names_leaver=True)),
        (64, _second_level(names_leaver=False)),
        (8.5, _second_level(names_leaver=True)),
        # A webhook that PagerDuty stopped sending to.
        (70, _webhook(stopped=True)),
        (67, _webhook(stopped=False)),
        (11.3, _webhook(stopped=True)),
        # One person is on call for weeks, since the others left the rotation.
        (40, _thin_out),
        # Somebody who was not to do that disabled a critical service for two days.
        (26, _service_status(_CONTRACTOR, disabled=True)),
        (24, _service_status(OWNER, disabled=False)),
        # The rotation was planned until next week, and nobody has planned on.
        (5.2, _rotation_ends(now + timedelta(days=6))),
    )
    return [
        DatedChange(at=days_before(now, ago * days / QUARTER), apply=change)
        for ago, change in plans
    ]


def _second_level(*, names_leaver: bool) -> Change:
    def change(account: Account, at: datetime) -> None:
        policy = account.policies[object_id("escalation_policy", _LEVEL_POLICY)]
        sound = account.policies[object_id("escalation_policy", 0)].levels[1].targets
        leaver = PolicyTarget(type="user", id=next(iter(account.deleted_users)))
        second = replace(policy.levels[1], targets=(leaver,) if names_leaver else sound)
        levels = (policy.levels[0], second, *policy.levels[2:])
        account.policies[policy.id] = replace(policy, levels=levels)
        changed = AuditedObject(
            id=policy.id, type="escalation_policy_reference", summary=policy.name
        )
        _audit(account, at, changed, PLATFORM_LEAD, FieldChange(name="escalation_rules"))

    return change


def _webhook(*, stopped: bool) -> Change:
    def change(account: Account, _: datetime) -> None:
        key, webhook = next(iter(account.webhook_subscriptions.items()))
        account.webhook_subscriptions[key] = replace(
            webhook, temporarily_disabled=True if stopped else None
        )

    return change


def _service_status(actor: int, *, disabled: bool) -> Change:
    def change(account: Account, at: datetime) -> None:
        service = account.services[object_id("service", _DISABLED_SERVICE)]
        account.services[service.id] = replace(service, disabled=disabled)
        before, after = ("active", "disabled") if disabled else ("disabled", "active")
        changed = AuditedObject(id=service.id, type="service_reference", summary=service.name)
        field = FieldChange(name="status", before_value=before, value=after)
        _audit(account, at, changed, actor, field)

    return change


def _thin_out(account: Account, at: datetime) -> None:
    """Give one person three weeks in a row of every four."""
    schedule = account.schedules[object_id("schedule", _TIRED_SCHEDULE)]
    layers = tuple(
        replace(layer, user_ids=(*(layer.user_ids[:1] * 3), layer.user_ids[-1]))
        for layer in schedule.layers
    )
    account.schedules[schedule.id] = replace(schedule, layers=layers)
    changed = AuditedObject(id=schedule.id, type="schedule_reference", summary=schedule.name)
    _audit(account, at, changed, PLATFORM_LEAD, FieldChange(name="schedule_layers"))


def _rotation_ends(end: datetime) -> Change:
    def change(account: Account, at: datetime) -> None:
        schedule = account.schedules[object_id("schedule", _ENDING_SCHEDULE)]
        layers = tuple(replace(layer, end=int(end.timestamp())) for layer in schedule.layers)
        account.schedules[schedule.id] = replace(schedule, layers=layers)
        changed = AuditedObject(id=schedule.id, type="schedule_reference", summary=schedule.name)
        _audit(account, at, changed, PLATFORM_LEAD, FieldChange(name="schedule_layers"))

    return change


def _audit(
    account: Account, at: datetime, changed: AuditedObject, actor: int, field: FieldChange
) -> None:
    """Add a change to the audit trail."""
    user = account.users[object_id("user", actor)]
    account.audit_records.append(
        AuditRecord(
            id=f"PDCOMPANY{len(account.audit_records):04d}",
            at=int(at.timestamp()),
            action="update",
            root=changed,
            actors=(AuditedObject(id=user.id, type="user_reference", summary=user.name),),
            fields=(field,),
        )
    )
