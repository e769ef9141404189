"""Maintenance windows, audit records and event orchestrations of an account. Plain frozen values.

Instants are whole seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ccm_core.sdk.types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A time in which services create no incidents."""

    id: str
    start: int
    end: int | None
    """None: it is open-ended."""
    service_ids: tuple[str, ...]
    created_by: str | None = None
    """The id of the user who made it."""
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One changed field of an audited object."""

    name: str
    value: str | None = None
    before_value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedObject:
    """An object of the audit trail; it may be deleted since."""

    id: str
    type: str
    """Such as ``escalation_policy_reference``."""
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceChange:
    """What was added to and removed from one list of references."""

    name: str
    added: tuple[AuditedObject, ...] = ()
    removed: tuple[AuditedObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One change of the account, as its audit trail has it."""

    id: str
    at: int
    action: str
    """``create``, ``update`` or ``delete``."""
    root: AuditedObject
    actors: tuple[AuditedObject, ...] = ()
    method: str = "browser"
    truncated_token: str | None = None
    resource: AuditedObject | None = None
    """What was changed, where that is not the root."""
    fields: tuple[FieldChange, ...] = ()
    references: tuple[ReferenceChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestrationRule:
    """A rule of a rule set: what it matches, and what it does with an event."""

    id: str
    actions: JsonObject
    label: str | None = None
    conditions: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestrationPath:
    """Rule sets that an event passes; the first set has the id ``start``."""

    sets: tuple[tuple[str, tuple[OrchestrationRule, ...]], ...]
    """Each with its id."""
    catch_all: JsonObject = field(default_factory=dict)
    """What happens to an event that no rule matches."""
    raw_sets: object = None
    """Sent in place of the rule sets where it is given: rule sets with nulls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestration:
    """An event orchestration: what it routes where, and what it does before and otherwise."""

    id: str
    name: str
    team_id: str | None = None
    router: OrchestrationPath
    unrouted: OrchestrationPath
    global_path: OrchestrationPath
    created_at: int = 0
