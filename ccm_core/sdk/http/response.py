"""One response of a source, read completely and within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccm_core.errors import BadResponse
from ccm_core.model.digest import digest
from ccm_core.model.json_codec import decode

_MAX_QUOTED = 100
"""Characters quoted of a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """The response to one GET."""

    path: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    received_at: datetime
    _decoded: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    """The decoded body, once it was needed: a page is decoded once."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the body's bytes as received."""
        return digest(self.body)

    def json(self) -> Any:
        """Return the decoded body; it is decoded once.

        Raises:
            BadResponse: It is not JSON.
        """
        if not self._decoded:
            try:
                self._decoded.append(decode(self.body))
            except (ValueError, RecursionError) as cause:
                raise BadResponse(f"{self.summary()}: the body is not JSON ({cause})") from cause
        return self._decoded[0]

    def summary(self) -> str:
        """Return a summary in a few words, without the body, which may hold anything."""
        media = _printable(self.headers.get("content-type", "no content type").split(";")[0])
        request = _printable(self.headers.get("x-request-id", ""))
        trail = f", request id {request}" if request else ""
        return f"GET {self.path} answered {self.status} ({media}, {len(self.body)} bytes{trail})"


def _printable(text: str) -> str:
    """Return a header's value cut short, without control characters."""
    return "".join(char for char in text[:_MAX_QUOTED] if char.isprintable())
