"""Reads a waivers file; reports every mistake in one go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ccm_core import documents, schemas
from ccm_core.approvals.people import Authorities
from ccm_core.documents import Document, Path, quoted
from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.statement_text import has_words, same_words
from ccm_core.sdk.timestamps import format_duration, parse_instant

SCHEMA = "waivers.v1"
_IN_WORDS = {
    "reason": "a reason in words: reports show it to whoever has to believe it",
    "owner": "who answers for the exception, such as a name or an address",
    "approver": "who allowed it, such as a name or an address",
}
LONGEST = timedelta(days=366)
"""The longest time between ``created`` and ``expires``."""


def read_waivers(
    text: bytes, file: str, authorities: Authorities | None = None
) -> tuple[Waiver, ...]:
    """Read a waivers file.

    Whether a waiver is approved is no mistake of the file: it then counts for nothing.

    Args:
        text: The file's bytes.
        file: Its name in mistakes.
        authorities: Who may own and approve, and how they prove it; None: nobody.

    Raises:
        DocumentError: The file has mistakes, such as a waiver without a valid period.
    """
    return waivers_of(documents.read_yaml(text, file), authorities or Authorities())


def waivers_of(document: Document, authorities: Authorities) -> tuple[Waiver, ...]:
    """Return the waivers of a document.

    Raises:
        DocumentError: It has mistakes.
    """
    mistakes = documents.check(document, schemas.load(SCHEMA))
    mistakes.extend(_mistakes(document))
    if mistakes:
        raise DocumentError(mistakes)
    return tuple(authorities.of(_waiver(raw)) for raw in document.value["waivers"])


def _mistakes(document: Document) -> Iterator[Mistake]:
    ids: dict[str, str] = {}
    entries = document.get(("waivers",), ())
    for index, raw in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(raw, dict):
            continue
        path: Path = ("waivers", index)
        name = raw.get("id")
        if isinstance(name, str):
            if name in ids:
                message = f"duplicate waiver id {name}; the first is at {ids[name]}"
                yield document.mistake((*path, "id"), message)
            ids.setdefault(name, str(document.location((*path, "id"))))
        yield from _wordless(document, path, raw)
        yield from _same_person(document, path, raw)
        yield from _invalid_period(document, path, raw)


def _wordless(document: Document, path: Path, raw: JsonObject) -> Iterator[Mistake]:
    """Yield what has no letter and no digit; the schema has rejected what is empty."""
    for key, expected in _IN_WORDS.items():
        text = raw.get(key)
        if isinstance(text, str) and text and not has_words(text):
            yield document.mistake((*path, key), f"got {quoted(text)}, expected {expected}")


def _same_person(document: Document, path: Path, raw: JsonObject) -> Iterator[Mistake]:
    owner, approver = raw.get("owner"), raw.get("approver")
    if not isinstance(owner, str) or not isinstance(approver, str) or not has_words(owner):
        return
    if same_words(owner, approver):
        yield document.mistake((*path, "approver"), "the approver must not be the owner")


def _invalid_period(document: Document, path: Path, raw: JsonObject) -> Iterator[Mistake]:
    created, expires = (_instant(raw.get(key)) for key in ("created", "expires"))
    if created is None or expires is None:
        return
    if expires <= created:
        yield document.mistake((*path, "expires"), "expires must be after created")
    elif expires - created > LONGEST:
        lifetime = format_duration((expires - created).total_seconds())
        message = f"expires {lifetime} after created; at most {LONGEST.days}d are allowed"
        yield document.mistake((*path, "expires"), message)


def _instant(value: Any) -> datetime | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _waiver(raw: JsonObject) -> Waiver:
    return Waiver(
        id=raw["id"],
        rules=tuple(raw["rules"]),
        findings=tuple(raw.get("findings", ())),
        subjects=tuple(raw.get("subjects", ())),
        connections=tuple(raw.get("connections", ())),
        controls=tuple(raw.get("controls", ())),
        reason=raw["reason"],
        owner=raw["owner"],
        approver=raw["approver"],
        created=parse_instant(raw["created"]),
        expires=parse_instant(raw["expires"]),
        approval=_approval(raw["approval"]) if "approval" in raw else None,
    )


def _approval(raw: JsonObject) -> Approval:
    return Approval(
        by=raw["by"],
        at=parse_instant(raw["at"]),
        method=ApprovalMethod(raw["method"]),
        proof=raw["signature"],
    )
