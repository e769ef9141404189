"""Paths of requests: ids are escaped, so that an id can never name another endpoint."""

from __future__ import annotations

from urllib.parse import quote

from ccm_core.errors import BadRequest

_DOTS = frozenset({"", ".", ".."})
"""Segments that cannot be escaped: they would name the path above."""
_MAX_QUOTED = 60


def url_path(template: str, *segments: object) -> str:
    """Return a path with each ``{}`` of the template replaced by one escaped segment.

    Args:
        template: Such as ``/incidents/{}/log_entries``.
        segments: Ids as the source wrote them.

    Raises:
        BadRequest: A segment is empty or consists of dots, so that the request would go elsewhere.
    """
    texts = [str(segment) for segment in segments]
    for text in texts:
        if text in _DOTS:
            raise BadRequest(
                f"GET {template}: {text[:_MAX_QUOTED]!r} cannot be an id in a path; nothing was "
                "sent. The source listed an object with this id: report it to the source"
            )
    return template.format(*(quote(text, safe="") for text in texts))
