"""Open a session of a connection, and diagnose one that is open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, PluginFault, SourceError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.credentials.authorization import authorization
from ccm_core.pipeline.credentials.credential_age import diagnose_age
from ccm_core.pipeline.source.account import diagnose_account, refuse_other_account
from ccm_core.pipeline.source.clock import diagnose_clock
from ccm_core.sdk.secret import disclosing
from ccm_core.sdk.types import ConnectRequest, Diagnosis, Session

if TYPE_CHECKING:
    from ccm_core.sdk.rate_limit import Limiters
    from ccm_core.sdk.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTest:
    """What a live session of a connection showed."""

    connection: Connection
    diagnoses: tuple[Diagnosis, ...]
    account: str | None
    """The account that its credential opens; None where the source does not tell."""
    stored_account: str | None
    """The account whose evidence is stored under its name; None: that of none is."""
    traffic: Traffic
    """What went over the wire."""

    def refuse_other_account(self) -> None:
        """Refuse a credential of another account than the stored evidence is of.

        Raises:
            AccountMismatch: It is.
        """
        refuse_other_account(
            self.connection, self.account, self.stored_account, consequence="nothing was saved"
        )


async def check(
    host: Host, connection: Connection, stored_account: str | None = None
) -> SessionTest:
    """Diagnose a live session: by the connector, its account, the clock, and the credential's age.

    Args:
        host: What is installed, and the clock.
        connection: What to open.
        stored_account: The account whose evidence is stored under its name.

    Raises:
        SourceError: The source cannot be used at all.
    """
    from ccm_core.sdk.rate_limit import Limiters

    request = connect_request(host, connection, Limiters(), lambda _seconds: None)
    async with open_session(connection, request) as session:
        diagnoses = await connection.connector.check(session)
        account, clock = session.credential.account, diagnose_clock(session.traffic)
    return SessionTest(
        connection=connection,
        diagnoses=(
            *(_as_accepted(diagnosis, connection.accept_unavailable) for diagnosis in diagnoses),
            diagnose_account(connection, account, stored_account),
            clock,
            *diagnose_age(connection, host.clock()),
        ),
        account=account,
        stored_account=stored_account,
        traffic=session.traffic,
    )


def _as_accepted(diagnosis: Diagnosis, reasons: Mapping[str, str]) -> Diagnosis:
    """Return a diagnosis as one that is fine, where all that it says is accepted."""
    kinds = diagnosis.refused_kinds
    if diagnosis.ok or not kinds or not reasons.keys() >= set(kinds):
        return diagnosis
    accepted = "; ".join(dict.fromkeys(reasons[kind] for kind in kinds))
    message = f"{diagnosis.message}, which is accepted: {accepted}"
    return replace(diagnosis, ok=True, message=message, next_step=None, cause=None)


@asynccontextmanager
async def open_session(connection: Connection, request: ConnectRequest) -> AsyncIterator[Session]:
    """Open a session. A plugin's bug in opening it counts as a failure of the source.

    Raises:
        SourceError: The source cannot be used, or its connector broke.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(disclosing(secret.reveal() for secret in request.secrets.values()))
        try:
            session = await stack.enter_async_context(connection.connector.connect(request))
        except PluginFault as fault:
            raise SourceError(str(fault)) from fault
        except CcmError:
            raise
        except Exception as fault:
            broke = f"the connector {connection.connector.name} broke while it connected: {fault!r}"
            raise SourceError(broke) from fault
        yield session


def connect_request(
    host: Host, connection: Connection, limiters: Limiters, waiting: Callable[[float], None]
) -> ConnectRequest:
    """Return what a connector needs to open a session."""
    return ConnectRequest(
        connection=connection.name,
        settings=connection.settings,
        auth_method=connection.auth_method,
        auth=connection.auth,
        secrets=connection.secrets,
        user_agent=host.user_agent,
        limiters=limiters,
        on_wait=waiting,
        authorization=authorization(host, connection),
        clock=host.response_clock,
    )
