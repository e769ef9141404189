"""PagerDuty on the wire: hosts, headers, objects and listings.

Follows https://developer.pagerduty.com/docs/versioning. This module reaches httpx, so
it is imported only where an account is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse, UsageError
from ccm_core.sdk.http import Bounds, HttpResponse, HttpSource, is_loopback
from ccm_core.sdk.rate_limit import Limiter
from ccm_core.sdk.types import (
    CollectorEvent,
    ConnectRequest,
    CredentialInfo,
    JsonObject,
    Page,
    Request,
    Traffic,
)
from ccm_pagerduty.api_errors import faults
from ccm_pagerduty.auth_methods import API_KEY
from ccm_pagerduty.credential import credential_of
from ccm_pagerduty.oauth_provider import REGIONS
from ccm_pagerduty.paging import Compose, Pager, listed
from ccm_pagerduty.rate_limits import ON_CALLS_PER_MINUTE, advice, per_minute

if TYPE_CHECKING:
    import httpx

ACCEPT = "application/vnd.pagerduty+json;version=2"

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedObject:
    """One object, with what a page needs to say where it came from."""

    request: Request
    answer: HttpResponse
    value: Any

    def page(self, items: Sequence[JsonObject]) -> Page:
        """Make the page of a listing that has only this answer."""
        return Page(
            request=self.request,
            number=1,
            items=items,
            response_digest=self.answer.digest,
            received_at=self.answer.received_at,
            last=True,
        )


class PagerDutySession:
    """A live connection to one account; what the collectors are handed."""

    def __init__(
        self,
        source: HttpSource,
        *,
        settings: JsonObject,
        on_calls: Limiter,
        credential: CredentialInfo,
    ) -> None:
        """Read through ``source``, which is open for as long as the session is used."""
        self._source, self._on_calls = source, on_calls
        self.settings = settings
        self._credential = credential

    @property
    def traffic(self) -> Traffic:
        """The running counters."""
        return self._source.traffic

    @property
    def credential(self) -> CredentialInfo:
        """What the account tells of the key."""
        return self._credential

    @property
    def page_size(self) -> int:
        """Items asked for in one request."""
        return int(self.settings.get("page_size", 100))

    async def get(
        self, path: str, wrapper: str, parameters: Parameters = (), *, attempts: int | None = None
    ) -> FetchedObject:
        """Read one object out of its wrapper.

        Raises:
            BadResponse: The wrapper is not there.
            SourceError: The request was refused or failed.
        """
        answer = await self._source.get(
            path, parameters, limiter=self._own_limiter(path), attempts=attempts
        )
        document = answer.json()
        if not isinstance(document, dict) or wrapper not in document:
            raise BadResponse(f"{answer.described()}: there is no {wrapper!r} in it")
        request = Request(endpoint=path, parameters=tuple(parameters))
        return FetchedObject(request=request, answer=answer, value=document[wrapper])

    def listing(
        self,
        path: str,
        wrapper: str,
        parameters: Parameters = (),
        *,
        counted: bool = True,
        may_split: bool = False,
        compose: Compose | None = None,
    ) -> AsyncIterator[CollectorEvent]:
        """Read a listing to its end, or say what of it the API will not list.

        Args:
            path: Such as ``/services``.
            wrapper: The key that holds the items.
            parameters: The query without paging.
            counted: Ask for the total; left out where a kind is made of many small listings.
            may_split: Yield an :class:`Overflow`, and nothing else, when there is too much.
            compose: Applied to each item.
        """
        pager = self.pager(path, wrapper, parameters, counted=counted, compose=compose)
        return listed(pager, may_split=may_split)

    def pager(
        self,
        path: str,
        wrapper: str,
        parameters: Parameters = (),
        *,
        counted: bool = True,
        compose: Compose | None = None,
    ) -> Pager:
        """Prepare to read a listing page by page."""
        return Pager(
            source=self._source,
            path=path,
            wrapper=wrapper,
            parameters=tuple(parameters),
            size=self.page_size,
            parallel=self.settings.get("parallel", 1),
            counted=counted,
            compose=compose,
            limiter=self._own_limiter(path),
        )

    def _own_limiter(self, path: str) -> Limiter | None:
        return self._on_calls if path == "/oncalls" else None


@asynccontextmanager
async def live(
    request: ConnectRequest,
    *,
    bounds: Bounds | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[PagerDutySession]:
    """Open a connection and find out whose key it is.

    Args:
        request: The connection.
        bounds: Limits of time, size and patience.
        transport: A stand-in for the network, for tests.

    Raises:
        AuthenticationFailed: The key is wrong, revoked, or of another region.
        Unreachable: No answer came from the region's host.
    """
    settings, authorization = request.settings, request.authorization
    if authorization is None:
        raise AssertionError("every method of this connector says what authorises a request")
    limiter = request.limiters.limiter_for(
        authorization.name, per_minute(settings.get("share", 0.9))
    )
    source = HttpSource(
        _base_url(request),
        headers={"Accept": ACCEPT, "User-Agent": request.user_agent},
        authorization=authorization,
        limiter=limiter,
        advice=advice(settings.get("share", 0.9)),
        fault=faults(base_url_of(settings), settings.get("region", "us"), authorization.blanked),
        traffic=Traffic(),
        bounds=replace(bounds or Bounds(), parallel=settings.get("parallel", 1)),
        waiting=request.waiting,
        transport=transport,
    )
    on_calls = request.limiters.limiter_for(f"{authorization.name}:oncalls", ON_CALLS_PER_MINUTE)
    async with source:
        credential = await credential_of(source, request.auth_method, authorization)
        yield PagerDutySession(source, settings=settings, on_calls=on_calls, credential=credential)


def _base_url(request: ConnectRequest) -> str:
    """Give the address of the API; a token goes to PagerDuty or stays on this machine.

    Raises:
        UsageError: The settings send a token somewhere else.
    """
    url = base_url_of(request.settings)
    if request.auth_method == API_KEY or url in REGIONS.values() or is_loopback(url):
        return url
    there = " or ".join(REGIONS.values())
    raise UsageError(
        f"base_url {url!r}: with OAuth 2.0 it is {there}, or a simulator on loopback; leave it "
        "out, and the region decides"
    )


def base_url_of(settings: JsonObject) -> str:
    """Give the address of the API: the region's, unless the settings name another."""
    return str(settings.get("base_url") or REGIONS[settings.get("region", "us")])
