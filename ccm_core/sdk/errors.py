"""The errors a connector may raise; see :mod:`ccm_core.errors` for the whole tree."""

from __future__ import annotations

from ccm_core.errors import (
    BadResponse,
    BadRequest,
    PermissionDenied,
    NotAvailable,
    RateLimited,
    AuthenticationFailed,
    SourceError,
    Unreachable,
    UsageError,
)

__all__ = [
    "BadResponse",
    "BadRequest",
    "PermissionDenied",
    "NotAvailable",
    "RateLimited",
    "AuthenticationFailed",
    "SourceError",
    "Unreachable",
    "UsageError",
]
