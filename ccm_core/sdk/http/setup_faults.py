"""Faults of certificates and proxies, named by their cause: no repetition changes them."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import httpx  # noqa: TID253 - this module is imported only where a source is read

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import NetworkSetupError
from ccm_core.sdk.http.base_url import is_loopback

_PROXY_VARIABLES = {
    "https": ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
    "http": ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"),
}
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PASSING = frozenset({"UNEXPECTED_EOF_WHILE_READING", "SYSCALL"})
"""Reasons of OpenSSL for a connection that merely broke."""
_REFUSED_BY_PROXY = re.compile(r"\b4\d\d\b")
_MAX_QUOTED = 120


def setup_fault(cause: BaseException, action: str, url: str) -> NetworkSetupError | None:
    """Return the fault of this machine's network setup that an exception shows; None: another one.

    Args:
        cause: What the HTTP library raised.
        action: What was being done, without secrets.
        url: Where the request went.
    """
    for error in _chain(cause):
        if isinstance(error, ssl.SSLCertVerificationError):
            return _untrusted(error, action, url)
        if isinstance(error, ssl.SSLError) and error.reason not in _PASSING:
            return NetworkSetupError(
                f"{action}: no TLS with {_host(url)} ({_words(error.reason or '')}). Something "
                "that is not the source answers there: check the address and the proxy"
            )
    if isinstance(cause, httpx.ProxyError) and (status := _REFUSED_BY_PROXY.search(str(cause))):
        return NetworkSetupError(
            f"{action}: {_proxy_words(url)} answered {status[0]}: it asks for a user, or does not "
            f"let requests to {_host(url)} pass. Check HTTPS_PROXY and NO_PROXY, see the page "
            '"When something is missing"'
        )
    return None


def first_contact_fault(cause: BaseException, action: str, url: str) -> NetworkSetupError | None:
    """Return the fault that an exception shows where the source has not answered once so far."""
    if not isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return None
    if _proxy_of(url) is not None:
        return NetworkSetupError(
            f"{action}: {_proxy_words(url)} does not lead there. Check that it runs, and "
            "HTTPS_PROXY and NO_PROXY"
        )
    if any(isinstance(error, socket.gaierror) for error in _chain(cause)):
        return NetworkSetupError(
            f"{action}: the name {_host(url)} cannot be resolved. Check the address, the name "
            "server, and whether HTTPS_PROXY must be set"
        )
    return None


@contextmanager
def named_setup_faults(url: str) -> Iterator[None]:
    """Name what keeps a client from being made: certificate files or proxies of the environment.

    Raises:
        NetworkSetupError: In place of whatever the library raised.
    """
    try:
        yield
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as cause:
        variable = next((name for name in _CERTIFICATE_VARIABLES if os.environ.get(name)), None)
        if isinstance(cause, OSError) and variable:
            raise NetworkSetupError(
                f"{variable} does not name readable certificates ({_reason(cause)}); "
                "expected a file of certificates in PEM form, such as the CA of your proxy"
            ) from cause
        raise NetworkSetupError(
            f"{_proxy_words(url)} cannot be used ({type(cause).__name__}); expected a proxy such "
            "as http://proxy.example:8080"
        ) from cause


def _untrusted(error: ssl.SSLCertVerificationError, action: str, url: str) -> NetworkSetupError:
    return NetworkSetupError(
        f"{action}: the certificate of {_host(url)} is not trusted "
        f"({_words(error.verify_message or error.reason or '')}). If a proxy of your organization "
        "inspects TLS, set SSL_CERT_FILE to a file with its CA certificate"
    )


def _chain(cause: BaseException) -> Iterator[BaseException]:
    error: BaseException | None = cause
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _proxy_of(url: str) -> tuple[str, str] | None:
    """Return the variable that names the proxy of a URL, and its host and port without a user."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(url):
        return None  # no proxy is used for it, whatever the environment says
    for name in _PROXY_VARIABLES.get(parts.scheme, ()):
        if (value := os.environ.get(name)) and not proxy_bypass(host):
            address = urlsplit(value if "//" in value else f"//{value}").netloc
            return name, _words(address.rpartition("@")[2])
    return None


def _proxy_words(url: str) -> str:
    proxy = _proxy_of(url)
    return f"the proxy {proxy[1]} that {proxy[0]} names" if proxy else "the proxy"


def _host(url: str) -> str:
    return _words(urlsplit(url).hostname or "the source")


def _reason(cause: OSError) -> str:
    return _words(cause.strerror or type(cause).__name__)


def _words(text: str) -> str:
    """Return a text of the other side cut short, without control characters."""
    return printable_excerpt(text, _MAX_QUOTED)
