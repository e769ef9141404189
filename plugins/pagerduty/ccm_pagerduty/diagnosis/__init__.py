"""What ``ccm check`` says about a connection, one line for each thing, with the next step.

A live session is asked little: one object of each endpoint, then at most :data:`~.lists.PAGES`
pages of each list whose objects name each other. Why a connection could not be opened, and what
the newest collections lack, are told without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.errors import SourceError
    from ccm_core.sdk.types import Collection, ConnectRequest, Diagnosis
    from ccm_pagerduty.client import PagerDutySession


async def check(session: PagerDutySession) -> Sequence[Diagnosis]:
    """Look at the credential, at every endpoint that is read, at what is hidden, at the clock."""
    from ccm_pagerduty.diagnosis import (
        clock_skew,
        empty_schedules,
        endpoints,
        permissions,
        visibility,
    )
    from ccm_pagerduty.diagnosis.listings import read_lists

    told = [permissions.credential(session.credential), *permissions.scopes(session.credential)]
    told += await endpoints.endpoints(session)
    listed = await read_lists(session)
    told.append(await visibility.visibility(session, listed))
    told.append(empty_schedules.without_people(listed))
    return (*told, clock_skew.clock(session.traffic.clock_skew))


async def refused(request: ConnectRequest, error: SourceError) -> Sequence[Diagnosis]:
    """Say why a connection could not be opened."""
    from ccm_pagerduty.diagnosis.connect_failure import why

    return await why(request, error)


def review(collections: Sequence[Collection]) -> Sequence[Diagnosis]:
    """Say what the newest collections of each kind lack, and what follows."""
    from ccm_pagerduty.diagnosis.last_collections import lacking

    return lacking(collections)
