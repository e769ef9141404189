"""Opens the source of a run, and decides whether this run may read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from ccm_core.errors import SourceError
from ccm_core.model.evidence.collection import CredentialInfo, Shortfall, Visibility
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.source.account import refuse_other_account, unidentified
from ccm_core.pipeline.source.clock import correction, disagreement, refuse_wrong_clock
from ccm_core.pipeline.source.connection_session import open_session
from ccm_core.sdk.secret import without_secrets
from ccm_core.sdk.types import ConnectRequest, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSource:
    """A source that was opened for a run, or why it could not be."""

    session: Session | None = None
    """None where nothing is due, or where it could not be opened."""
    failure: SourceError | asyncio.CancelledError | None = None
    stored_account: str | None = None
    """The account whose evidence is stored."""
    clock_correction: timedelta = timedelta(0)
    """What to subtract from this machine's clock."""
    doubts: tuple[Shortfall, ...] = ()
    """Shortfalls of everything that is read from it."""

    @property
    def credential(self) -> CredentialInfo | None:
        """What the source reports of the credential; None where it was not reached."""
        if self.session is None:
            return None
        credential: CredentialInfo = without_secrets(self.session.credential)
        return credential

    @property
    def account(self) -> str | None:
        """The account that is read; None where the source does not tell."""
        return self.credential.account if self.credential else None

    @property
    def sees_whole(self) -> bool:
        """Whether the credential is shown to see the whole account."""
        return bool(self.credential and self.credential.visibility is Visibility.WHOLE)

    @property
    def is_new_account(self) -> bool:
        """Whether the account was replaced on purpose since the last run."""
        return self.account is not None and self.stored_account not in {None, self.account}

    @property
    def clock_skew(self) -> float | None:
        """Seconds by which this machine is ahead; None where the source does not tell."""
        return self.session.traffic.clock_skew if self.session else None

    @property
    def clock_disagreement(self) -> float | None:
        """Seconds by which a response differs from the first one; None where none does."""
        return disagreement(self.session.traffic) if self.session else None


@asynccontextmanager
async def open_source(
    connection: Connection, request: ConnectRequest, stored_account: str | None, *, due: bool
) -> AsyncIterator[OpenedSource]:
    """Open the source of a run, and compare its account and its clock before anything is stored.

    Args:
        connection: What to read.
        request: How.
        stored_account: The account whose evidence is stored under its name.
        due: Whether anything is to be read; if not, no session is opened.

    Raises:
        AccountMismatch: The credential opens another account.
        ClockMismatch: This machine's clock is more than an hour off.
    """
    if not due:
        yield OpenedSource(stored_account=stored_account)
        return
    async with AsyncExitStack() as stack:
        try:
            session = await stack.enter_async_context(open_session(connection, request))
        except (SourceError, asyncio.CancelledError) as failure:
            yield OpenedSource(stored_account=stored_account, failure=failure)
            return
        account, skew = session.credential.account, session.traffic.clock_skew
        refuse_other_account(connection, account, stored_account)
        refuse_wrong_clock(connection.name, skew)
        doubt = unidentified(connection, account, stored_account)
        yield OpenedSource(
            session=session,
            stored_account=stored_account,
            clock_correction=correction(skew),
            doubts=(doubt,) if doubt else (),
        )
