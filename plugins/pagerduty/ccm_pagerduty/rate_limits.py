"""How fast PagerDuty may be asked, and how it says "wait".

Follows https://developer.pagerduty.com/docs/rest-api-rate-limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccm_core.sdk.http import HttpResponse

PER_MINUTE = 960
"""Requests a minute for each account key, and for all keys of one user together."""
ON_CALLS_PER_MINUTE = 240
"""``/oncalls`` has a limit of its own whose number is not published; its headers correct this."""

_SOONEST, _LATEST = 1, 300
_ROUNDING = 1e-9
_TOO_MANY_REQUESTS, _FIRST_BEYOND_SUCCESS = 429, 300


def advice(share: float = 1.0) -> Callable[[HttpResponse], float | None]:
    """Give the function that reads from an answer how many seconds to send nothing.

    ``ratelimit-reset`` counts seconds from now. On a 429 it is heeded whenever it is a sane number;
    on a success when what remains is what this connection leaves to others. A reset of 0 says
    nothing: the host backs off by itself.

    Args:
        share: Of the limit, what this connection may use.
    """

    def read(answer: HttpResponse) -> float | None:
        reset = _whole(answer.headers.get("ratelimit-reset"))
        if reset is None or not _SOONEST <= reset <= _LATEST:
            return None
        if answer.status == _TOO_MANY_REQUESTS:
            return float(reset)
        spent = answer.status < _FIRST_BEYOND_SUCCESS and _spent(answer, share)
        return float(reset) if spent else None

    return read


def _spent(answer: HttpResponse, share: float) -> bool:
    remaining = _whole(answer.headers.get("ratelimit-remaining"))
    limit = _whole(answer.headers.get("ratelimit-limit"))
    left_to_others = 0 if limit is None else int(limit * (1 - share) + _ROUNDING)
    return remaining is not None and remaining <= left_to_others


def per_minute(share: float) -> int:
    """Give the requests a minute for a share of the credential's limit."""
    return max(1, int(PER_MINUTE * share))


def _whole(text: str | None) -> int | None:
    short = text is not None and text.isascii() and text.strip().isdigit() and len(text) < 10  # noqa: PLR2004 - no sane header is longer
    return int(text) if text is not None and short else None
