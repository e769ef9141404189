"""Opening a connection, and looking at one that is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ccm_core.pipeline.ageing import age
from ccm_core.pipeline.authorizing import authorization
from ccm_core.pipeline.parties import Connection, Host
from ccm_core.sdk.limits import Limiters
from ccm_core.sdk.types import ConnectRequest, Diagnosis


def check(host: Host, connection: Connection) -> Sequence[Diagnosis]:
    """Ask the connector to look at a live session and say what is wrong.

    Raises:
        SourceError: The source cannot be used at all.
    """

    async def look() -> Sequence[Diagnosis]:
        request = request_to(host, connection, Limiters(), lambda _seconds: None)
        async with connection.connector.connect(request) as session:
            found = await connection.connector.check(session)
        return (*found, *age(connection, host.clock()))

    return asyncio.run(look())


def request_to(
    host: Host, connection: Connection, limiters: Limiters, waiting: Callable[[float], None]
) -> ConnectRequest:
    """Give what a connector needs to open a connection."""
    return ConnectRequest(
        connection=connection.name,
        settings=connection.settings,
        auth_method=connection.auth_method,
        auth=connection.auth,
        secrets=connection.secrets,
        user_agent=host.user_agent,
        limiters=limiters,
        waiting=waiting,
        authorization=authorization(host, connection),
    )
