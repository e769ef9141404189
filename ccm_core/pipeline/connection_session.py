"""Open a session of a connection, and diagnose one that is open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, SourceError
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.credentials.authorization import authorization
from ccm_core.pipeline.credentials.credential_age import diagnose_age
from ccm_core.sdk.types import ConnectRequest, Diagnosis, Session

if TYPE_CHECKING:
    from ccm_core.sdk.rate_limit import Limiters


async def check(host: Host, connection: Connection) -> Sequence[Diagnosis]:
    """Return what the connector diagnoses in a live session, and the age of the credential.

    Raises:
        SourceError: The source cannot be used at all.
    """
    from ccm_core.sdk.rate_limit import Limiters

    request = connect_request(host, connection, Limiters(), lambda _seconds: None)
    async with open_session(connection, request) as session:
        diagnoses = await connection.connector.check(session)
    return (*diagnoses, *diagnose_age(connection, host.clock()))


@asynccontextmanager
async def open_session(connection: Connection, request: ConnectRequest) -> AsyncIterator[Session]:
    """Open a session. A plugin's bug in opening it counts as a failure of the source.

    Raises:
        SourceError: The source cannot be used, or its connector broke.
    """
    async with AsyncExitStack() as stack:
        try:
            session = await stack.enter_async_context(connection.connector.connect(request))
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
    )
