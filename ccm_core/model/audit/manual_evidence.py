"""Manual evidence: files that people attach to controls, and what they do about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass


class ManualEvidenceActKind(StrEnum):
    """What was done."""

    ATTACHED = "attached"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class ManualEvidenceState(StrEnum):
    """Whether a piece of manual evidence counts; only a current one does."""

    CURRENT = "current"
    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    """Its file was erased by order; digest and name are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file as it was attached."""

    name: str
    size: int
    digest: str
    type: str
    """What its first bytes are, in words, such as ``PDF document``."""
    stored: bool
    """Whether its bytes were stored, and not its digest alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualEvidenceStatement:
    """What somebody states when they attach a file."""

    title: str
    file: AttachedFile
    controls: tuple[str, ...]
    """As ``framework:id``."""
    period: str
    """As it was written, such as ``2026-Q3``."""
    window: Window
    """The same as instants."""
    expires: datetime
    comment: str = ""
    replaces: str = ""
    """The id of the piece that it takes the place of; empty: of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualEvidenceAct:
    """One thing that somebody did about a piece of manual evidence: an entry of the ledger."""

    evidence: str
    """The id of the piece."""
    number: int
    """Counts what was done about the piece."""
    kind: ManualEvidenceActKind
    at: datetime
    by: str
    """The id of a person of the settings, or what somebody at the terminal is called."""
    statement: ManualEvidenceStatement | None = None
    """Where it was attached."""
    reason: str = ""
    """Why it was withdrawn."""
    replaced_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualEvidence:
    """A piece of manual evidence as it is now, with everything that was done about it."""

    id: str
    by: str
    at: datetime
    statement: ManualEvidenceStatement
    acts: tuple[ManualEvidenceAct, ...]
    erased: bool
    """Whether its file was stored, and is not there any more."""

    @property
    def ended(self) -> ManualEvidenceAct | None:
        """The act that replaced or withdrew it; None: neither was done."""
        return self.acts[-1] if len(self.acts) > 1 else None

    def state_at(self, moment: datetime) -> ManualEvidenceState:
        """Return whether it counts at a moment; whether it was ended or erased counts as of now."""
        if self.ended is not None:
            return ManualEvidenceState(self.ended.kind.value)
        if self.erased:
            return ManualEvidenceState.ERASED
        if self.statement.expires <= moment:
            return ManualEvidenceState.EXPIRED
        return ManualEvidenceState.CURRENT


def manual_evidence(
    acts: Iterable[ManualEvidenceAct], present: AbstractSet[str]
) -> Sequence[ManualEvidence]:
    """Return the pieces that some acts are about, in the order in which they were attached.

    Args:
        acts: All that were stored, in any order.
        present: Digests of the files whose bytes are in the store.
    """
    by_piece: Mapping[str, list[ManualEvidenceAct]] = defaultdict(list)
    for act in acts:
        by_piece[act.evidence].append(act)
    pieces = []
    for name, some in by_piece.items():
        ordered = sorted(some, key=lambda act: act.number)
        first = ordered[0]
        if first.statement is None:
            continue
        file = first.statement.file
        pieces.append(
            ManualEvidence(
                id=name,
                by=first.by,
                at=first.at,
                statement=first.statement,
                acts=tuple(ordered),
                erased=file.stored and file.digest not in present,
            )
        )
    return sorted(pieces, key=lambda piece: (piece.at, piece.id))
