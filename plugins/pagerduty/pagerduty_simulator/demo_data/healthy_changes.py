"""The audit trail of the healthy account: its owner made every change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.operations import AuditedObject, AuditRecord, FieldChange

PROMOTION, DISABLING, RENAMING, REPEATING = range(4)
"""The positions of its changes in the trail."""

_HOUR, _DAY = 3_600, 86_400
_RECENT = 7 * _HOUR // 2
"""How long ago the newest changes were made."""
_ADMIN, _LEDGER = 1, 2
"""The numbers of the user who was promoted, and of the policy that is repeated less."""


def add_healthy_changes(account: Account) -> None:
    """Add them to an account that has users and services."""
    account.audit_records.extend(_changes(account))


def undo_recent_changes(account: Account) -> None:
    """Make an account what it was four hours ago: before two of the changes in the trail."""
    user, policy = object_id("user", _ADMIN), object_id("escalation_policy", _LEDGER)
    account.users[user] = replace(account.users[user], role="limited_user")
    account.policies[policy] = replace(account.policies[policy], num_loops=2)


def one_level_more(account: Account) -> None:
    """Let a policy end with a level that it has no more."""
    key = object_id("escalation_policy", _LEDGER)
    policy = account.policies[key]
    last = replace(policy.levels[-1], id=object_id("escalation_rule", 99))
    account.policies[key] = replace(policy, levels=(*policy.levels, last))


def without_record(account: Account, position: int) -> None:
    """Leave a change out of the trail."""
    del account.audit_records[position]


def change_actor(account: Account, position: int, user: int) -> None:
    """Let another user have made a change."""
    record = account.audit_records[position]
    account.audit_records[position] = replace(record, actors=(_user(account, user),))


def _changes(account: Account) -> Iterable[AuditRecord]:
    service = account.services[object_id("service", 3)]
    changed = AuditedObject(id=service.id, type="service_reference", summary=service.name)
    policy = account.policies[object_id("escalation_policy", _LEDGER)]
    repeated = AuditedObject(id=policy.id, type="escalation_policy_reference", summary=policy.name)
    promoted = _user(account, _ADMIN)
    role = FieldChange(name="role", before_value="limited_user", value="admin")
    status = FieldChange(name="status", before_value="active", value="disabled")
    text = FieldChange(name="description", before_value="", value="Books of the cards")
    loops = FieldChange(name="num_loops", before_value="2", value="1")
    plans = (
        (promoted, role, _RECENT),
        (changed, status, 4 * _DAY),
        (changed, text, 5 * _DAY),
        (repeated, loops, _RECENT),
    )
    for position, (root, field, ago) in enumerate(plans):
        yield AuditRecord(
            id=f"PDHEALTHY{position:04d}",
            at=account.epoch - ago,
            action="update",
            root=root,
            actors=(_user(account, 0),),
            fields=(field,),
        )


def _user(account: Account, number: int) -> AuditedObject:
    user = account.users[object_id("user", number)]
    return AuditedObject(id=user.id, type="user_reference", summary=user.name)
