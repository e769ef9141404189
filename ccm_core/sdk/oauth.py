"""What a plugin tells of its source's OAuth 2.0 servers; the host walks through the grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthProvider:
    """Where a source's identity server is, and what its ID tokens may say."""

    authorize_url: str
    """Where a person is sent to agree."""
    token_url: str
    """Where codes and refresh tokens become access tokens."""
    keys_url: str
    """The JSON Web Key Set that checks ID tokens."""
    issuer: str
    """The ``iss`` of its ID tokens."""
    base_urls: Mapping[str, str]
    """The API's addresses by region. An ID token chooses one of these and never names another."""
