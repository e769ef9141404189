"""How old a connection's credential is, and when it must be rotated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.pipeline.context import Connection

SUBJECT = "credential age"
_DAY = timedelta(days=1)


def diagnose_age(connection: Connection, now: datetime) -> Sequence[Diagnosis]:
    """Return the age of the credential; nothing where its connector sets no rotation period."""
    longest = connection.method.max_age
    if longest is None:
        return ()
    entered, rotate_by = connection.entered_at, connection.rotate_by
    if entered is None or rotate_by is None:
        finding = "not known: the credential is stored where the settings refer to"
        return (Diagnosis(subject=SUBJECT, ok=True, message=finding),)
    since = f"entered on {entered:%Y-%m-%d}, {_days(now - entered)} ago"
    if now < rotate_by:
        finding = f"{since}; rotate it by {rotate_by:%Y-%m-%d}"
        return (Diagnosis(subject=SUBJECT, ok=True, message=finding),)
    return (
        Diagnosis(
            subject=SUBJECT,
            ok=False,
            message=f"{since}; its rotation period is {_days(longest)}",
            next_step=f"create a new one, then run `ccm connections rotate {connection.name}`",
        ),
    )


def _days(length: timedelta) -> str:
    days = length // _DAY
    return f"{days} day{'' if days == 1 else 's'}"
