"""The account that a credential opens is compared with the one whose evidence is stored.

Evidence of two accounts under one name would be evaluated together: people of the one would answer
for incidents of the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.errors import AccountMismatch
from ccm_core.model.evidence.account import current_account
from ccm_core.model.evidence.collection import Reason, Shortfall
from ccm_core.pipeline.context import Connection
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.store.interface.runs import RunStore


def expected_account(connection: Connection, stored: str | None) -> str | None:
    """Return the account that a credential has to open; None: any.

    Args:
        connection: Its settings may name the account.
        stored: The account whose evidence is stored under the connection's name.
    """
    return connection.account or stored


def stored_account(runs: RunStore, connection: str, now: datetime) -> str | None:
    """Return the account whose evidence is stored under a connection's name; None: that of none."""
    return current_account(runs.collections(connection, since=now))


def refuse_other_account(
    connection: Connection,
    account: str | None,
    stored: str | None,
    *,
    consequence: str = "nothing was stored",
) -> None:
    """Refuse a credential that opens another account.

    Args:
        connection: The connection.
        account: What its credential opens; None: the source does not tell.
        stored: The account whose evidence is stored.
        consequence: What was not done, for the message.

    Raises:
        AccountMismatch: It does.
    """
    if problem := other_account(connection, account, stored):
        raise AccountMismatch(f"{connection.name}: {problem}; {consequence}. {_ways(connection)}")


def other_account(connection: Connection, account: str | None, stored: str | None) -> str | None:
    """Return what is wrong where a credential opens another account than expected."""
    expected = expected_account(connection, stored)
    if account is None or expected is None or account == expected:
        return None
    why = "its settings name" if connection.account else "the stored evidence is of"
    return f"the credential opens the account {account}, and {why} {expected}"


def unidentified(
    connection: Connection, account: str | None, stored: str | None
) -> Shortfall | None:
    """Return the shortfall of all that is read where the account cannot be told any more.

    Args:
        connection: The connection.
        account: What the source tells of the account now.
        stored: The account whose evidence is stored.
    """
    expected = expected_account(connection, stored)
    if account is not None or expected is None:
        return None
    detail = (
        f"the source does not tell whose account this is, and expected is {expected}; let the "
        "credential list users, or connect under another name"
    )
    return Shortfall(reason=Reason.UNIDENTIFIED, detail=detail)


def diagnose_account(connection: Connection, account: str | None, stored: str | None) -> Diagnosis:
    """Return whose account it is, and what to do where it is another one than before."""
    if problem := other_account(connection, account, stored):
        return Diagnosis(
            subject="account",
            ok=False,
            cause="other_account",
            message=f"{problem}; collecting is refused",
            next_step=_ways(connection),
        )
    if shortfall := unidentified(connection, account, stored):
        return Diagnosis(
            subject="account",
            ok=False,
            cause="unidentified_account",
            message=shortfall.detail,
            next_step="let the credential list users",
        )
    message = account or "the source does not tell whose account this is"
    return Diagnosis(subject="account", ok=True, message=message)


def _ways(connection: Connection) -> str:
    name, connector = connection.name, connection.connector.name
    return (
        f"Use a credential of the same account. If the account was replaced or renamed for good: "
        f"ccm connections rotate {name} --other-account (or its name as `account` in the settings "
        f"of {name}). For a second account: ccm connect {connector} --name NAME"
    )
