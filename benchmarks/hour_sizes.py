"""The accounts and the ages of the hourly benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pagerduty_simulator import AccountSizes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSize:
    """What one account has, and how often it stands in the settings."""

    objects: AccountSizes
    bulk: int = 0
    """Incidents besides, five log entries each."""
    connections: int = 1


ACCOUNTS: Mapping[str, AccountSize] = {
    "small": AccountSize(objects=AccountSizes()),
    "average": AccountSize(objects=AccountSizes(services=50, incidents=9_000)),
    "large": AccountSize(objects=AccountSizes(services=1_000, incidents=0), bulk=200_000),
    "fleet": AccountSize(
        objects=AccountSizes(services=8, policies=6, schedules=6, users=30, teams=3, incidents=60),
        connections=100,
    ),
}
"""The demonstration's, an average one, a large one, and a hundred connections to a tiny one."""

AGES: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "month": timedelta(days=30),
    "quarter": timedelta(days=91),
    "year": timedelta(days=365),
}
