"""Mapping of errors: what httpx raises becomes an error of the host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx  # noqa: TID253 - this module is imported only where a source is read

from ccm_core.errors import BadRequest, BadResponse, SourceError, TimedOut, Unreachable
from ccm_core.sdk.http.setup_faults import first_contact_fault, setup_fault

# Most specific first: the first class that fits decides.
ERROR_MAPPING: tuple[tuple[type[Exception], type[SourceError], str], ...] = (
    (httpx.ConnectTimeout, Unreachable, "no connection within the time allowed"),
    (httpx.PoolTimeout, Unreachable, "no free connection within the time allowed"),
    (httpx.TimeoutException, TimedOut, "no answer within the time allowed"),
    (httpx.ConnectError, Unreachable, "no connection"),
    (httpx.ProxyError, Unreachable, "the proxy refused"),
    (httpx.NetworkError, Unreachable, "the connection broke"),
    (httpx.LocalProtocolError, BadRequest, "the request cannot be written as HTTP"),
    (httpx.UnsupportedProtocol, BadRequest, "the address has a scheme that cannot be used"),
    (httpx.RemoteProtocolError, Unreachable, "the source broke off in the middle of its answer"),
    (httpx.ProtocolError, Unreachable, "the answer is not HTTP"),
    (httpx.TransportError, Unreachable, "the transport failed"),
    (httpx.DecodingError, BadResponse, "the body cannot be decompressed"),
    (httpx.TooManyRedirects, BadResponse, "the source redirects in circles"),
    (httpx.RequestError, Unreachable, "the request failed"),
    (httpx.HTTPStatusError, BadResponse, "an unexpected status"),
    (httpx.HTTPError, BadResponse, "the request failed"),
    (httpx.InvalidURL, BadRequest, "the address cannot be read"),
    (httpx.CookieConflict, BadResponse, "the source set cookies that contradict each other"),
    (httpx.StreamError, BadResponse, "the body cannot be read"),
)


def mapped_error(cause: Exception, action: str) -> SourceError | None:
    """Return the host's error for one of httpx's; None for anything else.

    Args:
        cause: The exception.
        action: What was being done, such as ``GET https://api.example/services``; no secrets.
    """
    for library_error, host_error, description in ERROR_MAPPING:
        if isinstance(cause, library_error):
            # httpx's own text can repeat header values; its class name cannot.
            return host_error(f"{action}: {description} ({type(cause).__name__})")
    return None


@contextmanager
def map_errors(action: str, url: str = "", *, answered: bool = True) -> Iterator[None]:
    """Map every exception of httpx that is raised inside.

    Args:
        action: What is being done; no secrets.
        url: Where the request goes, to name the host and the proxy.
        answered: Whether the source has answered before: then a lost connection is not a fault of
            this machine's setup.

    Raises:
        NetworkSetupError: A certificate or a proxy is the cause, whatever the library calls it.
        SourceError: In place of whatever else httpx raised.
    """
    try:
        yield
    except Exception as cause:
        mapped: SourceError | None = setup_fault(cause, action, url)
        if mapped is None and not answered:
            mapped = first_contact_fault(cause, action, url)
        mapped = mapped or mapped_error(cause, action)
        if mapped is None:
            raise
        raise mapped from cause
