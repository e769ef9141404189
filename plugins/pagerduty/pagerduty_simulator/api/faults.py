"""Faults of a response. A fault receives the request and the function that answers it properly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

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
    """Respond with an HTML page, as a proxy in front of the API does."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        del request, respond
        body = _PAGE.format(title).encode()
        return SimulatedResponse(
            status=status, body=body, content_type="text/html", limit_headers=False
        )

    return fault


def too_many_requests(reset: int | None = 1, *, in_html: bool = False) -> Fault:
    """Respond with 429; with ``reset=None`` without the headers that state how long to wait."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        if in_html:
            return html(429, "429 Too Many Requests")(request, respond)
        return rate_limited(reset)

    return fault


def rate_limited(reset: int | None) -> SimulatedResponse:
    """Return PagerDuty's 429."""
    if reset is None:
        return replace(error_response(429), limit_headers=False)
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": str(reset)}
    return replace(error_response(429), headers=headers)


def scope_missing(required: str, granted: str = "openid") -> Fault:
    """Refuse an OAuth token that lacks a scope: no ``code``, the scopes as strings."""
    error = {
        "message": "Token missing required scopes",
        "required_scopes": required,
        "token_scopes": granted,
    }
    return refuse(403, {"error": error})


def truncated(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Send half of the JSON as if it were complete."""
    response = respond(request)
    return replace(response, body=response.body[: len(response.body) // 2])


def cut_connection(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Close the connection in the middle of the body. Over a socket only."""
    response = respond(request)
    return replace(response, cut_after=len(response.body) // 2)


def slow(seconds: float) -> Fault:
    """Send the proper response later."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        return replace(respond(request), delay=seconds)

    return fault


def redirect(to: str, status: int = 302) -> Fault:
    """Redirect the client to another address; a credential must not go there."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        del request, respond
        return SimulatedResponse(status=status, headers={"location": to})

    return fault


def empty_pages(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Return an empty page that claims more pages."""
    return _with_more(respond(request), rows=[])


def stuck(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
    """Return the first page whatever the offset, and claim more pages."""
    params = [pair for pair in request.params.multi_items() if pair[0] != "offset"]
    return _with_more(respond(replace(request, params=QueryParams(params))))


def _with_more(response: SimulatedResponse, rows: list[Any] | None = None) -> SimulatedResponse:
    page = msgspec.json.decode(response.body)
    for key, value in page.items():
        if isinstance(value, list) and rows is not None:
            page[key] = rows
    page["more"] = True
    return replace(response, body=msgspec.json.encode(page))


def refuse_path(path: str, status: int = 403) -> Fault:
    """Refuse one path, as for a private team: its members cannot be evaluated."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        return refuse(status)(request, respond) if request.path == path else respond(request)

    return fault
