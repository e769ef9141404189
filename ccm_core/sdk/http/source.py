"""A source that is read by GET and by nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx  # noqa: TID253 - this module is imported only where a source is read
import stamina  # noqa: TID253 - the same

from ccm_core.errors import BadResponse, RateLimited, SourceError, Unreachable, UsageError
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.http.error_mapping import border
from ccm_core.sdk.http.event_loop import others_first
from ccm_core.sdk.http.response import HttpResponse
from ccm_core.sdk.rate_limit import Limiter
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Traffic

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_UNAUTHORIZED, _TOO_MANY_REQUESTS = 401, 429
_FIRST_FAULT, _FIRST_REDIRECT = 400, 300

# Tries are counted in the traffic; a line for each would stand between what the host prints.
stamina.instrumentation.set_on_retry_hooks([])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long, how large, how often: nothing from outside is without a bound."""

    connect: float = 10.0
    """Seconds for a connection."""
    silence: float = 60.0
    """Seconds without a byte."""
    body: int = 64 * 1024 * 1024
    """Bytes of one decoded body."""
    attempts: int = 8
    """Tries of one request, the first included."""
    backoff: float = 0.5
    """Seconds before the second try where the source says nothing; doubles each time."""
    backoff_most: float = 30.0
    """Seconds that one such wait may grow to."""
    wait_most: float = 300.0
    """Seconds that the source may tell us to wait at once; more is not believed."""
    parallel: int = 1
    """Requests in flight: httpx slows down when more tasks queue in its pool."""


_Given = TypeVar("_Given")

Advice = Callable[[HttpResponse], float | None]
"""Reads from an answer's headers how many seconds to send nothing; None where it says nothing."""

Fault = Callable[[HttpResponse], SourceError]
"""Turns an answer with a status of 400 or above into the host's error."""


class _AgainError(Exception):
    """One try failed in a way that another may not."""

    def __init__(self, error: SourceError, wait: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class _NoTokenError(Exception):
    """There is no credential to send a request with."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class _TooLarge(BadResponse):
    """A body that passes its bound, and would pass it again."""


def _again(cause: Exception) -> bool | float:
    if not isinstance(cause, _AgainError):
        return False
    # The wait that the source asked for is served by the limiter, which holds every task.
    return True if cause.wait is None else 0.0


class HttpSource:
    """Reads one source: paced, retried, bounded, with the host's own errors.

    Only GET is offered, so nothing built on it can write. Redirects are never followed, so a
    credential never reaches another host. Errors name the path, never headers or bodies.
    """

    def __init__(  # noqa: PLR0913 - each is one collaborator, named at every call
        self,
        base_url: str,
        *,
        headers: Mapping[str, str | Secret],
        limiter: Limiter,
        advice: Advice,
        fault: Fault,
        traffic: Traffic,
        bounds: Bounds | None = None,
        waiting: Callable[[float], None] = lambda _seconds: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        authorization: Authorization | None = None,
    ) -> None:
        """Describe the source; connections open with the first request.

        Args:
            base_url: Checked with :func:`checked_base_url`.
            headers: Sent with every request; secrets are revealed only there.
            limiter: The credential's limiter.
            advice: How this source says "wait".
            fault: How this source says what is wrong.
            traffic: Counters to add to.
            bounds: Limits of time, size and patience.
            waiting: Told before each wait for a rate limit.
            clock: When an answer was received.
            transport: A stand-in for the network, for tests.
            authorization: What authorises the requests. Where the source answers 401, it is
                renewed once and the same request is sent again.
        """
        self.base_url = checked_base_url(base_url).rstrip("/")
        self.traffic = traffic
        self._headers = dict(headers)
        self._authorization = authorization
        self._limiter, self._advice, self._fault = limiter, advice, fault
        self._bounds = bounds or Bounds()
        self._waiting, self._clock, self._transport = waiting, clock, transport
        self._room = asyncio.Semaphore(self._bounds.parallel)
        self._stack = AsyncExitStack()
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Open the client."""
        with border(f"connecting to {self.base_url}"):
            self._client = await self._stack.enter_async_context(self._new_client())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._stack.aclose()

    async def get(
        self,
        path: str,
        parameters: Sequence[tuple[str, str]] = (),
        *,
        limiter: Limiter | None = None,
        attempts: int | None = None,
    ) -> HttpResponse:
        """Read one path; a 2xx answer with a JSON body, or an error.

        Args:
            path: Begins with ``/``; free of secrets.
            parameters: The query, in order, repeats allowed.
            limiter: An operation's own limiter, waited for beside the credential's.
            attempts: Fewer or more tries than :attr:`Bounds.attempts`.

        Raises:
            Unreachable: No answer came in any try.
            RateLimited: Still limited after the last try.
            BadResponse: Not JSON, too large, or a redirect.
            SourceError: Whatever ``fault`` makes of a status of 400 or above.
        """
        bounds = self._bounds
        try:
            async for attempt in stamina.retry_context(
                on=_again,
                attempts=attempts or bounds.attempts,
                timeout=None,
                wait_initial=bounds.backoff,
                wait_max=bounds.backoff_most,
                wait_jitter=bounds.backoff,
            ):
                with attempt:
                    self.traffic.retries += attempt.num > 1
                    return await self._try(path, parameters, limiter)
        except _AgainError as last:
            self.traffic.refused += not isinstance(last.error, Unreachable)
            raise last.error from last.__cause__
        except _NoTokenError as cause:
            raise cause.error from cause.__cause__
        raise AssertionError("unreachable: the loop returns or raises")

    # -- one try ------------------------------------------------------------------------------

    async def _try(
        self, path: str, parameters: Sequence[tuple[str, str]], limiter: Limiter | None
    ) -> HttpResponse:
        async with self._room:
            await self._turn(limiter)
            try:
                answer = await self._authorized(path, parameters, limiter)
            except _TooLarge:
                raise
            except (Unreachable, BadResponse) as cause:
                raise _AgainError(cause, None) from cause
        if self._bounds.parallel > 1:
            await others_first()  # one of them may have waited for room
        wait = self._heed(answer, limiter)
        if answer.status in TRANSIENT:
            raise _AgainError(self._fault_of(answer), wait)
        if answer.status >= _FIRST_FAULT:
            self.traffic.refused += 1
            raise self._fault(answer)
        return self._usable(answer)

    async def _turn(self, limiter: Limiter | None) -> None:
        for one in filter(None, (limiter, self._limiter)):
            self.traffic.waited += await one.acquire(self._waiting)

    async def _authorized(
        self, path: str, parameters: Sequence[tuple[str, str]], limiter: Limiter | None
    ) -> HttpResponse:
        """Send it, and once more where the credential had to be renewed in the meantime."""
        authorization = self._authorization
        if authorization is None:
            return await self._send(path, parameters, {})
        token = await self._given(authorization.token())
        answer = await self._send(path, parameters, _header(authorization, token))
        if answer.status != _UNAUTHORIZED:
            return answer
        newer = await self._given(authorization.after_refusal(token))
        if newer is None:
            return answer
        self.traffic.retries += 1
        await self._turn(limiter)
        return await self._send(path, parameters, _header(authorization, newer))

    async def _given(self, wanted: Awaitable[_Given]) -> _Given:
        """Let what the credential's own keeper says end the request: it has done its own tries."""
        try:
            return await wanted
        except SourceError as cause:
            raise _NoTokenError(cause) from cause

    async def _send(
        self,
        path: str,
        parameters: Sequence[tuple[str, str]],
        authorized: Mapping[str, str | Secret],
    ) -> HttpResponse:
        if self._client is None:
            raise AssertionError("an HttpSource is used inside `async with`")
        headers = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in {**self._headers, **authorized}.items()
        }
        query = httpx.QueryParams(list(parameters)) if parameters else None
        self.traffic.requests += 1
        with border(f"GET {self.base_url}{path}"):
            async with self._client.stream("GET", path, params=query, headers=headers) as response:
                body = await self._body(response, path)
        received = self._clock()
        lowered = {name.lower(): value for name, value in response.headers.items()}
        self._note_skew(lowered.get("date"), received)
        return HttpResponse(
            path=path,
            status=response.status_code,
            headers=lowered,
            body=body,
            received_at=received,
        )

    async def _body(self, response: httpx.Response, path: str) -> bytes:
        parts, size = [], 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._bounds.body:
                raise _TooLarge(
                    f"GET {path}: the body passes {self._bounds.body} bytes and was not read on"
                )
            parts.append(part)
        return b"".join(parts)

    def _usable(self, answer: HttpResponse) -> HttpResponse:
        if answer.status >= _FIRST_REDIRECT:
            host = urlsplit(answer.headers.get("location", "")).hostname or "nowhere"
            raise BadResponse(
                f"{answer.described()}: it redirects to {host}; redirects are not followed, "
                "because the credential would go along. Check the region or base_url."
            )
        try:
            answer.json()
        except BadResponse as cause:
            raise _AgainError(cause, None) from cause
        return answer

    def _fault_of(self, answer: HttpResponse) -> SourceError:
        if answer.status == _TOO_MANY_REQUESTS:
            return RateLimited(f"{answer.described()}: rate limited after every try")
        return self._fault(answer)

    def _heed(self, answer: HttpResponse, limiter: Limiter | None) -> float | None:
        wait = self._advice(answer)
        if wait is None or not 0 <= wait <= self._bounds.wait_most:
            return None
        (limiter or self._limiter).hold(wait)
        return wait

    def _note_skew(self, date: str | None, received: datetime) -> None:
        if date is None:
            return
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=UTC)
        self.traffic.clock_skew = round((received - theirs).total_seconds(), 1)

    def _new_client(self) -> httpx.AsyncClient:
        bounds = self._bounds
        return httpx.AsyncClient(
            base_url=self.base_url,
            # Plain http is loopback only: the certificates of the machine need not be read for it.
            verify=not self.base_url.startswith("http://"),
            timeout=httpx.Timeout(bounds.silence, connect=bounds.connect),
            limits=httpx.Limits(
                max_connections=bounds.parallel, max_keepalive_connections=bounds.parallel
            ),
            follow_redirects=False,
            trust_env=not is_loopback(self.base_url),
            transport=self._transport,
        )


def _header(authorization: Authorization, token: Secret) -> Mapping[str, str | Secret]:
    return {"Authorization": authorization.header(token)}


# -- addresses --------------------------------------------------------------------------------


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(url: str) -> str:
    """Give the URL back when it is https, or http on loopback.

    Raises:
        UsageError: It is neither: a credential would cross a network in the clear.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError("base_url may hold a scheme, a host, a port and a path, nothing else")
    if (parts.scheme == "https" and parts.hostname) or (
        parts.scheme == "http" and is_loopback(url)
    ):
        return url
    raise UsageError(f"base_url {url!r} is neither https nor http on loopback; use https")
