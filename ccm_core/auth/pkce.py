"""Proof Key for Code Exchange (RFC 7636), with the challenge method S256 only.

The authorization request carries the challenge, the token request the verifier: whoever intercepts
the code in between cannot exchange it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

METHOD = "S256"
_VERIFIER_BYTES = 48


def create_verifier(random_text: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """Return a new code verifier of 64 characters.

    Args:
        random_text: Returns that many random bytes as URL-safe text.
    """
    return random_text(_VERIFIER_BYTES)


def challenge(verifier: str) -> str:
    """Return the S256 code challenge of a verifier."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return str(create_s256_code_challenge(verifier))
