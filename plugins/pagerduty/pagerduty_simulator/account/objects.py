"""The objects of an account, as plain frozen values. Instants are whole seconds since 1970.

The serializers write them as PagerDuty sends them. A test that needs another account replaces a
value in it: ``account.users[id] = replace(user, role="admin")``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMethod:
    """One way to contact a user."""

    id: str
    type: str
    """``email_contact_method``, ``phone_contact_method``, ``sms_…``, ``push_notification_…``."""
    label: str
    address: str
    enabled: bool = True
    blacklisted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRule:
    """When a user is notified by one of their contact methods."""

    id: str
    contact_method_id: str
    delay_minutes: int = 0
    urgency: str = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user: a responder, a stakeholder, or somebody who never accepted the invitation."""

    id: str
    name: str
    email: str
    role: str
    time_zone: str
    job_title: str | None = None
    invitation_sent: bool = False
    created_via_sso: bool = True
    contact_methods: tuple[ContactMethod, ...] = ()
    notification_rules: tuple[NotificationRule, ...] = ()
    deleted_at: int | None = None
    """When the user was deleted; such users are in ``Account.deleted_users`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team; private where ``default_role`` is ``none``."""

    id: str
    name: str
    description: str | None = None
    default_role: str = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A user's role in a team: ``manager``, ``responder`` or ``observer``."""

    team_id: str
    user_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """The part of each day or week in which a layer is on call."""

    start_time_of_day: str
    """Wall time, ``HH:MM:SS``."""
    duration_seconds: int
    start_day_of_week: int | None = None
    """1 is Monday; None for every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLayer:
    """A layer of a layer-based schedule, or the one event of a shift-based rotation."""

    id: str
    name: str
    start: int
    turn_seconds: int
    user_ids: tuple[str | None, ...]
    """In order of rotation. None is an ``empty_member``, in shift-based schedules only."""
    end: int | None = None
    restrictions: tuple[Restriction, ...] = ()
    everyone: bool = False
    """All users at once, in shift-based schedules only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOverride:
    """A replacement on call for a while."""

    id: str
    start: int
    end: int
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSchedule:
    """A layer-based or a shift-based schedule."""

    id: str
    name: str
    time_zone: str
    form: str
    """``layers`` or ``shifts``."""
    layers: tuple[ScheduleLayer, ...] = ()
    overrides: tuple[ScheduleOverride, ...] = ()
    description: str | None = None
    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTarget:
    """The user or schedule that an escalation level notifies."""

    type: str
    """``user`` or ``schedule``."""
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLevel:
    """One level of an escalation policy."""

    id: str
    targets: tuple[PolicyTarget, ...]
    delay_minutes: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An escalation policy."""

    id: str
    name: str
    levels: tuple[PolicyLevel, ...]
    description: str | None = None
    num_loops: int = 1
    team_ids: tuple[str, ...] = ()
    created_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A source of events of a service. The key is a secret."""

    id: str
    name: str
    type: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldValue:
    """The value that a service has in a custom field."""

    id: str
    name: str
    display_name: str
    value: str | int | bool | tuple[str, ...] | None
    data_type: str = "string"
    field_type: str = "single_value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service."""

    id: str
    name: str
    policy_id: str
    created_at: int
    description: str | None = None
    disabled: bool = False
    maintenance: bool = False
    urgency: str = "high"
    """``high``, ``low``, ``severity_based``, ``support_hours`` (high inside them, else low) or
    ``support_hours_and_nights`` (high outside them as well)."""
    auto_resolve_timeout: int | None = None
    acknowledgement_timeout: int | None = None
    team_ids: tuple[str, ...] = ()
    integrations: tuple[Integration, ...] = ()
    custom_fields: tuple[CustomFieldValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A level of the account's incident priorities."""

    id: str
    name: str
    description: str
