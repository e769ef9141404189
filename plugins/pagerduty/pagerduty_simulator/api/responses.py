"""What is sent back, and the shapes in which PagerDuty refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

_CODES = {
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
class Answer:
    """One answer, whole or spoilt."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    limit_headers: bool = True
    """Whether the ``ratelimit-*`` headers go with it."""
    cut_after: int | None = None
    """Hang up after this many bytes of the body."""
    delay: float = 0.0
    """Seconds to wait before it is sent."""


class Declined(Exception):
    """The request cannot be answered as asked; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.status)


def json_answer(value: object, status: int = 200) -> Answer:
    """Answer with a JSON value."""
    return Answer(status=status, body=msgspec.json.encode(value))


def refusal(
    status: int, *errors: str, code: int | None = None, message: str | None = None
) -> Answer:
    """Refuse in PagerDuty's ordinary shape."""
    usual, number = _CODES.get(status, ("Error", 2000))
    error: dict[str, object] = {"message": message or usual, "code": code or number}
    if errors:
        error["errors"] = list(errors)
    return json_answer({"error": error}, status)


def declined(status: int, *errors: str, code: int | None = None) -> Declined:
    """Give the exception that ends a request with a refusal."""
    return Declined(refusal(status, *errors, code=code))
