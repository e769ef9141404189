"""HTTP client of the PagerDuty REST API: hosts, headers, objects and listings.

Follows https://developer.pagerduty.com/docs/versioning. This module imports httpx, so it is
imported only where an account is read.
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
from ccm_pagerduty.api_errors import error_mapper
from ccm_pagerduty.auth_methods import API_KEY
from ccm_pagerduty.credential_owner import credential_of
from ccm_pagerduty.cursor_paging import CursorListing
from ccm_pagerduty.incident_entries import IncidentEntries
from ccm_pagerduty.oauth_provider import REGIONS
from ccm_pagerduty.paging import Compose, Pager, listed
from ccm_pagerduty.rate_limits import ON_CALLS_PER_MINUTE, means_rate_limit, per_minute, retry_after

if TYPE_CHECKING:
    import httpx

ACCEPT = "application/vnd.pagerduty+json;version=2"

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedObject:
    """One object, with the request and the response that it came from."""

    request: Request
    response: HttpResponse
    value: Any

    def page(self, items: Sequence[JsonObject]) -> Page:
        """Return a listing page that consists of this response only."""
        return Page(
            request=self.request,
            number=1,
            items=items,
            response_digest=self.response.digest,
            received_at=self.response.received_at,
            last=True,
        )


class PagerDutySession:
    """An open connection to one account, as collectors use it."""

    def __init__(
        self,
        source: HttpSource,
        *,
        settings: JsonObject,
        on_calls: Limiter,
        credential: CredentialInfo,
    ) -> None:
        """Read through ``source``, which stays open while the session is used."""
        self._source, self._on_calls = source, on_calls
        self.settings = settings
        self._credential = credential
        self.incident_entries = IncidentEntries()
        """Log entries that were read by incident in this run."""

    @property
    def traffic(self) -> Traffic:
        """Return the running request counters."""
        return self._source.traffic

    @property
    def credential(self) -> CredentialInfo:
        """Return the identified credential."""
        return self._credential

    @property
    def page_size(self) -> int:
        """Return the number of items per request."""
        return int(self.settings.get("page_size", 100))

    async def get(
        self, path: str, wrapper: str, parameters: Parameters = (), *, attempts: int | None = None
    ) -> FetchedObject:
        """Read one object out of its wrapper.

        Raises:
            BadResponse: The wrapper is missing.
            SourceError: The request was refused or failed.
        """
        response = await self._source.get(
            path, parameters, limiter=self._own_limiter(path), attempts=attempts
        )
        document = response.json()
        if not isinstance(document, dict) or wrapper not in document:
            raise BadResponse(
                f"{response.summary()}: expected an object with {wrapper!r}, found none"
            )
        request = Request(endpoint=path, parameters=tuple(parameters))
        return FetchedObject(request=request, response=response, value=document[wrapper])

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
        """Read a listing to its end, or report what the API does not list.

        Args:
            path: Such as ``/services``.
            wrapper: The key that holds the items.
            parameters: The query without paging.
            counted: Request the total; off where a kind consists of many small listings.
            may_split: Yield only an :class:`Overflow` when there are too many items.
            compose: Applied to each item.
        """
        pager = self.pager(path, wrapper, parameters, counted=counted, compose=compose)
        return listed(pager, may_split=may_split)

    def listing_by_cursor(
        self,
        path: str,
        wrapper: str,
        parameters: Parameters = (),
        *,
        compose: Compose | None = None,
    ) -> AsyncIterator[CollectorEvent]:
        """Read a listing that hands out cursors to its end."""
        return CursorListing(
            source=self._source,
            path=path,
            wrapper=wrapper,
            parameters=tuple(parameters),
            size=self.page_size,
            compose=compose,
        ).pages()

    def pager(
        self,
        path: str,
        wrapper: str,
        parameters: Parameters = (),
        *,
        counted: bool = True,
        compose: Compose | None = None,
    ) -> Pager:
        """Return a pager that reads a listing page by page."""
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
async def open_session(
    request: ConnectRequest,
    *,
    bounds: Bounds | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[PagerDutySession]:
    """Open a connection and identify its credential.

    Args:
        request: The connection.
        bounds: Limits of time, size and retries.
        transport: Replaces the network in tests.

    Raises:
        AuthenticationFailed: The key is wrong, revoked, or belongs to another region.
        Unreachable: The region's host did not respond.
    """
    settings, authorization = request.settings, request.authorization
    if authorization is None:
        raise AssertionError("every authentication method of this connector sets an authorization")
    limiter = request.limiters.limiter_for(
        authorization.name, per_minute(settings.get("share", 0.9))
    )
    source = HttpSource(
        _base_url(request),
        headers={"Accept": ACCEPT, "User-Agent": request.user_agent},
        authorization=authorization,
        limiter=limiter,
        retry_after=retry_after(settings.get("share", 0.9)),
        error_for=error_mapper(
            base_url_of(settings), settings.get("region", "us"), authorization.redact
        ),
        traffic=Traffic(),
        bounds=replace(bounds or Bounds(), parallel=settings.get("parallel", 1)),
        on_wait=request.on_wait,
        clock=request.clock,
        transport=transport,
        rate_limited=means_rate_limit,
    )
    on_calls = request.limiters.limiter_for(f"{authorization.name}:oncalls", ON_CALLS_PER_MINUTE)
    async with source:
        credential = await credential_of(source, request.auth_method, authorization)
        yield PagerDutySession(source, settings=settings, on_calls=on_calls, credential=credential)


def _base_url(request: ConnectRequest) -> str:
    """Return the address of the API; a token is sent to PagerDuty or to loopback only.

    Raises:
        UsageError: The settings would send a token to another host.
    """
    url = base_url_of(request.settings)
    if request.auth_method == API_KEY or url in REGIONS.values() or is_loopback(url):
        return url
    addresses = " or ".join(REGIONS.values())
    raise UsageError(
        f"base_url {url!r}: with OAuth 2.0, expected {addresses} or a simulator on loopback; "
        "remove base_url, and the region decides"
    )


def base_url_of(settings: JsonObject) -> str:
    """Return the address of the API: the region's, unless the settings name another."""
    return str(settings.get("base_url") or REGIONS[settings.get("region", "us")])
