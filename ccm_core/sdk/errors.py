"""The errors a connector may raise; see :mod:`ccm_core.errors` for the whole tree."""

from __future__ import annotations

from ccm_core.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    NetworkSetupError,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    SettingsError,
    SourceError,
    TimedOut,
    Unreachable,
    UsageError,
)

__all__ = [
    "AuthenticationFailed",
    "BadRequest",
    "BadResponse",
    "NetworkSetupError",
    "NotAvailable",
    "PermissionDenied",
    "RateLimited",
    "SettingsError",
    "SourceError",
    "TimedOut",
    "Unreachable",
    "UsageError",
]
