"""The collectors: one module for each kind, each naming the API page it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.collectors import (
    ability,
    escalation_policy,
    incident,
    incident_log_entry,
    on_call,
    schedule,
    schedule_rendering,
    schedule_user,
    service,
    team,
    team_member,
    user,
)

if TYPE_CHECKING:
    from ccm_core.sdk.types import Collector

_IN_ORDER = (
    ability,
    user,
    team,
    team_member,
    service,
    escalation_policy,
    schedule,
    schedule_rendering,
    schedule_user,
    on_call,
    incident,
    incident_log_entry,
)
"""What others need, and what others refer to, comes first."""


def collectors() -> tuple[Collector, ...]:
    """Give every collector, in the order in which they are best read."""
    return tuple(module.collector() for module in _IN_ORDER)
