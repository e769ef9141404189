"""A company of middling size: mostly well run, with a quarter of history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account, AccountSizes
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.demo_data.account import LOOKBACK_DAYS, build_account

SIZES = AccountSizes(services=8, policies=4, schedules=4, users=24, teams=4, incidents=0)
INCIDENTS_A_DAY = 2.2
ADMINISTRATORS = range(1, 3)
"""The numbers of the users who are Global Admins."""
OWNER, PLATFORM_LEAD = 0, 1
"""The numbers of two users: the Account Owner, and who changes most."""


def build_company(now: datetime, days: int) -> Account:
    """Build the account as it is after its history, all incidents of that time included.

    Args:
        now: The moment at which the history ends.
        days: How long it is.
    """
    span = days + LOOKBACK_DAYS
    sizes = replace(SIZES, incidents=round(span * INCIDENTS_A_DAY))
    account = build_account(now, seed=7, sizes=sizes, lookback_days=span)
    for number in range(1, SIZES.users):
        key = object_id("user", number)
        user = account.users[key]
        if user.role == "admin" and number not in ADMINISTRATORS:
            account.users[key] = replace(user, role="limited_user")
    for key, service in account.services.items():
        account.services[key] = replace(service, disabled=False)
    return account


def company_settings(account: Account) -> JsonObject:
    """Return what its settings say beside the connection: people, owners, frameworks, limits."""
    critical = [service.name for service in list(account.services.values())[:3]]
    actors = [account.users[object_id("user", number)].name for number in (OWNER, PLATFORM_LEAD)]
    teams = [team.name for team in account.teams.values()]
    return {
        "people": [
            {
                "id": "dana",
                "name": "Dana Ito",
                "role": "Platform lead",
                "email": "dana.ito@northwind-freight.example",
                "teams": teams[:1],
            },
            {
                "id": "sam",
                "name": "Sam Osei",
                "role": "Head of Security",
                "email": "sam.osei@northwind-freight.example",
            },
        ],
        "findings": {
            "due": {"critical": "2d", "high": "7d", "medium": "30d", "low": "90d"},
            "owners": [
                {"owner": "sam", "rules": ["pagerduty_owners_*", "pagerduty_privileges_*"]},
                {"owner": "dana", "unowned": True},
            ],
        },
        "frameworks": [{"name": "soc2", "owner": "sam"}],
        "parameters": {
            "critical_services": f"row.title in {critical}",
            "authorized_actors": actors,
        },
    }
