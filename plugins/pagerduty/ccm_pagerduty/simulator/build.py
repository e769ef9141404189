"""Makes the account of a company that is mostly well run."""

from __future__ import annotations

from datetime import datetime
from random import Random

from ccm_pagerduty.simulator.account import Account, AccountSizes
from ccm_pagerduty.simulator.identifiers import object_id
from ccm_pagerduty.simulator.names import PRIORITIES
from ccm_pagerduty.simulator.objects import Priority
from ccm_pagerduty.simulator.people import add_people
from ccm_pagerduty.simulator.policies import add_policies, add_services
from ccm_pagerduty.simulator.rotas import add_schedules
from ccm_pagerduty.simulator.stories import add_incidents

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

    What is wrong in it stands at fixed places (see ``_FLAWS`` and the numbered sets in the
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
