"""A credential that belongs to another account than before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pagerduty_simulator import AccountSizes, build_account, many_incidents
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.faults import refuse

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.errors import AccountMismatch
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Reason

OTHER = "globex.pagerduty.com"
LISTS = ("/users", "/escalation_policies", "/services", "/teams", "/schedules")


@pytest.fixture
def swapped(lab):
    """The key belongs to another account from now on, which has people and incidents of its own."""
    sizes = AccountSizes(users=5, teams=2, schedules=2, policies=2, services=2, incidents=0)
    account = build_account(lab.account.now, seed=7, sizes=sizes, subdomain="globex")
    now = lab.account.now
    many_incidents(account, 3, spread=(now - timedelta(days=3), now - timedelta(days=2)))
    credential = SimulatedCredential(secret=lab.key, account=account)
    lab.control.api_keys = {lab.key: credential}
    return lab


def mine(lab) -> str:
    """Return the name of the account that was read before."""
    return f"{lab.account.subdomain}.pagerduty.com"


@pytest.mark.attack(
    "Account",
    "A connection's key is replaced by one of another account",
    "The run is refused before anything is stored; the message names both accounts and the ways on",
)
def test_a_credential_of_another_account_is_refused_before_anything_is_stored(swapped):
    """The evidence stays that of one account."""
    with pytest.raises(AccountMismatch) as refused:
        swapped.read()
    message = str(refused.value)
    assert OTHER in message
    assert mine(swapped) in message
    assert "rotate pagerduty-test --other-account" in message
    assert swapped.runs_of_last_store() == 1


def test_every_run_and_every_collection_says_whose_account_was_read(lab):
    """So that evidence of two accounts can be told apart."""
    ran = lab.honest(first=True)
    assert ran.manifest.credential.account == mine(lab)
    assert {one.account for one in ran.manifest.collections} == {mine(lab)}


@pytest.mark.attack(
    "Account",
    "The change of account is accepted, and incidents of both accounts are stored",
    "Only what is of the present account is evaluated",
)
def test_evidence_of_a_former_account_counts_for_nothing(swapped):
    """Where the settings name the new account, all of it is read, and nothing else is evaluated."""
    ran = swapped.read(account=OTHER)
    first = swapped.read(first=True, account=OTHER)

    assert {one.account for one in ran.manifest.collections} == {OTHER}
    assert ran.exit == first.exit
    statuses = {rule: (one.status, one.population) for rule, one in ran.rules.items()}
    expected = {rule: (one.status, one.population) for rule, one in first.rules.items()}
    assert statuses == expected


def test_settings_that_name_an_account_refuse_every_other(lab):
    """The account that the settings name counts more than what was stored before."""
    with pytest.raises(AccountMismatch, match="its settings name globex"):
        lab.read(account=OTHER)


@pytest.mark.attack(
    "Account",
    "A replaced key can list nothing that tells whose account it is",
    "What it reads is partial and lets no rule pass",
)
def test_an_account_that_cannot_be_told_any_more_lets_nothing_pass(lab):
    """Before, it was known; now every list that would name it is refused."""
    for path in LISTS:
        lab.control.deny(path)
    ran = lab.read()

    assert ran.manifest.credential.account is None
    assert Reason.UNIDENTIFIED in ran.reasons("on_call")
    assert ran.exit is Exit.INSUFFICIENT
    passing = {rule for rule, one in ran.rules.items() if one.status is Status.PASS}
    assert {rule for rule in passing if not rule.startswith("pagerduty_co")} == set()


def test_one_refused_list_does_not_hide_the_account(lab):
    """Whoever may not list users is told by another list."""
    lab.control.inject("/users", refuse(403))
    ran = lab.read("service")
    assert ran.manifest.credential.account == mine(lab)
