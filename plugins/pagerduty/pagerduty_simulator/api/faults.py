"""Ways in which an response goes wrong. A fault gets the request and the respond way to response it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, error_response, json_response

Responder = Callable[[SimulatedRequest], SimulatedResponse]
Fault = Callable[[SimulatedRequest, Responder], SimulatedResponse]

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


def refuse(status: int, body: object = None) -> Fault:
    """Refuse with a status; ``body`` is JSON, or text sent as it stands, or PagerDuty's own."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        del request, respond
        if body is None:
            return error_response(status)
        if isinstance(body, str):
            return SimulatedResponse(status=status, body=body.encode(), content_type="text/plain")
        return json_response(body, status)

    return fault


def html(status: int = 200, title: str = "Bad Gateway") -> Fault:
    """Answer with a page of HTML, as a proxy in front of the API does."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        del request, respond
        body = _PAGE.format(title).encode()
        return SimulatedResponse(
            status=status, body=body, content_type="text/html", limit_headers=False
        )

    return fault


def too_many_requests(reset: int | None = 1, *, in_html: bool = False) -> Fault:
    """Answer 429; with ``reset=None`` without the headers that say how long to wait."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        if in_html:
            return html(429, "429 Too Many Requests")(request, respond)
        return rate_limited(reset)

    return fault


def rate_limited(reset: int | None) -> SimulatedResponse:
    """Give PagerDuty's 429."""
    if reset is None:
        return replace(error_response(429), limit_headers=False)
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": str(reset)}
    return replace(error_response(429), headers=headers)


def scope_missing(required: str, granted: str = "openid") -> Fault:
    """Answer as when an OAuth token lacks a scope: no ``code``, the scopes as strings."""
    error = {
        "message": "Token missing required scopes",
        "required_scopes": required,
        "token_scopes": granted,
    }
    return refuse(403, {"error": error})


def truncated(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Send half of the JSON as if it were all of it."""
    response = respond(request)
    return replace(response, body=response.body[: len(response.body) // 2])


def cut_connection(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Hang up in the middle of the body. Over a socket only."""
    response = respond(request)
    return replace(response, cut_after=len(response.body) // 2)


def slow(seconds: float) -> Fault:
    """Answer honestly, later."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        return replace(respond(request), delay=seconds)

    return fault


def redirect(to: str, status: int = 302) -> Fault:
    """Send the caller somewhere else; a credential must not go there."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        del request, respond
        return SimulatedResponse(status=status, headers={"location": to})

    return fault


def empty_pages(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Say that there is more, and never give any."""
    return _changed(respond(request), items=[])


def stuck(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Give the first page again and again, and say that there is more."""
    params = tuple(each for each in request.params if each[0] != "offset")
    return _changed(respond(replace(request, params=params)))


def _changed(response: SimulatedResponse, items: list[Any] | None = None) -> SimulatedResponse:
    page = msgspec.json.decode(response.body)
    for key, value in page.items():
        if isinstance(value, list) and items is not None:
            page[key] = items
    page["more"] = True
    return replace(response, body=msgspec.json.encode(page))
