"""The account of a simulated company that is mostly well run."""

from __future__ import annotations

from datetime import datetime
from random import Random

from pagerduty_simulator.account.account import Account, AccountSizes
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import PRIORITIES, SUBDOMAIN
from pagerduty_simulator.account.objects import Priority
from pagerduty_simulator.demo_data.business import add_business
from pagerduty_simulator.demo_data.incidents import add_incidents
from pagerduty_simulator.demo_data.operations import add_operations
from pagerduty_simulator.demo_data.policies import add_policies, add_services
from pagerduty_simulator.demo_data.schedules import add_schedules
from pagerduty_simulator.demo_data.users import add_users

LOOKBACK_DAYS = 30
DEFAULT_SIZES = AccountSizes()


def build_account(
    now: datetime,
    *,
    seed: int = 1,
    sizes: AccountSizes = DEFAULT_SIZES,
    lookback_days: int = LOOKBACK_DAYS,
    subdomain: str = SUBDOMAIN,
) -> Account:
    """Build an account as of a moment. The same arguments build the same account.

    Its flaws have fixed numbers (see ``_FLAWS`` and the numbered sets in the modules that add the
    objects), so small accounts are sound and the default one has every flaw.
    """
    random = Random(seed)
    account = Account(now=now.replace(microsecond=0), subdomain=subdomain)
    for position, (name, description) in enumerate(PRIORITIES):
        identifier = object_id("priority", position)
        account.priorities.append(Priority(id=identifier, name=name, description=description))
    add_users(account, sizes.users, sizes.teams, random)
    add_schedules(account, sizes.schedules, random)
    add_policies(account, sizes.policies)
    add_services(account, sizes.services, random)
    add_operations(account)
    add_business(account)
    add_incidents(account, sizes.incidents, lookback_days, random)
    return account
