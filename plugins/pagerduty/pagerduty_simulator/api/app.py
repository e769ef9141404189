"""The simulator as an ASGI application, for a server or for ``httpx.ASGITransport``."""

from __future__ import annotations

import asyncio
import time
import zlib
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pagerduty_simulator.api.context import World
from pagerduty_simulator.api.control import Steering
from pagerduty_simulator.api.credentials import Credential, presented
from pagerduty_simulator.api.faults import html, rate_limited
from pagerduty_simulator.api.rate_limits import Limits
from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer, Declined, refusal
from pagerduty_simulator.api.routes import ROUTES, template_of
from pagerduty_simulator.api.scopes import scope_fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from pagerduty_simulator.account.account import Account

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_READING = frozenset({"GET", "HEAD"})


class SimulatedPagerDuty:
    """Answers requests out of an account, the way its steering says."""

    def __init__(self, account: Account, steering: Steering | None = None) -> None:
        self.account = account
        self.steering = steering or Steering()
        self.failures: list[Exception] = []
        """What went wrong in the simulator itself; always a mistake to mend."""
        self._limits = Limits(self.steering)
        self._served = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        if scope["type"] != "http":
            return
        asked_at = time.monotonic()
        try:
            answer = self.answer(*_read(scope))
        except Exception as mistake:
            self.failures.append(mistake)
            raise
        wait = self.steering.latency + answer.delay - (time.monotonic() - asked_at)
        if wait > 0:
            await asyncio.sleep(wait)
        await self._send(answer, send)

    def answer(self, asked: Asked, authorization: str | None) -> Answer:
        """Decide what a request is answered with, and write it down."""
        if self.steering.before is not None:
            self.steering.before(asked)
        answer = self._limited(asked, authorization)
        self.steering.log(asked, answer.status)
        return answer

    def _limited(self, asked: Asked, authorization: str | None) -> Answer:
        credential = self._credential(authorization)
        if credential is None:
            return self._unknown(asked)
        passes, headers = self._limits.take(credential.bucket, asked.template)
        if not passes:
            reset = int(headers["ratelimit-reset"])
            answer = (self.steering.limited or rate_limited)(reset)
        else:
            answer = self._honest_or_not(replace(asked, credential=credential))
        if not answer.limit_headers:
            return answer
        return replace(answer, headers=headers | answer.headers)

    def _credential(self, authorization: str | None) -> Credential | None:
        match presented(authorization):
            case ("key", secret):
                return self.steering.keys.get(secret)
            case ("bearer", secret):
                return self._alive(self.steering.bearers.get(secret))
            case _:
                return None

    def _alive(self, token: Credential | None) -> Credential | None:
        if token is None or token.expires_at is None:
            return token
        return token if self.steering.now() < token.expires_at else None

    def _unknown(self, asked: Asked) -> Answer:
        if self.steering.refuse_in_html:
            return html(401, "401 Authorization Required")(asked, self._honest)
        return replace(refusal(401), limit_headers=False)

    def _honest_or_not(self, asked: Asked) -> Answer:
        fault = self.steering.fault_for(asked) or scope_fault(asked)
        return self._honest(asked) if fault is None else fault(asked, self._honest)

    def _honest(self, asked: Asked) -> Answer:
        if asked.template is None:
            return refusal(404)
        if asked.method not in _READING:
            return refusal(405)
        try:
            world = World(account=self.account, steering=self.steering)
            return ROUTES[asked.template](world, asked)
        except Declined as why:
            return why.answer

    async def _send(self, answer: Answer, send: Send) -> None:
        self._served += 1
        now = self.steering.now() + self.steering.clock_skew
        headers = {
            "date": format_datetime(now, usegmt=True),
            "x-request-id": f"{zlib.crc32(str(self._served).encode()):032x}",
            **answer.headers,
        }
        if answer.content_type is not None:
            headers["content-type"] = answer.content_type
            headers["content-length"] = str(len(answer.body))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        whole = answer.cut_after is None
        body = answer.body if whole else answer.body[: answer.cut_after]
        await send({"type": "http.response.body", "body": body, "more_body": not whole})


def _read(scope: Message) -> tuple[Asked, str | None]:
    path = scope["path"].rstrip("/") or "/"
    template, ids = template_of(path)
    query = scope["query_string"].decode("latin-1")
    asked = Asked(
        method=scope["method"],
        path=path,
        template=template,
        ids=ids,
        params=tuple(parse_qsl(query, keep_blank_values=True)),
    )
    headers = dict(scope["headers"])
    authorization = headers.get(b"authorization")
    return asked, None if authorization is None else authorization.decode("latin-1")
