"""Rate limits of PagerDuty: the request budget, and how long a response asks to wait.

Follows https://developer.pagerduty.com/docs/rest-api-rate-limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccm_core.sdk.http import HttpResponse

PER_MINUTE = 960
"""Requests per minute for each account key, and for all keys of one user together."""
ON_CALLS_PER_MINUTE = 240
"""``/oncalls`` has its own, unpublished limit; its response headers correct this number."""

_SOONEST, _LATEST = 1, 300
_ROUNDING = 1e-9
_TOO_MANY_REQUESTS, _FIRST_BEYOND_SUCCESS = 429, 300


def retry_after(share: float = 1.0) -> Callable[[HttpResponse], float | None]:
    """Return the function that reads from a response how many seconds to wait.

    ``ratelimit-reset`` counts seconds from now. On a 429 it is used if it is a plausible number; on
    a success if only the share of other clients remains. A reset of 0 is ignored: the host backs
    off by itself.

    Args:
        share: The part of the limit that this connection may use.
    """

    def read(response: HttpResponse) -> float | None:
        reset = _whole(response.headers.get("ratelimit-reset"))
        if reset is None or not _SOONEST <= reset <= _LATEST:
            return None
        if response.status == _TOO_MANY_REQUESTS:
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
