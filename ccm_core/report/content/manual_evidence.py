"""Manual evidence in words and as documents: what people attached, and whether it counts."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceState
from ccm_core.model.json_codec import JsonObject, plain
from ccm_core.report.content import phrases
from ccm_core.sdk.timestamps import format_instant

_INSTANT = timedelta(microseconds=1)
_KILOBYTE = 1024
_STATES = {
    ManualEvidenceState.CURRENT: "current",
    ManualEvidenceState.EXPIRED: "expired: does not count",
    ManualEvidenceState.REPLACED: "replaced: does not count",
    ManualEvidenceState.WITHDRAWN: "withdrawn: does not count",
    ManualEvidenceState.ERASED: "file erased: does not count",
}


def last_day(expires: datetime) -> str:
    """Return the last day of what expires at midnight, and else the moment."""
    if expires.timetz().replace(tzinfo=None) == time():
        return (expires - _INSTANT).date().isoformat()
    return format_instant(expires)


def size_in_words(size: int) -> str:
    """Return a number of bytes as people write it."""
    if size < _KILOBYTE:
        return phrases.count(size, "byte")
    for unit in ("KiB", "MiB"):
        if size < _KILOBYTE ** (2 if unit == "KiB" else 3):
            return f"{size / _KILOBYTE ** (1 if unit == 'KiB' else 2):,.1f} {unit}"
    return f"{size / _KILOBYTE**3:,.1f} GiB"


def state_in_words(piece: ManualEvidence, moment: datetime) -> str:
    """Return whether a piece counts, and why it does not."""
    state = piece.state_at(moment)
    if piece.ended is not None and piece.ended.replaced_by:
        return f"replaced by {piece.ended.replaced_by}: does not count"
    return _STATES[state]


def file_in_words(piece: ManualEvidence) -> str:
    """Return what file a piece is."""
    file = piece.statement.file
    stored = "" if file.stored else ", digest only"
    return f"{file.name}: {file.type}, {size_in_words(file.size)}{stored}"


def evidence_line(piece: ManualEvidence, moment: datetime) -> str:
    """Return a piece in one line: whether it counts, what it is, for when, and by whom."""
    statement = piece.statement
    return (
        f"{state_in_words(piece, moment)}: {statement.title} ({piece.id}, {statement.period}, "
        f"expires {last_day(statement.expires)}, {piece.by})"
    )


def evidence_document(piece: ManualEvidence, moment: datetime) -> JsonObject:
    """Return a piece as a document for programs.

    Args:
        piece: The piece.
        moment: When it is asked whether it counts.
    """
    statement = piece.statement
    return {
        "id": piece.id,
        "state": piece.state_at(moment).value,
        "title": statement.title,
        "controls": list(statement.controls),
        "period": statement.period,
        "since": format_instant(statement.window.since),
        "until": format_instant(statement.window.until),
        "expires": format_instant(statement.expires),
        "by": piece.by,
        "at": format_instant(piece.at),
        "comment": statement.comment,
        "file": {**plain(statement.file), "erased": piece.erased},
        "replaces": statement.replaces or None,
        "replaced_by": piece.ended.replaced_by or None if piece.ended else None,
        "ended": None
        if piece.ended is None
        else {
            "kind": piece.ended.kind.value,
            "by": piece.ended.by,
            "at": format_instant(piece.ended.at),
            "reason": piece.ended.reason,
        },
    }
