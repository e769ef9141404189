"""The audit trail of the healthy account: its owner made every change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.operations import AuditedObject, AuditRecord, FieldChange

PROMOTION, DISABLING, RENAMING = range(3)
"""The positions of its changes in the trail."""

_DAY = 86_400


def add_healthy_changes(account: Account) -> None:
    """Add them to an account that has users and services."""
    account.audit_records.extend(_changes(account))


def change_actor(account: Account, position: int, user: int) -> None:
    """Let another user have made a change."""
    record = account.audit_records[position]
    account.audit_records[position] = replace(record, actors=(_user(account, user),))


def _changes(account: Account) -> Iterable[AuditRecord]:
    service = account.services[object_id("service", 3)]
    changed = AuditedObject(id=service.id, type="service_reference", summary=service.name)
    plans = (
        (_user(account, 1), FieldChange(name="role", before_value="limited_user", value="admin")),
        (changed, FieldChange(name="status", before_value="active", value="disabled")),
        (changed, FieldChange(name="description", before_value="", value="Books of the cards")),
    )
    for position, (root, field) in enumerate(plans):
        yield AuditRecord(
            id=f"PDHEALTHY{position:04d}",
            at=account.epoch - (position + 3) * _DAY,
            action="update",
            root=root,
            actors=(_user(account, 0),),
            fields=(field,),
        )


def _user(account: Account, number: int) -> AuditedObject:
    user = account.users[object_id("user", number)]
    return AuditedObject(id=user.id, type="user_reference", summary=user.name)
