"""Reads ``web.sign_in``: by whom people are signed in to the console, and which role they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings import SignInSettings
from ccm_core.documents import Document, Path, quoted, suggest
from ccm_core.errors import Mistake, UsageError
from ccm_core.model.frozen_json import FrozenDict

_PATH: Path = ("web", "sign_in")


def read_sign_in(document: Document, today: date, mistakes: list[Mistake]) -> SignInSettings | None:
    """Return how people sign in; None: not at all, or with mistakes, which are appended.

    Args:
        document: The settings; mistakes that the schema found are in the list already.
        today: The day in UTC, as an example of one.
        mistakes: Receives the mistakes.
    """
    entry = document.get(_PATH)
    if not isinstance(entry, dict):
        return None
    secret = _secret(document, entry, mistakes)
    mistakes.extend(_issuer_mistakes(document, entry))
    mistakes.extend(_unknown_values(document, entry))
    until = _last_days(document, entry, today, mistakes)
    # Of a document with mistakes nothing is used; the schema may have found more.
    if mistakes:
        return None
    optional = {"claim": str, "scopes": tuple}
    return SignInSettings(
        issuer=entry["issuer"],
        client_id=entry["client_id"],
        client_secret=secret,
        roles=FrozenDict({role: tuple(values) for role, values in entry["roles"].items()}),
        until=until,
        **{key: read(entry[key]) for key, read in optional.items() if key in entry},
    )


def _secret(
    document: Document, entry: Mapping[str, Any], mistakes: list[Mistake]
) -> SecretReference | None:
    reference = entry.get("client_secret")
    if not isinstance(reference, str):
        return None
    try:
        return SecretReference.parse(reference)
    except ValueError as error:
        mistakes.append(document.mistake((*_PATH, "client_secret"), str(error)))
        return None


def _issuer_mistakes(document: Document, entry: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield why the issuer cannot be asked: whoever is between could sign in as anybody."""
    from ccm_core.sdk.http.base_url import checked_base_url  # loads an HTTP client

    issuer = entry.get("issuer")
    if not isinstance(issuer, str) or not issuer.startswith(("http://", "https://")):
        return  # the schema has found it
    try:
        checked_base_url(issuer)
    except (UsageError, ValueError) as error:
        message = str(error).replace("base_url", "issuer")
        yield document.mistake((*_PATH, "issuer"), message)


def _last_days(
    document: Document, entry: Mapping[str, Any], today: date, mistakes: list[Mistake]
) -> Mapping[str, date]:
    """Return the last day of values; one that has passed is no mistake: it came by itself."""
    until = entry.get("until")
    days = {}
    for value, text in until.items() if isinstance(until, dict) else ():
        if not isinstance(text, str):
            continue  # the schema has found it
        try:
            days[value] = date.fromisoformat(text)
        except ValueError:
            message = f"expected a day such as {today}, got {quoted(text)}"
            mistakes.append(document.mistake((*_PATH, "until", value), message))
    return FrozenDict(days)


def _unknown_values(document: Document, entry: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield the values that end on a day and that no role has: a slip would never end."""
    roles, until = entry.get("roles"), entry.get("until")
    if not isinstance(roles, dict) or not isinstance(until, dict):
        return
    listed = {
        value
        for values in roles.values()
        if isinstance(values, list)
        for value in values
        if isinstance(value, str)
    }
    for value in until:
        if value not in listed:
            message = suggest("value", str(value), sorted(listed), label="roles have")
            yield document.mistake((*_PATH, "until", value), message)
