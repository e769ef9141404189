"""The headers of every answer: what a browser may do with it."""

from __future__ import annotations

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere, in nobody's frame."""
_YEAR = 31_536_000


def security_headers(*, secure: bool, policy: str = POLICY) -> dict[str, str]:
    """Return the headers that every answer has.

    The referrer stays within the console: without any, browsers send ``Origin: null`` with forms.

    Args:
        secure: Whether the console is reached over TLS.
        policy: The content security policy.
    """
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store",
    }
    if secure:
        headers["strict-transport-security"] = f"max-age={_YEAR}"
    return headers
