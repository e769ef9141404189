"""Responses, and the shapes in which PagerDuty refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

_ERRORS = {
    400: ("Invalid Input Provided", 2001),
    401: ("Authentication failed", 2006),
    402: ("Account does not have the abilities to perform the action", 2014),
    403: ("Access Denied", 2010),
    404: ("Not Found", 2100),
    405: ("Method Not Allowed", 2100),
    408: ("Request took too long", 2016),
    429: ("Rate Limit Exceeded", 2020),
    500: ("Internal Server Error", 2000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedResponse:
    """A response, intact or with a fault; a value, so that a fault can replace parts of it."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    limit_headers: bool = True
    """Whether it carries the ``ratelimit-*`` headers."""
    cut_after: int | None = None
    """Close the connection after this many bytes of the body."""
    delay: float = 0.0
    """Seconds to wait before it is sent."""

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers together with the content type."""
        if self.content_type is None:
            return self.headers
        return self.headers | {"content-type": self.content_type}


class RejectedRequest(Exception):
    """The request is not valid, or not allowed; carries the response."""

    def __init__(self, response: SimulatedResponse) -> None:
        self.response = response
        super().__init__(response.status)


def json_response(value: object, status: int = 200) -> SimulatedResponse:
    """Return a response with a JSON value."""
    return SimulatedResponse(status=status, body=msgspec.json.encode(value))


def error_response(
    status: int, *errors: str, code: int | None = None, message: str | None = None
) -> SimulatedResponse:
    """Return an error in PagerDuty's ordinary shape."""
    default_message, default_code = _ERRORS.get(status, ("Error", 2000))
    error: dict[str, object] = {
        "message": message or default_message,
        "code": code or default_code,
    }
    if errors:
        error["errors"] = list(errors)
    return json_response({"error": error}, status)


def rejection(status: int, *errors: str, code: int | None = None) -> RejectedRequest:
    """Return the exception that ends a request with an error."""
    return RejectedRequest(error_response(status, *errors, code=code))
