"""PagerDuty on the wire: hosts, headers, listings and their cap.

Follows https://developer.pagerduty.com/docs/pagination and ``.../docs/versioning``. This module
reaches httpx, so it is imported only where an account is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadAnswer
from ccm_core.sdk.http import Answer, Bounds, HttpSource
from ccm_core.sdk.limits import Limiter
from ccm_core.sdk.paging import Capped, OffsetPage, by_offset
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import (
    ConnectRequest,
    Credential,
    Finding,
    JsonObject,
    Overflow,
    Page,
    Reason,
    Request,
    Shortfall,
    Traffic,
)
from ccm_pagerduty.credential import credential_of
from ccm_pagerduty.faults import faults
from ccm_pagerduty.pacing import ON_CALLS_PER_MINUTE, advice, per_minute

if TYPE_CHECKING:
    import httpx

REGIONS: Mapping[str, str] = {
    "us": "https://api.pagerduty.com",
    "eu": "https://api.eu.pagerduty.com",
}
ACCEPT = "application/vnd.pagerduty+json;version=2"
CAP = 10_000
"""The API refuses ``offset + limit`` above this."""

Parameters = Sequence[tuple[str, str]]
Compose = Callable[[JsonObject], JsonObject]
"""Turns an item as received into a record's body as received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One object, with what a page needs to say where it came from."""

    request: Request
    answer: Answer
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
        credential: Credential,
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
    def credential(self) -> Credential:
        """What the account tells of the key."""
        return self._credential

    @property
    def page_size(self) -> int:
        """Items asked for in one request."""
        return int(self.settings.get("page_size", 100))

    async def get(
        self, path: str, wrapper: str, parameters: Parameters = (), *, attempts: int | None = None
    ) -> Fetched:
        """Read one object out of its wrapper.

        Raises:
            BadAnswer: The wrapper is not there.
            SourceError: The request was refused or failed.
        """
        answer = await self._source.get(
            path, parameters, limiter=self._own_limiter(path), attempts=attempts
        )
        document = answer.json()
        if not isinstance(document, dict) or wrapper not in document:
            raise BadAnswer(f"{answer.described()}: there is no {wrapper!r} in it")
        request = Request(endpoint=path, parameters=tuple(parameters))
        return Fetched(request=request, answer=answer, value=document[wrapper])

    async def listing(
        self,
        path: str,
        wrapper: str,
        parameters: Parameters = (),
        *,
        counted: bool = True,
        may_split: bool = False,
        compose: Compose | None = None,
    ) -> AsyncIterator[Finding]:
        """Read a listing to its end, or say what of it the API will not list.

        The first page asks for the total, and so does the one that should be the last, so that a
        listing that changed while it was read shows it.

        Args:
            path: Such as ``/services``.
            wrapper: The key that holds the items.
            parameters: The query without paging.
            counted: Ask for the total; left out where a kind is made of many small listings.
            may_split: Yield an :class:`Overflow`, and nothing else, when there is too much.
            compose: Applied to each item.
        """
        pager = _Pager(self, path, wrapper, tuple(parameters), counted, compose)
        async for found in by_offset(pager.read, limit=self.page_size, cap=CAP):
            if isinstance(found, Capped):
                yield _truncated(path, found)
                return
            if may_split and found.number == 1 and (found.total or 0) > CAP:
                yield Overflow(total=found.total or 0, most=CAP)
                return
            yield found

    def _own_limiter(self, path: str) -> Limiter | None:
        return self._on_calls if path == "/oncalls" else None


@dataclass(slots=True)
class _Pager:
    """Reads the pages of one listing, remembering the total."""

    session: PagerDutySession
    path: str
    wrapper: str
    parameters: tuple[tuple[str, str], ...]
    counted: bool
    compose: Compose | None
    total: int | None = None

    async def read(self, offset: int, limit: int, number: int) -> OffsetPage:
        """Read one page."""
        edge = number == 1 or (self.total is not None and offset + limit >= self.total)
        query = [*self.parameters, ("limit", str(limit)), ("offset", str(offset))]
        query += [("total", "true")] if self.counted and edge else []
        source = self.session._source  # noqa: SLF001 - the pager is part of the session
        limiter = self.session._own_limiter(self.path)  # noqa: SLF001 - the same
        answer = await source.get(self.path, query, limiter=limiter)
        return self._page(answer, limit, number)

    def _page(self, answer: Answer, limit: int, number: int) -> OffsetPage:
        document = answer.json()
        items = document.get(self.wrapper) if isinstance(document, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadAnswer(f"{answer.described()}: {self.wrapper!r} is not a list of objects")
        total, more, offset = (document.get(name) for name in ("total", "more", "offset"))
        self.total = total if _is_count(total) else self.total
        page = Page(
            request=Request(endpoint=self.path, parameters=self.parameters),
            number=number,
            items=[self.compose(item) for item in items] if self.compose else items,
            response_digest=answer.digest,
            received_at=answer.received_at,
            total=total if _is_count(total) else None,
            last=more is False,
        )
        # Where `more` is missing, only a page that is not full can be the last one.
        goes_on = more if isinstance(more, bool) else len(items) >= limit
        return OffsetPage(page=page, offset=offset if _is_count(offset) else None, more=goes_on)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _truncated(path: str, capped: Capped) -> Shortfall:
    missing = None if capped.total is None else max(0, capped.total - capped.received)
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"GET {path}: the API lists at most {CAP} of one question and this one has "
        f"{'more' if capped.total is None else capped.total}; {capped.received} were read",
        missing=missing,
    )


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
        Refused: The key is wrong, revoked, or of another region.
        Unreachable: No answer came from the region's host.
    """
    settings, key = request.settings, request.secrets["key"]
    limiter = request.limiters.named(key.fingerprint(), per_minute(settings.get("share", 0.9)))
    source = HttpSource(
        base_url_of(settings),
        headers={
            "Accept": ACCEPT,
            "Authorization": Secret(f"Token token={key.reveal()}"),
            "User-Agent": request.user_agent,
        },
        limiter=limiter,
        advice=advice,
        fault=faults(base_url_of(settings), settings.get("region", "us"), key),
        traffic=Traffic(),
        bounds=bounds,
        waiting=request.waiting,
        transport=transport,
    )
    on_calls = request.limiters.named(f"{key.fingerprint()}:oncalls", ON_CALLS_PER_MINUTE)
    async with source:
        credential = await credential_of(source)
        yield PagerDutySession(source, settings=settings, on_calls=on_calls, credential=credential)


def base_url_of(settings: JsonObject) -> str:
    """Give the address of the API: the region's, unless the settings name another."""
    return str(settings.get("base_url") or REGIONS[settings.get("region", "us")])
