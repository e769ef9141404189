"""Diagnosis of a connection for ``ccm check``: one line for each subject, with the next step.

An open session sends few requests: one object of each endpoint, then at most
:data:`~.listings.PAGES` pages of each list whose objects refer to each other. Why a connection
could not be opened, and what the newest collections lack, is diagnosed without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.errors import SourceError
    from ccm_core.sdk.types import Collection, ConnectRequest, Diagnosis
    from ccm_pagerduty.client import PagerDutySession


async def check(session: PagerDutySession) -> Sequence[Diagnosis]:
    """Diagnose the credential, every endpoint, hidden objects and empty schedules."""
    from ccm_pagerduty.diagnosis import (
        empty_schedules,
        endpoints,
        permissions,
        visibility,
    )
    from ccm_pagerduty.diagnosis.sample_lists import read_lists

    lines = [*permissions.scopes(session.credential), *await endpoints.endpoints(session)]
    listings = await read_lists(session)
    nothing_listed = visibility.nothing_listed(listings)
    lines.insert(0, permissions.credential(session.credential, nothing_listed=nothing_listed))
    lines.append(await visibility.visibility(session, listings))
    lines.append(empty_schedules.without_users(listings))
    return lines


async def refused(request: ConnectRequest, error: SourceError) -> Sequence[Diagnosis]:
    """Diagnose why a connection could not be opened."""
    from ccm_pagerduty.diagnosis.connect_failure import diagnose

    return await diagnose(request, error)


def review(collections: Sequence[Collection]) -> Sequence[Diagnosis]:
    """Diagnose what the newest collections of each kind lack."""
    from ccm_pagerduty.diagnosis.last_collections import incomplete_kinds

    return incomplete_kinds(collections)
