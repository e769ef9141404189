"""Rate limits of PagerDuty: the request budget, and how long a response asks to wait.

Follows https://developer.pagerduty.com/docs/rest-api-rate-limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.api_errors import parse_error_details

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccm_core.sdk.http import HttpResponse

PER_MINUTE = 960
"""Requests per minute for each account key, and for all keys of one user together."""
ON_CALLS_PER_MINUTE = 240
"""``/oncalls`` has its own, unpublished limit; its response headers correct this number."""

_SOONEST, _LATEST = 1, 300
_ROUNDING = 1e-9
_FORBIDDEN, _TOO_MANY_REQUESTS, _FIRST_BEYOND_SUCCESS = 403, 429, 300
_RATE_LIMIT_EXCEEDED = 2020
_LIMIT_WORDS = ("rate limit", "too many requests")


def means_rate_limit(response: HttpResponse) -> bool:
    """Return whether a response means that there were too many requests.

    That is a 429, and a 403 whose body has the code or the words of the limit; where it has no
    words of PagerDuty's own, a spent ``ratelimit-remaining`` or a ``retry-after`` decide.
    """
    if response.status != _FORBIDDEN:
        return response.status == _TOO_MANY_REQUESTS
    details = parse_error_details(response.body)
    if details.code is not None:
        return details.code == _RATE_LIMIT_EXCEEDED
    if details.message or details.details or details.required_scopes:
        words = " ".join((details.message, *details.details)).lower()
        return any(limit in words for limit in _LIMIT_WORDS)
    spent = _whole(response.headers.get("ratelimit-remaining")) == 0
    return spent or "retry-after" in response.headers


def retry_after(share: float = 1.0) -> Callable[[HttpResponse], float | None]:
    """Return the function that reads from a response how many seconds to wait.

    ``ratelimit-reset`` counts seconds from now. On a rate limit it is used if it is a plausible
    number; on a success if only the share of other clients remains. A reset of 0 is ignored: the
    host backs off by itself.

    Args:
        share: The part of the limit that this connection may use.
    """

    def read(response: HttpResponse) -> float | None:
        reset = _whole(response.headers.get("ratelimit-reset"))
        if reset is None or not _SOONEST <= reset <= _LATEST:
            return None
        if means_rate_limit(response):
            return float(reset)
        spent = response.status < _FIRST_BEYOND_SUCCESS and _spent(response, share)
        return float(reset) if spent else None

    return read


def _spent(response: HttpResponse, share: float) -> bool:
    remaining = _whole(response.headers.get("ratelimit-remaining"))
    limit = _whole(response.headers.get("ratelimit-limit"))
    reserved = 0 if limit is None else int(limit * (1 - share) + _ROUNDING)
    return remaining is not None and remaining <= reserved


def per_minute(share: float) -> int:
    """Return the requests per minute for a share of the credential's limit."""
    return max(1, int(PER_MINUTE * share))


def _whole(text: str | None) -> int | None:
    short = text is not None and text.isascii() and text.strip().isdigit() and len(text) < 10  # noqa: PLR2004 - no valid header is longer
    return int(text) if text is not None and short else None
