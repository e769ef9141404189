"""Odd answers: what contradicts an answer of a moment ago is asked for once more, then believed.

A gateway in front of a source answers now and then for it: a 401 to a credential that was just
accepted, a web page where JSON belongs. Believing the first one would end a run or a listing;
asking for ever would hide what is true. See docs/adr/0042-odd-answers-are-asked-again-once.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccm_core.errors import BadResponse, NotAvailable, SourceError, TimedOut
from ccm_core.model.json_codec import RepeatedKeyError
from ccm_core.sdk.http.response import HttpResponse

_UNAUTHORIZED, _TOO_MANY_REQUESTS = 401, 429
_TOO_SLOW = frozenset({408, 504})
"""Statuses by which a source says itself that it ran out of time."""
_SLOW_ANSWERS = 3
"""Such answers that count as one time-out: they come sooner, and an outage has many of them."""


@dataclass(slots=True)
class RequestHistory:
    """What happened to one request in the attempts so far."""

    timeouts: int | None
    """Attempts that may take too long; None: any number."""
    odd_answers: int = 0
    slow_answers: int = 0

    def first_odd_answer(self) -> bool:
        """Count an odd answer; return whether it is the first, so that the request is repeated."""
        self.odd_answers += 1
        return self.odd_answers == 1

    def count_timeout(self, error: TimedOut) -> None:
        """Count an attempt that took too long.

        Raises:
            TimedOut: It was the last that may.
        """
        self._count(_SLOW_ANSWERS, error)

    def count_slow_answer(self, response: HttpResponse) -> None:
        """Count a response that says itself that it took too long.

        Raises:
            TimedOut: It was the last that may.
        """
        if response.status in _TOO_SLOW:
            self._count(1, TimedOut(f"{response.summary()}: the source ran out of time"))

    def _count(self, slow_answers: int, error: TimedOut) -> None:
        self.slow_answers += slow_answers
        if self.timeouts is not None and self.slow_answers >= _SLOW_ANSWERS * self.timeouts:
            raise error


def is_odd(response: HttpResponse, *, accepted: bool) -> bool:
    """Return whether a refusal is not to be believed before it comes twice.

    Args:
        response: Of 400 or above.
        accepted: Whether the source has accepted the credential before.
    """
    return accepted if response.status == _UNAUTHORIZED else response.is_web_page


def is_too_many(response: HttpResponse) -> bool:
    """Return whether a response has the status for too many requests."""
    return response.status == _TOO_MANY_REQUESTS


def not_twice(error: BadResponse) -> bool:
    """Return whether an unusable body is the source's own, so that more attempts do not help."""
    return isinstance(error.__cause__, RepeatedKeyError)


def error_of(
    response: HttpResponse, error_for: Callable[[HttpResponse], SourceError]
) -> SourceError:
    """Return the connector's error; a web page never means that the source has no such object."""
    error = error_for(response)
    if isinstance(error, NotAvailable) and response.is_web_page:
        return BadResponse(
            f"{error} But it is a web page, and the source answers with JSON: something in between "
            "answered, or the source does not know the credential. It does not show that there is "
            "no such object"
        )
    return error
