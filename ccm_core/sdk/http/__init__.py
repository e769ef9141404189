"""Reading a source over HTTP: bounded, paced, redacted, and with the host's own errors."""

from __future__ import annotations

import ccm_core.sdk.http.slim_import  # noqa: F401 - before anything imports httpx
from ccm_core.sdk.http.response import HttpResponse
from ccm_core.sdk.http.source import Bounds, HttpSource, checked_base_url, is_loopback

__all__ = ["Bounds", "HttpResponse", "HttpSource", "checked_base_url", "is_loopback"]
