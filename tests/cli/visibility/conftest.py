"""A sound account, with a private team that nothing names, and keys of different reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pagerduty_simulator import Account, PagerDutySimulator
from pagerduty_simulator.account.objects import (
    Policy,
    PolicyLevel,
    PolicyTarget,
    Service,
    Team,
    User,
)
from pagerduty_simulator.api.credentials import USER_KEY, SimulatedCredential

PRIVATE = Team(id="PPRIVATE", name="Acquisitions", default_role="none")
HIDDEN_POLICY = Policy(
    id="PHIDDENP",
    name="Acquisitions",
    team_ids=(PRIVATE.id,),
    levels=(PolicyLevel(id="PHIDDENL", targets=(PolicyTarget(type="user", id="PGONE"),)),),
)
"""Its only level names somebody who was deleted: a critical failure."""
HIDDEN_SERVICE = Service(
    id="PHIDDENS",
    name="Data room",
    policy_id=HIDDEN_POLICY.id,
    created_at=0,
    team_ids=(PRIVATE.id,),
)
NEWCOMER = User(
    id="PNEWCOMER",
    name="Nadia Newcomer",
    email="nadia@example.com",
    role="observer",
    time_zone="UTC",
)


def hide_a_team(account: Account) -> None:
    """Add a private team with a service whose policy reaches nobody; nothing visible names it."""
    account.teams[PRIVATE.id] = PRIVATE
    account.policies[HIDDEN_POLICY.id] = HIDDEN_POLICY
    account.services[HIDDEN_SERVICE.id] = HIDDEN_SERVICE


@pytest.fixture
def private_team(connected: PagerDutySimulator) -> PagerDutySimulator:
    """The account with a private team that nothing visible names."""
    hide_a_team(connected.account)
    return connected


@pytest.fixture
def use_key_of(
    connected: PagerDutySimulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Use the key of a user with a base role, who is in no team."""

    def use(role: str) -> None:
        connected.account.users[NEWCOMER.id] = replace(NEWCOMER, role=role)
        credential = SimulatedCredential(secret=USER_KEY, user_id=NEWCOMER.id)
        connected.control.api_keys[USER_KEY] = credential
        monkeypatch.setenv("PD_KEY", USER_KEY)

    return use


@pytest.fixture
def use_packs(folder: Path) -> Callable[..., None]:
    """Evaluate with these packs."""

    def use(*packs: str) -> None:
        settings = folder / "ccm.yaml"
        head, _, _ = settings.read_text().partition("rules:")
        settings.write_text(f"{head}rules: {{packs: [{', '.join(packs)}]}}\n")

    return use
