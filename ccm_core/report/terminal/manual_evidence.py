"""Manual evidence as text for a terminal: a list, and one piece with all that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceActKind
from ccm_core.report.content.cell_width import fitted
from ccm_core.report.content.manual_evidence import (
    file_in_words,
    last_day,
    size_in_words,
    state_in_words,
)
from ccm_core.sdk.timestamps import format_instant

_LABEL = 11


def evidence_lines(pieces: Sequence[ManualEvidence], moment: datetime, width: int) -> Iterator[str]:
    """Yield two lines for each piece: whether it counts for what, and which file it is."""
    for piece in pieces:
        statement = piece.statement
        controls = ", ".join(statement.controls)
        state = state_in_words(piece, moment)
        expires = f"expires {last_day(statement.expires)}"
        yield fitted(f"{piece.id}  {state}  {statement.period}  {expires}  {controls}", width)
        file = statement.file
        named = "" if statement.title == file.name else f" ({file.name})"
        yield fitted(f"  {statement.title}{named}, {size_in_words(file.size)}, {piece.by}", width)


def evidence_text(piece: ManualEvidence, moment: datetime, missing: str) -> Iterator[str]:
    """Yield everything that is known of one piece.

    Args:
        piece: The piece.
        moment: When it is asked whether it counts.
        missing: Why the store does not have its file; empty: it has.
    """
    statement = piece.statement
    yield f"{piece.id}  {statement.title}"
    facts = {
        "state": state_in_words(piece, moment),
        "controls": ", ".join(statement.controls),
        "period": statement.period,
        "expires": last_day(statement.expires),
        "file": file_in_words(piece),
        "digest": statement.file.digest,
        "missing": missing,
        "attached": f"{format_instant(piece.at)} by {piece.by}",
        "comment": statement.comment,
        "replaces": statement.replaces,
    }
    for label, fact in facts.items():
        if fact:
            yield f"  {label.ljust(_LABEL)}{fact}"
    for act in piece.acts[1:]:
        by = f" by {act.replaced_by}" if act.replaced_by else ""
        is_withdrawn = act.kind is ManualEvidenceActKind.WITHDRAWN
        why = f": {act.reason}" if is_withdrawn else ""
        yield f"  {act.kind.value.ljust(_LABEL)}{format_instant(act.at)} {by.strip()}".rstrip() + (
            f" ({act.by}){why}"
        )
