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

from ccm_core.errors import BadResponse, SourceError, Unreachable
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.bounds import Bounds
from ccm_core.sdk.http.clock_skew import clock_skew
from ccm_core.sdk.http.error_mapping import map_errors
from ccm_core.sdk.http.response import HttpResponse
from ccm_core.sdk.http.retry import TRANSIENT_STATUSES, RetryableError, exhausted_error, retrying
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


class _NoCredentialError(Exception):
    """There is no credential to send a request with."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class _BodyTooLarge(BadResponse):
    """A body above its bound, as it would be in the next attempt."""


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
        retry_after: RetryAfter,
        error_for: ErrorFor,
        traffic: Traffic,
        bounds: Bounds | None = None,
        on_wait: Callable[[float], None] = lambda _seconds: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        authorization: Authorization | None = None,
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
        """
        self.base_url = checked_base_url(base_url).rstrip("/")
        self.traffic = traffic
        self._headers = dict(headers)
        self._authorization = authorization
        self._limiter, self._retry_after, self._error_for = limiter, retry_after, error_for
        self._bounds = bounds or Bounds()
        self._on_wait, self._clock, self._transport = on_wait, clock, transport
        self._in_flight = asyncio.Semaphore(self._bounds.parallel)
        self._stack = AsyncExitStack()
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Open the client."""
        with map_errors(f"connecting to {self.base_url}"):
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
        """Read one path; return a 2xx response with a JSON body.

        Args:
            path: Begins with ``/``; free of secrets.
            parameters: The query, in order, repeats allowed.
            limiter: An operation's own limiter, waited for beside the credential's.
            attempts: Fewer or more attempts than :attr:`Bounds.attempts`.

        Raises:
            Unreachable: No response came in any attempt.
            RateLimited: Still limited after the last attempt.
            BadResponse: Not JSON, too large, or a redirect.
            SourceError: Whatever ``error_for`` makes of a status of 400 or above.
        """
        try:
            async for attempt in retrying(self._bounds, attempts):
                with attempt:
                    self.traffic.retries += attempt.retry_state.attempt_number > 1
                    return await self._attempt(path, parameters, limiter)
        except RetryableError as last:
            self.traffic.refused += not isinstance(last.error, Unreachable)
            raise last.error from last.__cause__
        except _NoCredentialError as cause:
            raise cause.error from cause.__cause__
        raise AssertionError("unreachable: the loop returns or raises")

    # -- one attempt --------------------------------------------------------------------------

    async def _attempt(
        self, path: str, parameters: Sequence[tuple[str, str]], limiter: Limiter | None
    ) -> HttpResponse:
        async with self._in_flight:
            await self._wait_for_limits(limiter)
            try:
                response = await self._send_authorized(path, parameters, limiter)
            except _BodyTooLarge:
                raise
            except (Unreachable, BadResponse) as cause:
                raise RetryableError(cause, None) from cause
        if self._bounds.parallel > 1:
            await yield_to_requests()  # one of them may have waited for its place
        wait = self._pause_limiter(response, limiter)
        if response.status in TRANSIENT_STATUSES:
            error = exhausted_error(response, self._error_for)
            raise RetryableError(error, wait)
        if response.status >= _FIRST_CLIENT_ERROR:
            self.traffic.refused += 1
            raise self._error_for(response)
        return self._usable(response)

    async def _wait_for_limits(self, own: Limiter | None) -> None:
        for limiter in filter(None, (own, self._limiter)):
            self.traffic.waited += await limiter.acquire(self._on_wait)

    async def _send_authorized(
        self, path: str, parameters: Sequence[tuple[str, str]], limiter: Limiter | None
    ) -> HttpResponse:
        """Send it, and once more where the credential had to be renewed in the meantime."""
        authorization = self._authorization
        if authorization is None:
            return await self._send(path, parameters, {})
        token = await self._credential(authorization.token())
        response = await self._send(path, parameters, _header(authorization, token))
        if response.status != _UNAUTHORIZED:
            return response
        renewed = await self._credential(authorization.after_refusal(token))
        if renewed is None:
            return response
        self.traffic.retries += 1
        await self._wait_for_limits(limiter)
        return await self._send(path, parameters, _header(authorization, renewed))

    async def _credential(self, source: Awaitable[_Credential]) -> _Credential:
        """Let an error of the credential's source end the request: it has retried by itself."""
        try:
            return await source
        except SourceError as cause:
            raise _NoCredentialError(cause) from cause

    async def _send(
        self,
        path: str,
        parameters: Sequence[tuple[str, str]],
        authorization: Mapping[str, str | Secret],
    ) -> HttpResponse:
        if self._client is None:
            raise AssertionError("an HttpSource is used inside `async with`")
        headers = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in {**self._headers, **authorization}.items()
        }
        query = httpx.QueryParams(list(parameters)) if parameters else None
        self.traffic.requests += 1
        with map_errors(f"GET {self.base_url}{path}"):
            async with self._client.stream("GET", path, params=query, headers=headers) as stream:
                body = await self._body(stream, path)
        received = self._clock()
        lowered = {name.lower(): value for name, value in stream.headers.items()}
        skew = clock_skew(lowered.get("date"), received)
        self.traffic.clock_skew = self.traffic.clock_skew if skew is None else skew
        return HttpResponse(
            path=path,
            status=stream.status_code,
            headers=lowered,
            body=body,
            received_at=received,
        )

    async def _body(self, response: httpx.Response, path: str) -> bytes:
        chunks, size = [], 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self._bounds.max_body:
                raise _BodyTooLarge(
                    f"GET {path}: the body is larger than {self._bounds.max_body} bytes; "
                    "the rest was not read"
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _usable(self, response: HttpResponse) -> HttpResponse:
        if response.status >= _FIRST_REDIRECT:
            host = urlsplit(response.headers.get("location", "")).hostname or "nowhere"
            raise BadResponse(
                f"{response.summary()}: it redirects to {host}; redirects are not followed, "
                "because the credential would go along. Check the region or base_url."
            )
        try:
            response.json()
        except BadResponse as cause:
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
            limits=httpx.Limits(
                max_connections=bounds.parallel, max_keepalive_connections=bounds.parallel
            ),
            follow_redirects=False,
            trust_env=not is_loopback(self.base_url),
            transport=self._transport,
        )


def _header(authorization: Authorization, token: Secret) -> Mapping[str, str | Secret]:
    return {"Authorization": authorization.header(token)}
