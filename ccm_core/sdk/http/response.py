"""One answer of a source, read whole and within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccm_core.errors import BadResponse
from ccm_core.model.json_codec import decode, digest

_LONGEST = 100
"""Characters quoted of a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What came back for one GET."""

    path: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    received_at: datetime
    _decoded: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    """What the body holds, once it was asked for: a page is decoded once, not at every look."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the body's bytes as received."""
        return digest(self.body)

    def json(self) -> Any:
        """Decode the body, the first time it is asked for.

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
        """Say in a few words what came back: never the body, which may hold anything."""
        media = _plain(self.headers.get("content-type", "no content type").split(";")[0])
        request = _plain(self.headers.get("x-request-id", ""))
        trail = f", request id {request}" if request else ""
        return f"GET {self.path} answered {self.status} ({media}, {len(self.body)} bytes{trail})"


def _plain(text: str) -> str:
    """Give what a header says in short, without anything that a terminal would act upon."""
    return "".join(char for char in text[:_LONGEST] if char.isprintable())
