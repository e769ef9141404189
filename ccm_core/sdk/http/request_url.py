"""Where a request goes: always to the origin that the credential is for."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import BadRequest

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_QUOTED = 100


def request_url(base_url: str, target: str) -> str:
    """Return the URL of a request, checked before anything is sent.

    Args:
        base_url: The address that the credential is for.
        target: A path below it that begins with ``/``, or an absolute URL of the same origin, such
            as the link to the next page.

    Raises:
        BadRequest: It leads to another origin, out of its own path, or cannot be read.
    """
    try:
        parts = urlsplit(target)
        origin = _origin(parts) if parts.scheme or parts.netloc else None
    except ValueError as cause:
        raise _refused(target, "it cannot be read as a URL") from cause
    if not target.isprintable() or any(char in target for char in "\\#") or " " in target:
        raise _refused(target, "it has a character that no URL has")
    if origin is not None and origin != _origin(urlsplit(base_url)):
        raise _refused(_without_user(parts), "it is not of the origin of the connection")
    if not parts.path.startswith("/"):
        raise _refused(target, "a path begins with /")
    if {".", ".."} & set(unquote(parts.path).split("/")):
        raise _refused(target, "a path has no . and no ..")
    return target if origin is not None else base_url + target


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    if parts.username is not None or parts.password is not None:
        return parts.scheme, "", None  # a user makes it another origin than any base URL
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def _without_user(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _refused(target: str, why: str) -> BadRequest:
    shown = printable_excerpt(target, _MAX_QUOTED, substitute="?")
    return BadRequest(
        f"GET {shown}: {why}; nothing was sent, because the credential would go along. "
        "Expected a path of the source, or an absolute URL of the same scheme, host and port"
    )
