"""The account that a simulator serves: all of it in memory, for a test to change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pagerduty_simulator.account.business import (
    BusinessService,
    Extension,
    IncidentWorkflow,
    ServiceDependency,
    SessionConfiguration,
    Standard,
    WebhookSubscription,
)
from pagerduty_simulator.account.incident_store import IncidentLog
from pagerduty_simulator.account.names import ABILITIES, SUBDOMAIN
from pagerduty_simulator.account.objects import (
    AccountSchedule,
    Membership,
    Policy,
    Priority,
    Service,
    Team,
    User,
)
from pagerduty_simulator.account.operations import (
    AuditRecord,
    MaintenanceWindow,
    Orchestration,
    OrchestrationPath,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSizes:
    """How many objects of each kind an account has."""

    services: int = 60
    policies: int = 25
    schedules: int = 30
    users: int = 120
    teams: int = 12
    incidents: int = 3000


def _sessions() -> list[SessionConfiguration]:
    """Return limits of a day on the web, and of two weeks in the app."""
    return [
        SessionConfiguration(type="web", absolute=86_400, idle=28_800),
        SessionConfiguration(type="mobile", absolute=1_209_600, idle=604_800),
    ]


@dataclass(slots=True, kw_only=True)
class Account:
    """A PagerDuty account. Replace values in its dictionaries, also while it is served."""

    now: datetime
    """The moment that the account describes; open incidents are open as of it."""
    subdomain: str = SUBDOMAIN
    time_zone: str = "America/New_York"
    users: dict[str, User] = field(default_factory=dict)
    deleted_users: dict[str, User] = field(default_factory=dict)
    """No longer listed, 404 on their own, yet still referenced by policies and schedules."""
    teams: dict[str, Team] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    schedules: dict[str, AccountSchedule] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    priorities: list[Priority] = field(default_factory=list)
    abilities: list[str] = field(default_factory=lambda: list(ABILITIES))
    maintenance_windows: list[MaintenanceWindow] = field(default_factory=list)
    """In the order of their creation."""
    audit_records: list[AuditRecord] = field(default_factory=list)
    orchestrations: dict[str, Orchestration] = field(default_factory=dict)
    service_orchestrations: dict[str, OrchestrationPath] = field(default_factory=dict)
    """By the id of the service."""
    business_services: dict[str, BusinessService] = field(default_factory=dict)
    service_dependencies: list[ServiceDependency] = field(default_factory=list)
    standards: list[Standard] = field(default_factory=list)
    extensions: dict[str, Extension] = field(default_factory=dict)
    webhook_subscriptions: dict[str, WebhookSubscription] = field(default_factory=dict)
    workflows: dict[str, IncidentWorkflow] = field(default_factory=dict)
    session_configurations: list[SessionConfiguration] = field(default_factory=_sessions)
    incidents: IncidentLog = field(default_factory=IncidentLog)

    @property
    def epoch(self) -> int:
        """``now`` in whole seconds since 1970."""
        return int(self.now.timestamp())
