"""A PagerDuty connection whose network is a function, and one to the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
from ccm_pagerduty.client import open_session
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.views import first_acts
from hunting import hunt, no_secret_is_left

from ccm_core.rules.evaluate.earliest import Earliest
from ccm_core.sdk.authorization import BEARER, Authorization, StaticToken
from ccm_core.sdk.http import Bounds
from ccm_core.sdk.rate_limit import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import (
    CollectRequest,
    ConnectRequest,
    Overflow,
    Page,
    ResumeFrom,
    Shortfall,
    Window,
)

__all__ = ["hunt", "no_secret_is_left"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "u+S3cretKeyOfTheAccount"
HASTY = Bounds(attempts=2, backoff=0.0, max_backoff=0.0)

Handler = Callable[[httpx.Request], httpx.Response]


def request_for(**settings) -> ConnectRequest:
    """Ask for a connection with these settings."""
    return ConnectRequest(
        connection="pagerduty-test",
        settings=settings,
        auth_method="api_key",
        auth={},
        secrets={"key": Secret(KEY)},
        user_agent="ccm-test/1",
        limiters=Limiters(),
        authorization=Authorization.from_key(Secret(KEY), prefix="Token token="),
    )


def ask_for(**changes) -> CollectRequest:
    """Ask for an hour, or for what a case needs."""
    return CollectRequest(
        **{
            "now": NOW,
            "window": Window(NOW - timedelta(hours=1), NOW),
            "horizon": Window(NOW - timedelta(days=30), NOW + timedelta(days=14)),
            **changes,
        }
    )


def me(handler: Handler) -> Handler:
    """Answer whose key it is, as for an account's key, and leave the rest to the handler."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/users/me":
            return httpx.Response(400, json={"error": "Caller is not a user"})
        if request.url.raw_path == b"/users?limit=1":
            user = {"id": "POWNER", "html_url": "https://acme.pagerduty.com/users/POWNER"}
            return httpx.Response(200, json={"users": [user]})
        return handler(request)

    return answer


def talk(handler: Handler, use, *, bounds=HASTY, method="api_key", **settings):
    """Open a session over a stand-in for the network and give what ``use`` makes of it."""

    async def run():
        network = httpx.MockTransport(handler)
        request = replace(request_for(**settings), auth_method=method)
        if method != "api_key":
            tokens = StaticToken(Secret(KEY), scopes=("openid", "read"))
            authorization = Authorization(tokens, prefix=BEARER, name="pagerduty-test")
            request = replace(request, authorization=authorization)
        async with open_session(request, bounds=bounds, transport=network) as session:
            return await use(session)

    return asyncio.run(run())


def by_type(events):
    """Group events into pages, shortfalls and overflows."""
    return SimpleNamespace(
        pages=[event for event in events if isinstance(event, Page)],
        shortfalls=[event for event in events if isinstance(event, Shortfall)],
        reached=[event for event in events if isinstance(event, ResumeFrom)],
        overflows=[event for event in events if isinstance(event, Overflow)],
        items=[item for event in events if isinstance(event, Page) for item in event.items],
    )


def collected(handler: Handler, collect, ask=None, **settings):
    """Run a collector over a stand-in for the network."""

    async def use(session):
        return by_type([event async for event in collect(session, ask or ask_for())])

    return talk(me(handler), use, **settings)


@pytest.fixture(scope="session")
def pagerduty():
    """Return the helpers of these tests by name."""
    return SimpleNamespace(
        now=NOW,
        key=KEY,
        hasty=HASTY,
        request_for=request_for,
        ask_for=ask_for,
        me=me,
        talk=talk,
        collected=collected,
        by_type=by_type,
    )


@pytest.fixture(scope="session")
def acts_among():
    """Find, as the host does, the first act of each person among records of log entries."""

    def run(entries):
        (kind,) = (kind for kind in kinds() if kind.name == "pagerduty.incident_log_entry")
        asked = first_acts()
        return {asked.name: Earliest(asked, kind).see(entries).found}

    return run
