"""Makes the account of a company that is mostly well run."""

from __future__ import annotations

from datetime import datetime
from random import Random

from pagerduty_simulator.account.account import Account, AccountSizes
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import PRIORITIES
from pagerduty_simulator.account.objects import Priority
from pagerduty_simulator.demo_data.incidents import add_incidents
from pagerduty_simulator.demo_data.people import add_people
from pagerduty_simulator.demo_data.policies import add_policies, add_services
from pagerduty_simulator.demo_data.schedules import add_schedules

LOOKBACK_DAYS = 30
DEFAULT_SIZES = AccountSizes()


def build_account(
    now: datetime,
    *,
    seed: int = 1,
    sizes: AccountSizes = DEFAULT_SIZES,
    lookback_days: int = LOOKBACK_DAYS,
) -> Account:
    """Make an account as of a moment. The same arguments give the same account.

    What is wrong in it stands at fixed references (see ``_FLAWS`` and the numbered sets in the
    modules that make the parts), so small accounts are sound and the default one has all of it.
    """
    random = Random(seed)
    account = Account(now=now.replace(microsecond=0))
    for position, (name, description) in enumerate(PRIORITIES):
        identifier = object_id("priority", position)
        account.priorities.append(Priority(id=identifier, name=name, description=description))
    add_people(account, sizes.users, sizes.teams, random)
    add_schedules(account, sizes.schedules, random)
    add_policies(account, sizes.policies)
    add_services(account, sizes.services, random)
    add_incidents(account, sizes.incidents, lookback_days, random)
    return account
