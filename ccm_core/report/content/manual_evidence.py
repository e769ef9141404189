"""Manual evidence in words and as documents: what people attached, and whether it counts."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ccm_core.model.audit.manual_evidence import (
    ManualEvidence,
    ManualEvidenceAct,
    ManualEvidenceActKind,
    ManualEvidenceState,
)
from ccm_core.model.frozen_dataclass import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """The file of a piece, as programs read it."""

    name: str
    size: int
    digest: str
    type: str
    stored: bool
    erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedEvidence:
    """How a piece was ended, as programs read it."""

    kind: ManualEvidenceActKind
    by: str
    at: datetime
    reason: str | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDocument:
    """A piece of manual evidence, as programs read it."""

    id: str
    state: ManualEvidenceState
    title: str
    controls: tuple[str, ...]
    period: str
    since: datetime
    until: datetime
    expires: datetime
    by: str
    at: datetime
    comment: str
    file: EvidenceFile
    replaces: str | None
    ended: EndedEvidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualEvidenceDocument:
    """What ``ccm evidence list --manual --json`` prints."""

    document: str = "ccm.manual-evidence/v1"
    manual_evidence: tuple[EvidenceDocument, ...]


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


def evidence_document(piece: ManualEvidence, moment: datetime) -> EvidenceDocument:
    """Return a piece as a document for programs.

    Args:
        piece: The piece.
        moment: When it is asked whether it counts.
    """
    statement, file = piece.statement, piece.statement.file
    return EvidenceDocument(
        id=piece.id,
        state=piece.state_at(moment),
        title=statement.title,
        controls=statement.controls,
        period=statement.period,
        since=statement.window.since,
        until=statement.window.until,
        expires=statement.expires,
        by=piece.by,
        at=piece.at,
        comment=statement.comment,
        file=EvidenceFile(
            name=file.name,
            size=file.size,
            digest=file.digest,
            type=file.type,
            stored=file.stored,
            erased=piece.erased,
        ),
        replaces=statement.replaces or None,
        ended=None if piece.ended is None else _ended(piece.ended),
    )


def _ended(act: ManualEvidenceAct) -> EndedEvidence:
    return EndedEvidence(
        kind=act.kind,
        by=act.by,
        at=act.at,
        reason=act.reason or None,
        replaced_by=act.replaced_by or None,
    )
