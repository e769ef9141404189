"""Reading a source over HTTP: GET requests alone, paced, retried and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import httpx  # noqa: TID253 - this module is imported only where a source is read

from ccm_core.errors import BadResponse, NetworkSetupError, SourceError, TimedOut, Unreachable
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.bounded_body import ACCEPT_ENCODING, BodyRefused, bounded_body
from ccm_core.sdk.http.bounds import Bounds
from ccm_core.sdk.http.clock_skew import clock_skew
from ccm_core.sdk.http.error_mapping import map_errors
from ccm_core.sdk.http.odd_answers import RequestHistory, error_of, is_odd, is_too_many, not_twice
from ccm_core.sdk.http.request_url import request_url
from ccm_core.sdk.http.response import HttpResponse
from ccm_core.sdk.http.retry import TRANSIENT_STATUSES, RetryableError, exhausted_error, retrying
from ccm_core.sdk.http.setup_faults import named_setup_faults
from ccm_core.sdk.http.time_limit import time_limit
from ccm_core.sdk.rate_limit import Limiter, yield_to_requests
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.traffic import Traffic

_UNAUTHORIZED = 401
_FIRST_REDIRECT, _FIRST_CLIENT_ERROR = 300, 400

_Credential = TypeVar("_Credential")

RetryAfter = Callable[[HttpResponse], float | None]
"""Reads from a response's headers how many seconds to send nothing; None where they name none."""

ErrorFor = Callable[[HttpResponse], SourceError]
"""Turns a response with a status of 400 or above into the host's error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One request, checked and ready to be sent as often as it takes."""

    url: str
    path: str
    """What messages name: without the query."""
    parameters: Sequence[tuple[str, str]]

    @property
    def full_url(self) -> str:
        """The URL with its own query and the parameters."""
        if not self.parameters:
            return self.url
        joint = "&" if "?" in self.url else "?"
        return f"{self.url}{joint}{httpx.QueryParams(list(self.parameters))}"


class _NoCredentialError(Exception):
    """There is no credential to send a request with."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class HttpSource:
    """Reads one source: paced, retried, bounded, with the host's own errors.

    Only GET is offered, so nothing built on it can write. Redirects are never followed and no other
    origin is ever asked, so a credential never reaches another host. An odd answer, such as a 401
    to a credential that was just accepted, is asked for once more before it is believed. Errors
    name the path, never headers or bodies.
    """

    def __init__(  # noqa: PLR0913 - each is one collaborator, named at every call
        self,
        base_url: str,
        *,
        headers: Mapping[str, str | Secret],
        limiter: Limiter,
        retry_after: RetryAfter,
        error_for: ErrorFor,
        traffic: Traffic,
        bounds: Bounds | None = None,
        on_wait: Callable[[float], None] = lambda _seconds: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        authorization: Authorization | None = None,
        rate_limited: Callable[[HttpResponse], bool] = is_too_many,
    ) -> None:
        """Describe the source; connections open with the first request.

        Args:
            base_url: Checked with :func:`checked_base_url`.
            headers: Sent with every request; secrets are revealed only there.
            limiter: The credential's limiter.
            retry_after: How this source says "wait".
            error_for: How this source says what is wrong.
            traffic: Counters to add to.
            bounds: Limits of time, size and attempts.
            on_wait: Called before each wait for a rate limit.
            clock: When a response was received.
            transport: A replacement of the network, for tests.
            authorization: What authorizes the requests. Where the source answers 401, it is
                renewed once and the same request is sent again.
            rate_limited: Whether a response of 400 or above means that there were too many
                requests, for sources that do not always answer 429.
        """
        self.base_url = checked_base_url(base_url).rstrip("/")
        self.traffic = traffic
        self._headers = dict(headers)
        self._authorization = authorization
        self._limiter, self._retry_after, self._error_for = limiter, retry_after, error_for
        self._bounds = bounds or Bounds()
        self._on_wait, self._clock, self._transport = on_wait, clock, transport
        self._rate_limited = rate_limited
        self._answered = self._accepted = False
        """Whether the source has answered, and whether it has ever accepted the credential."""
        self._in_flight = asyncio.Semaphore(self._bounds.parallel)
        self._stack = AsyncExitStack()
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Open the client."""
        with named_setup_faults(self.base_url), map_errors(f"connecting to {self.base_url}"):
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
        timeouts: int | None = None,
    ) -> HttpResponse:
        """Read one path; return a 2xx response with a JSON body.

        Args:
            path: Begins with ``/``, ids escaped by :func:`ccm_core.sdk.url_path.url_path`; or an
                absolute URL of the source's own origin. Free of secrets.
            parameters: The query, in order, repeats allowed.
            limiter: An operation's own limiter, waited for beside the credential's.
            attempts: Fewer or more attempts than :attr:`Bounds.attempts`.
            timeouts: How many attempts may take too long, three responses of 408 or 504 counting
                as one; None: all of them.

        Raises:
            BadRequest: It would be sent elsewhere; nothing was.
            NetworkSetupError: A certificate or a proxy is in the way.
            TimedOut: So many attempts took too long: ask for less.
            Unreachable: No response came in any attempt.
            RateLimited: Still limited after the last attempt.
            BadResponse: Not JSON, too large, or a redirect.
            SourceError: Whatever ``error_for`` makes of a status of 400 or above.
        """
        request = _Request(
            url=request_url(self.base_url, path), path=urlsplit(path).path, parameters=parameters
        )
        history = RequestHistory(timeouts)
        try:
            async for attempt in retrying(self._bounds, attempts):
                with attempt:
                    self.traffic.retries += attempt.retry_state.attempt_number > 1
                    return await self._attempt(request, limiter, history)
        except RetryableError as last:
            self.traffic.refused += not isinstance(last.error, Unreachable)
            raise last.error from last.__cause__
        except _NoCredentialError as cause:
            raise cause.error from cause.__cause__
        raise AssertionError("unreachable: the loop returns or raises")

    # -- one attempt --------------------------------------------------------------------------

    async def _attempt(
        self, request: _Request, limiter: Limiter | None, history: RequestHistory
    ) -> HttpResponse:
        async with self._in_flight:
            await self._wait_for_limits(limiter)
            try:
                response = await self._send_authorized(request, limiter)
            except (BodyRefused, NetworkSetupError):
                raise
            except (Unreachable, BadResponse) as cause:
                if isinstance(cause, TimedOut):
                    history.count_timeout(cause)
                raise RetryableError(cause, None) from cause
        if self._bounds.parallel > 1:
            await yield_to_requests()  # one of them may have waited for its place
        wait = self._pause_limiter(response, limiter)
        history.count_slow_answer(response)
        limited = response.status >= _FIRST_CLIENT_ERROR and self._rate_limited(response)
        if limited or response.status in TRANSIENT_STATUSES:
            raise RetryableError(
                exhausted_error(response, limited=limited, error_for=self._error_for), wait
            )
        if response.status >= _FIRST_CLIENT_ERROR:
            raise self._refusal(response, history)
        self._accepted = True
        return self._usable(response, history)

    def _refusal(self, response: HttpResponse, history: RequestHistory) -> Exception:
        error = error_of(response, self._error_for)
        if is_odd(response, accepted=self._accepted) and history.first_odd_answer():
            return RetryableError(error, None)
        self.traffic.refused += 1
        return error

    async def _wait_for_limits(self, own: Limiter | None) -> None:
        for limiter in filter(None, (own, self._limiter)):
            self.traffic.waited += await limiter.acquire(self._on_wait)

    async def _send_authorized(self, request: _Request, limiter: Limiter | None) -> HttpResponse:
        """Send it, and once more where the credential had to be renewed in the meantime."""
        authorization = self._authorization
        if authorization is None:
            return await self._send(request, {})
        token = await self._credential(authorization.token())
        response = await self._send(request, _header(authorization, token))
        if response.status != _UNAUTHORIZED:
            return response
        renewed = await self._credential(authorization.after_refusal(token))
        if renewed is None:
            return response
        self.traffic.retries += 1
        await self._wait_for_limits(limiter)
        return await self._send(request, _header(authorization, renewed))

    async def _credential(self, source: Awaitable[_Credential]) -> _Credential:
        """Let an error of the credential's source end the request: it has retried by itself."""
        try:
            return await source
        except SourceError as cause:
            raise _NoCredentialError(cause) from cause

    async def _send(
        self, request: _Request, authorization: Mapping[str, str | Secret]
    ) -> HttpResponse:
        if self._client is None:
            raise AssertionError("an HttpSource is used inside `async with`")
        headers = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in {**self._headers, **authorization}.items()
        }
        headers["Accept-Encoding"] = ACCEPT_ENCODING
        self.traffic.requests += 1
        began = asyncio.get_running_loop().time()
        action = f"GET {self.base_url}{request.path}"
        with map_errors(action, self.base_url, answered=self._answered):
            async with (
                time_limit(self._bounds.max_seconds, action),
                self._client.stream("GET", request.full_url, headers=headers) as stream,
            ):
                body = await bounded_body(stream, f"GET {request.path}", self._bounds.max_body)
        self._answered = True
        received = self._clock()
        lowered = {name.lower(): value for name, value in stream.headers.items()}
        self.traffic.note_clock_skew(clock_skew(lowered.get("date"), received))
        seconds = asyncio.get_running_loop().time() - began
        self.traffic.note_response(stream.status_code, lowered, seconds)
        return HttpResponse(
            path=request.path,
            status=stream.status_code,
            headers=lowered,
            body=body,
            received_at=received,
        )

    def _usable(self, response: HttpResponse, history: RequestHistory) -> HttpResponse:
        if response.status >= _FIRST_REDIRECT:
            host = urlsplit(response.headers.get("location", "")).hostname or "nowhere"
            raise BadResponse(
                f"{response.summary()}: it redirects to {host}; redirects are not followed, "
                "because the credential would go along. Check the region or base_url."
            )
        try:
            response.json()
        except BadResponse as cause:
            if not_twice(cause) and not history.first_odd_answer():
                raise
            raise RetryableError(cause, None) from cause
        return response

    def _pause_limiter(self, response: HttpResponse, limiter: Limiter | None) -> float | None:
        wait = self._retry_after(response)
        if wait is None or not 0 <= wait <= self._bounds.max_wait:
            return None
        (limiter or self._limiter).pause(wait)
        return wait

    def _new_client(self) -> httpx.AsyncClient:
        bounds = self._bounds
        return httpx.AsyncClient(
            base_url=self.base_url,
            # Plain http is loopback only: the certificates of the machine need not be read for it.
            verify=not self.base_url.startswith("http://"),
            timeout=httpx.Timeout(bounds.read_timeout, connect=bounds.connect_timeout),
            # So many requests are in flight as may be. A connection that failed in a proxy's tunnel
            # keeps its place in the pool: were places bounded, all others would wait in vain.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=bounds.parallel),
            follow_redirects=False,
            trust_env=not is_loopback(self.base_url),
            transport=self._transport,
        )


def _header(authorization: Authorization, token: Secret) -> Mapping[str, str | Secret]:
    return {"Authorization": authorization.header(token)}
