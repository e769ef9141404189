"""Error responses of the PagerDuty API, in every form that was observed.

Follows https://developer.pagerduty.com/docs/errors; the body may also be HTML, text or empty,
``errors`` a string or a map, ``error`` a string or an array, and ``code`` may be missing. Parsing
an error body therefore never fails, and what is quoted of it is short, printable and free of the
key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    NotAvailable,
    PermissionDenied,
    SourceError,
)
from ccm_core.sdk.json_codec import decode, encode

if TYPE_CHECKING:
    from ccm_core.sdk.http import HttpResponse

LONGEST = 200
"""Characters quoted from an error body."""

_MAX_DETAILS = 5
_PAYMENT_REQUIRED, _NOT_FOUND, _FIRST_OF_SERVER = 402, 404, 500
_BROKEN = frozenset({408, 425})
"""Statuses below 500 that are not an error of the request."""


_NOT_OF_THE_API = (
    "PagerDuty's API says so in JSON: something in between answered, or the address is not that of "
    "the API. It does not show that there is no such object"
)


class ScopeMissing(PermissionDenied):
    """The credential lacks a scope, whichever object is requested."""


class AbilityMissing(NotAvailable):
    """The account's plan lacks the feature, whichever object is requested."""


class NotOfTheApi(BadResponse):
    """A 404 that is not in JSON: PagerDuty's API did not answer."""


class AccountKeyAnswer(BadRequest):
    """The response of ``/users/me`` to a key that belongs to no user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """The parsed details of an error response."""

    message: str = ""
    code: int | None = None
    details: tuple[str, ...] = ()
    required_scopes: str = ""
    plain: bool = False
    """Whether ``error`` is a plain string, as ``/users/me`` responds to an account key."""

    def __str__(self) -> str:
        """Return the details in one line."""
        code = f" (code {self.code})" if self.code is not None else ""
        details = f": {'; '.join(self.details)}" if self.details else ""
        return f"{self.message or 'no error message'}{code}{details}"


def parse_error_details(body: bytes) -> ErrorDetails:
    """Parse the body of an error response, whatever its form."""
    try:
        document = decode(body)
    except (ValueError, RecursionError):
        return ErrorDetails()
    if not isinstance(document, dict):
        return ErrorDetails()
    error = document.get("error", document)
    if isinstance(error, str):
        return ErrorDetails(message=_quoted(error), plain=True)
    if not isinstance(error, dict):
        return ErrorDetails(details=_texts(error))
    code = error.get("code")
    return ErrorDetails(
        message=_quoted(error.get("message")),
        code=code if isinstance(code, int) and not isinstance(code, bool) else None,
        details=_texts(error.get("errors")),
        required_scopes=_quoted(error.get("required_scopes")),
    )


def error_mapper(
    base_url: str, region: str, redact: Callable[[str], str]
) -> Callable[[HttpResponse], SourceError]:
    """Return the function that converts a response of 400 or above into the host's error.

    Args:
        base_url: The address of the API.
        region: The region of its settings.
        redact: Removes the credential from a text, wherever the source repeats it.
    """

    def fault(response: HttpResponse) -> SourceError:
        details = parse_error_details(_redacted(redact, response.body))
        summary = f"{redact(response.summary())}: {details}"
        match response.status:
            case 401:
                return AuthenticationFailed(f"{summary}. {_refused(base_url, region)}")
            case 403:
                return _denied(summary, details)
            case 402 | 404:
                if response.status == _NOT_FOUND and not _is_json(response.body):
                    return NotOfTheApi(f"{summary}. {_NOT_OF_THE_API}")
                return _not_available(summary, response.status)
            case status if status in _BROKEN or status >= _FIRST_OF_SERVER:
                return BadResponse(summary)
            case _:
                return AccountKeyAnswer(summary) if details.plain else BadRequest(summary)

    return fault


def _denied(summary: str, details: ErrorDetails) -> PermissionDenied:
    if details.required_scopes:
        return ScopeMissing(
            f"{summary}. The credential needs: {details.required_scopes}. "
            "Add the scope to the app and authorize again; tokens already issued do not change"
        )
    return PermissionDenied(
        f"{summary}. The credential is not permitted to read this; "
        "ask an administrator of the account"
    )


def _not_available(summary: str, status: int) -> NotAvailable:
    if status == _PAYMENT_REQUIRED:
        return AbilityMissing(
            f"{summary}. The account's plan does not include this: "
            "it is unavailable, which does not mean that there are none"
        )
    return NotAvailable(
        f"{summary}. It was deleted, is hidden from this credential, or is disabled"
    )


def _refused(base_url: str, region: str) -> str:
    other_region = "us" if region == "eu" else "eu"
    return (
        f"The key is wrong or revoked, or the account is in another region: this connection uses "
        f"{base_url} (region {region}). Check the key, or set region: {other_region}"
    )


def refused_everywhere(base_url: str) -> AuthenticationFailed:
    """Return the error for an API that answers every path with a web page that says 404."""
    return AuthenticationFailed(
        f"{base_url} answers every request with 404, and never with JSON as PagerDuty does: the "
        "key is invalid, or this is not the address of PagerDuty's API. Check the key, and "
        "base_url where it is set"
    )


# -- bodies of any form -----------------------------------------------------------------------


def _redacted(redact: Callable[[str], str], body: bytes) -> bytes:
    """Remove the credential from a body, however JSON escapes it."""
    with suppress(ValueError, RecursionError):
        body = encode(decode(body))
    return redact(body.decode("utf-8", "replace")).encode()


def _is_json(body: bytes) -> bool:
    try:
        decode(body)
    except (ValueError, RecursionError):
        return False
    return True


def _texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a string, a list or a map of lists, up to a limit."""
    texts = [_quoted(text) for text, _ in zip(_walk(value, 0), range(_MAX_DETAILS), strict=False)]
    return tuple(filter(None, texts))


def _walk(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth > _MAX_DETAILS:
        return
    elif isinstance(value, list):
        for child in value:
            yield from _walk(child, depth + 1)
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from (f"{name}: {text}" for text in _walk(child, depth + 1))


def _quoted(value: Any) -> str:
    """Return a text as one short printable line; a list as its items; anything else as empty."""
    if isinstance(value, list):
        value = " ".join(text for text in value[:_MAX_DETAILS] if isinstance(text, str))
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * LONGEST]).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
