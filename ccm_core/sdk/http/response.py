"""One response of a source, read completely and within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import BadResponse
from ccm_core.model.digest import digest
from ccm_core.model.evidence.response_trail import response_trail
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import RepeatedKeyError, decode

_WEB_PAGES = frozenset({"text/html", "application/xhtml+xml"})
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
            BadResponse: It is a web page or not JSON, or one of its objects names a key twice.
        """
        if self.is_web_page:
            raise BadResponse(f"{self.summary()}: expected JSON, got a web page")
        if not self._decoded:
            try:
                self._decoded.append(decode(self.body))
            except RepeatedKeyError as cause:
                raise BadResponse(
                    f"{self.summary()}: {cause}; which of its values counts is not defined, so "
                    "none of this answer is used. Report the request to the source"
                ) from cause
            except (ValueError, RecursionError) as cause:
                raise BadResponse(f"{self.summary()}: the body is not JSON ({cause})") from cause
        return self._decoded[0]

    @property
    def is_web_page(self) -> bool:
        """Whether it is HTML: something between here and the source answered, or a login page."""
        media = self.headers.get("content-type", "").split(";")[0].strip().lower()
        return media in _WEB_PAGES

    def summary(self) -> str:
        """Return a summary in a few words, without the body, which may hold anything."""
        media = _printable(self.headers.get("content-type", "no content type").split(";")[0])
        request = _printable(self.headers.get("x-request-id", ""))
        trail = response_trail(media, len(self.body), request)
        return f"GET {self.path} answered {self.status} {trail}"


def _printable(text: str) -> str:
    """Return a header's value cut short, without control characters."""
    return printable_excerpt(text, _MAX_QUOTED)
