"""Reading of a body within its bound, whatever the source sends and however it is compressed."""

from __future__ import annotations

import httpx  # noqa: TID253 - this module is imported only where a source is read

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import BadResponse

ACCEPT_ENCODING = "gzip, deflate"
"""What is asked for: a kilobyte of it holds at most a megabyte."""
_ACCEPTED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class BodyRefused(BadResponse):
    """A body that is not read, and that would be the same in the next attempt."""


async def bounded_body(response: httpx.Response, request: str, most: int) -> bytes:
    """Return the decompressed body.

    Args:
        response: Whose body was not read yet.
        request: Such as ``GET /services``, for messages.
        most: The bytes that it may have.

    Raises:
        BodyRefused: It is larger, or compressed in a way that was not asked for: in several layers,
            or in a form of which one piece can hold gigabytes.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in _ACCEPTED:
        shown = printable_excerpt(coding, 40)
        raise BodyRefused(
            f"{request}: the body is compressed as {shown!r}; expected {ACCEPT_ENCODING} or nothing"
        )
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > most:
            raise BodyRefused(
                f"{request}: the body is larger than {most} bytes; the rest was not read"
            )
        chunks.append(chunk)
    return b"".join(chunks)
