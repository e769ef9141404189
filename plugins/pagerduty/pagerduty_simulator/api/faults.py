"""Ways in which an answer goes wrong. A fault gets the request and the honest way to answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer, json_answer, refusal

Honest = Callable[[Asked], Answer]
Fault = Callable[[Asked, Honest], Answer]

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


def refuse(status: int, body: object = None) -> Fault:
    """Refuse with a status; ``body`` is JSON, or text sent as it stands, or PagerDuty's own."""

    def fault(asked: Asked, honest: Honest) -> Answer:
        del asked, honest
        if body is None:
            return refusal(status)
        if isinstance(body, str):
            return Answer(status=status, body=body.encode(), content_type="text/plain")
        return json_answer(body, status)

    return fault


def html(status: int = 200, title: str = "Bad Gateway") -> Fault:
    """Answer with a page of HTML, as a proxy in front of the API does."""

    def fault(asked: Asked, honest: Honest) -> Answer:
        del asked, honest
        body = _PAGE.format(title).encode()
        return Answer(status=status, body=body, content_type="text/html", limit_headers=False)

    return fault


def too_many(reset: int | None = 1, *, in_html: bool = False) -> Fault:
    """Answer 429; with ``reset=None`` without the headers that say how long to wait."""

    def fault(asked: Asked, honest: Honest) -> Answer:
        if in_html:
            return html(429, "429 Too Many Requests")(asked, honest)
        return rate_limited(reset)

    return fault


def rate_limited(reset: int | None) -> Answer:
    """Give PagerDuty's 429."""
    if reset is None:
        return replace(refusal(429), limit_headers=False)
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": str(reset)}
    return replace(refusal(429), headers=headers)


def scope_missing(required: str, granted: str = "openid") -> Fault:
    """Answer as when an OAuth token lacks a scope: no ``code``, the scopes as strings."""
    error = {
        "message": "Token missing required scopes",
        "required_scopes": required,
        "token_scopes": granted,
    }
    return refuse(403, {"error": error})


def truncated(asked: Asked, honest: Honest) -> Answer:
    """Send half of the JSON as if it were all of it."""
    answer = honest(asked)
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def cut_connection(asked: Asked, honest: Honest) -> Answer:
    """Hang up in the middle of the body. Over a socket only."""
    answer = honest(asked)
    return replace(answer, cut_after=len(answer.body) // 2)


def slow(seconds: float) -> Fault:
    """Answer honestly, later."""

    def fault(asked: Asked, honest: Honest) -> Answer:
        return replace(honest(asked), delay=seconds)

    return fault


def redirect(to: str, status: int = 302) -> Fault:
    """Send the caller somewhere else; a credential must not go there."""

    def fault(asked: Asked, honest: Honest) -> Answer:
        del asked, honest
        return Answer(status=status, headers={"location": to})

    return fault


def empty_pages(asked: Asked, honest: Honest) -> Answer:
    """Say that there is more, and never give any."""
    return _changed(honest(asked), items=[])


def stuck(asked: Asked, honest: Honest) -> Answer:
    """Give the first page again and again, and say that there is more."""
    params = tuple(each for each in asked.params if each[0] != "offset")
    return _changed(honest(replace(asked, params=params)))


def _changed(answer: Answer, items: list[Any] | None = None) -> Answer:
    page = msgspec.json.decode(answer.body)
    for key, value in page.items():
        if isinstance(value, list) and items is not None:
            page[key] = items
    page["more"] = True
    return replace(answer, body=msgspec.json.encode(page))
