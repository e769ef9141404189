"""Reading a source over HTTP: rate limits, retries, bounds, redaction, and the host's errors."""

from __future__ import annotations

import ccm_core.sdk.http.slim_import  # noqa: F401 - before anything imports httpx
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.bounds import Bounds
from ccm_core.sdk.http.response import HttpResponse
from ccm_core.sdk.http.source import HttpSource

__all__ = ["Bounds", "HttpResponse", "HttpSource", "checked_base_url", "is_loopback"]
