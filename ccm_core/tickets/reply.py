"""Bounds of requests to a ticket system, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import BadResponse, SourceError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import decode

_TOO_MANY, _UNAVAILABLE = 429, 503
_MAX_QUOTED = 300
"""Characters quoted of what a system says is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeBounds:
    """How long, how large, how often."""

    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    max_seconds: float = 60.0
    """Seconds for one whole response."""
    max_body: int = 16 * 1024 * 1024
    attempts: int = 3
    backoff: float = 1.0
    """Seconds before the second attempt; doubles each time."""
    max_wait: float = 60.0
    """Seconds that a system may ask to wait; after a longer wait the next sync goes on."""
    max_waits: int = 5
    """How often one request waits because the system asks for it."""
    pace: float = 0.0
    """Seconds between two requests that change something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One response, read completely."""

    action: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the decoded body.

        Raises:
            BadResponse: It is a web page, or not JSON.
        """
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media in ("text/html", "application/xhtml+xml"):
            raise BadResponse(
                f"{self.action} answered {self.status} with a web page; expected JSON. Check the "
                "address, and whether a login page or a proxy answers in its place"
            )
        try:
            return decode(self.body)
        except (ValueError, RecursionError):
            raise BadResponse(
                f"{self.action} answered {self.status} with what is not JSON; check the address"
            ) from None


ErrorFor = Callable[[Reply], SourceError]
WaitFor = Callable[[Reply], float | None]
"""Returns the seconds that a refusal asks to wait; None where it is no question of time."""


class Redirected(BadResponse):
    """A response that leads elsewhere."""

    def __init__(self, message: str, reply: Reply | None = None) -> None:
        """Keep the response, for a system that moves what it has."""
        super().__init__(message)
        self.reply = reply


def quoted(text: object) -> str:
    """Return what a system says is wrong, cut short and printable."""
    return printable_excerpt(" ".join(str(text).split()), _MAX_QUOTED)


def retry_after(reply: Reply) -> float | None:
    """Return the seconds that a refusal asks to wait, by the header ``Retry-After``."""
    if reply.status not in (_TOO_MANY, _UNAVAILABLE):
        return None
    try:
        return max(float(reply.headers["retry-after"]), 0.0)
    except (KeyError, ValueError):
        return 1.0 if reply.status == _TOO_MANY else None
