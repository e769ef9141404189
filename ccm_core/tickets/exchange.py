"""Requests to a ticket system: bounded, retried where that is safe, and never sent elsewhere.

What creates something is sent once: where no answer came, only looking shows whether it is there.
Redirects are not followed, since the credential would go along. No message contains a secret, also
where the system repeats one in its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx  # noqa: TID253 - this module is imported only where tickets are synced

import ccm_core.sdk.http.slim_import  # noqa: F401 - before anything uses httpx
from ccm_core.errors import BadRequest, BadResponse, RateLimited, SourceError, TimedOut, Unreachable
from ccm_core.model.json_codec import encode
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.bounded_body import ACCEPT_ENCODING
from ccm_core.sdk.http.error_mapping import map_errors
from ccm_core.sdk.http.request_url import request_url
from ccm_core.sdk.http.setup_faults import named_setup_faults
from ccm_core.sdk.secret import DisclosedSecrets, Secret
from ccm_core.tickets.reply import ErrorFor, ExchangeBounds, Redirected, Reply, WaitFor, quoted

_FIRST_REDIRECT, _FIRST_ERROR, _FIRST_SERVER_ERROR = 300, 400, 500


class Exchange:
    """Sends requests to one ticket system."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str | Secret],
        secrets: Sequence[Secret],
        error_for: ErrorFor,
        wait_for: WaitFor,
        bounds: ExchangeBounds | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Describe the system; connections open with the first request.

        Args:
            base_url: Checked: https, or http on loopback.
            headers: Sent with every request.
            secrets: What no message may contain.
            error_for: How this system says what is wrong.
            wait_for: How it says "wait".
            bounds: Limits of time, size and attempts.
            sleep: How to wait, for tests.
        """
        self._base_url = checked_base_url(base_url).rstrip("/")
        self._headers, self._error_for, self._wait_for = headers, error_for, wait_for
        self._bounds, self._sleep = bounds or ExchangeBounds(), sleep
        self._hidden = DisclosedSecrets()
        for secret in secrets:
            self._hidden.add(secret.reveal())
        self._stack = ExitStack()
        self._client: httpx.Client | None = None
        self._has_changed = False

    def close(self) -> None:
        """Close every connection."""
        self._stack.close()
        self._client = None

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Reply:
        """Read something; repeated where that helps."""
        return self._request("GET", path, query=query, is_repeatable=True)

    def ask(self, path: str, body: object) -> Reply:
        """Read something by POST, such as a search; repeated where that helps."""
        return self._request("POST", path, body=body, is_repeatable=True)

    def create(self, path: str, body: object) -> Reply:
        """Make something new; sent once, and again only where the system says that it did nothing.

        Raises:
            TimedOut: Whether it was made is unknown.
        """
        return self._request("POST", path, body=body, is_repeatable=False, is_change=True)

    def change(self, method: str, path: str, body: object) -> Reply:
        """Set something to a value; repeated where that helps, since it comes to the same."""
        return self._request(method, path, body=body, is_repeatable=True, is_change=True)

    def own_path(self, reply: Reply | None) -> str | None:
        """Return the path that a response redirects to; None where it is of another origin."""
        target = reply.headers.get("location", "") if reply is not None else ""
        if target.startswith("/") and not target.startswith("//"):
            target = f"{self._base_url}{target}"
        try:
            url = request_url(self._base_url, target)
        except BadRequest:
            return None
        return url.removeprefix(self._base_url) if url.startswith(f"{self._base_url}/") else None

    # -- one request --------------------------------------------------------------------------

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
        is_repeatable: bool,
        is_change: bool = False,
    ) -> Reply:
        if is_change:
            self._keep_pace()
        attempts = self._bounds.attempts if is_repeatable else 1
        waits = self._bounds.max_waits
        attempt = 1
        while True:
            try:
                reply = self._send(method, path, query, body)
            except SourceError as error:
                if attempt >= attempts or not isinstance(error, Unreachable):
                    raise self._unsure(error, is_repeatable=is_repeatable) from error.__cause__
            else:
                if reply.status < _FIRST_ERROR:
                    return self._usable(reply)
                if self._is_waited_for(reply, waits):
                    waits -= 1
                    continue
                if reply.status < _FIRST_SERVER_ERROR or attempt >= attempts:
                    raise self._without_secrets(self._error_for(reply))
            self._sleep(self._bounds.backoff * 2 ** (attempt - 1))
            attempt += 1

    def _keep_pace(self) -> None:
        if self._has_changed and self._bounds.pace:
            self._sleep(self._bounds.pace)
        self._has_changed = True

    def _is_waited_for(self, reply: Reply, waits: int) -> bool:
        """Wait where the system asks for it; it did nothing then, so the request is sent again."""
        wait = self._wait_for(reply)
        if wait is None:
            return False
        if waits <= 0 or wait > self._bounds.max_wait:
            raise RateLimited(
                f"{reply.action} answered {reply.status}: too many requests, wait "
                f"{wait:.0f} s; what is left is done in the next sync"
            )
        self._sleep(max(wait, 0.0))
        return True

    def _send(
        self, method: str, path: str, query: Sequence[tuple[str, str]], body: object
    ) -> Reply:
        action = f"{method} {self._base_url}{path}"
        client = self._open_client()
        headers = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self._headers.items()
        }
        headers["Accept-Encoding"] = ACCEPT_ENCODING
        content = None
        if body is not None:
            content = encode(body)
            headers["Content-Type"] = "application/json"
        with map_errors(action, self._base_url, answered=False):
            request = client.build_request(
                method,
                f"{self._base_url}{path}",
                params=list(query) or None,
                content=content,
                headers=headers,
            )
            response = client.send(request, stream=True)
            try:
                received = self._body(response, action)
            finally:
                response.close()
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Reply(action=action, status=response.status_code, headers=lowered, body=received)

    def _body(self, response: httpx.Response, action: str) -> bytes:
        chunks, size = [], 0
        ends = time.monotonic() + self._bounds.max_seconds
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._bounds.max_body:
                raise BadResponse(
                    f"{action}: the body is larger than {self._bounds.max_body} bytes"
                )
            if time.monotonic() > ends:
                raise TimedOut(
                    f"{action}: the answer did not end within {self._bounds.max_seconds:.0f} s"
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _usable(self, reply: Reply) -> Reply:
        if reply.status < _FIRST_REDIRECT:
            return reply
        to = quoted(reply.headers.get("location", "nowhere"))
        raise Redirected(
            f"{reply.action} answered {reply.status}: it redirects to "
            f"{urlsplit(to).hostname or to}; redirects are not followed, because the credential "
            "would go along. Write the address and the name that it has now in the settings",
            reply,
        )

    def _unsure(self, error: SourceError, *, is_repeatable: bool) -> SourceError:
        if is_repeatable or isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
            return self._without_secrets(error)
        if isinstance(error, Unreachable):
            return TimedOut(
                f"{error}; whether it was done is unknown, so it is looked for before the next "
                "attempt"
            )
        return error

    def _without_secrets(self, error: SourceError) -> SourceError:
        return type(error)(self._hidden.blank(str(error)))

    def _open_client(self) -> httpx.Client:
        if self._client is None:
            bounds, local = self._bounds, is_loopback(self._base_url)
            with named_setup_faults(self._base_url):
                self._client = self._stack.enter_context(
                    httpx.Client(
                        verify=not self._base_url.startswith("http://"),
                        timeout=httpx.Timeout(bounds.read_timeout, connect=bounds.connect_timeout),
                        follow_redirects=False,
                        trust_env=not local,
                    )
                )
        return self._client
