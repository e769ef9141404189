"""What PagerDuty says when something is wrong, in every shape it was seen in.

Follows https://developer.pagerduty.com/docs/errors; the body may also be HTML, text or empty,
``errors`` a string or a map, ``error`` a string or an array, and ``code`` may be missing. Reading
a complaint therefore never fails, and what is quoted of it is short, printable and free of the
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
"""Characters quoted of a complaint."""

_MOST_DETAILS = 5
_PAYMENT_REQUIRED, _FIRST_OF_SERVER = 402, 500
_BROKEN = frozenset({408, 425})
"""Below 500, and yet no fault of the request."""


class ScopeMissing(PermissionDenied):
    """The credential lacks a scope, whichever object is asked for."""


class AbilityMissing(NotAvailable):
    """The account's plan lacks the feature, whichever object is asked for."""


class AccountKeyAnswer(BadRequest):
    """The answer that ``/users/me`` gives to a key that belongs to no user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """What a refusal says, as far as it says anything."""

    message: str = ""
    code: int | None = None
    details: tuple[str, ...] = ()
    required_scopes: str = ""
    plain: bool = False
    """Whether ``error`` is a bare string, as ``/users/me`` answers an account key."""

    def __str__(self) -> str:
        """Say it in one line."""
        code = f" (code {self.code})" if self.code is not None else ""
        details = f": {'; '.join(self.details)}" if self.details else ""
        return f"{self.message or 'no reason given'}{code}{details}"


def parse_error_details(body: bytes) -> ErrorDetails:
    """Read a refusal's body, whatever it is."""
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


def faults(
    base_url: str, region: str, blanked: Callable[[str], str]
) -> Callable[[HttpResponse], SourceError]:
    """Give the function that turns an answer of 400 or above into the host's error.

    Args:
        base_url: Where the connection asks.
        region: The region of its settings.
        blanked: Takes the credential out of a text, wherever the source repeats it.
    """

    def fault(answer: HttpResponse) -> SourceError:
        said = parse_error_details(_without(blanked, answer.body))
        what = f"{blanked(answer.described())}: {said}"
        match answer.status:
            case 401:
                return AuthenticationFailed(f"{what}. {_refused(base_url, region)}")
            case 403:
                return _denied(what, said)
            case 402 | 404:
                return _not_there(what, answer.status)
            case status if status in _BROKEN or status >= _FIRST_OF_SERVER:
                return BadResponse(what)
            case _:
                return AccountKeyAnswer(what) if said.plain else BadRequest(what)

    return fault


def _denied(what: str, said: ErrorDetails) -> PermissionDenied:
    if said.required_scopes:
        return ScopeMissing(
            f"{what}. The credential needs: {said.required_scopes}. "
            "Give it that scope and authorise again; tokens already issued do not change"
        )
    return PermissionDenied(
        f"{what}. The credential may not read this; ask the account's administrator"
    )


def _not_there(what: str, status: int) -> NotAvailable:
    if status == _PAYMENT_REQUIRED:
        return AbilityMissing(
            f"{what}. The account's plan does not include this: "
            "it is not available, which is not the same as none"
        )
    return NotAvailable(f"{what}. It is gone, hidden from this credential, or switched off")


def _refused(base_url: str, region: str) -> str:
    other = "us" if region == "eu" else "eu"
    return (
        f"The key is wrong or revoked, or the account is in another region: this connection asks "
        f"{base_url} (region {region}). Check the key, or set region: {other}"
    )


# -- whatever came ----------------------------------------------------------------------------


def _without(blanked: Callable[[str], str], body: bytes) -> bytes:
    """Blank the credential in a body, in whatever way JSON spells it."""
    with suppress(ValueError, RecursionError):
        body = encode(decode(body))
    return blanked(body.decode("utf-8", "replace")).encode()


def _texts(value: Any) -> tuple[str, ...]:
    """Give the texts of a string, a list or a map of lists, bounded."""
    texts = [_quoted(text) for text, _ in zip(_walk(value, 0), range(_MOST_DETAILS), strict=False)]
    return tuple(filter(None, texts))


def _walk(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth > _MOST_DETAILS:
        return
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, depth + 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from (f"{name}: {text}" for text in _walk(one, depth + 1))


def _quoted(value: Any) -> str:
    """Give a text as one short printable line; of a list, its items; of anything else, nothing."""
    if isinstance(value, list):
        value = " ".join(one for one in value[:_MOST_DETAILS] if isinstance(one, str))
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * LONGEST]).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
