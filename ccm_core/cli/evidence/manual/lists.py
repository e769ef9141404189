"""List, show and export manual evidence."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.errors import UsageError
from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period import parse_period
from ccm_core.report.content.manual_evidence import ManualEvidenceDocument, evidence_document
from ccm_core.report.terminal.manual_evidence import evidence_lines, evidence_text

_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFilter:
    """Which manual evidence to list; an empty field selects all."""

    controls: tuple[str, ...] = ()
    period: str = ""
    expired: bool = False

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.controls or self.period or self.expired)


def list_manual(workspace: Workspace, selection: EvidenceFilter, *, as_json: bool) -> None:
    """Print the manual evidence that is selected, in the order of attaching."""
    now = workspace.host.clock()
    with workspace.read_store() as store:
        pieces = store.audit_acts.manual_evidence()
    chosen = _selected(workspace, pieces, selection)
    if as_json:
        documents = tuple(evidence_document(piece, now) for piece in chosen)
        print_json(ManualEvidenceDocument(manual_evidence=documents))
        return
    width = max(shutil.get_terminal_size((_WIDTH, 24)).columns, 60)
    for line in evidence_lines(chosen, now, width if sys.stdout.isatty() else 1 << 16):
        print_text(line)
    current = sum(piece.state_at(now) is ManualEvidenceState.CURRENT for piece in chosen)
    print_message(
        f"{current} current, {len(chosen) - current} that do not count; {len(pieces)} ever"
    )


def show_manual(workspace: Workspace, name: str) -> None:
    """Print everything that is known of one piece."""
    from ccm_core.app.audit.named_evidence import evidence_named, where_file_is

    with workspace.read_store() as store:
        piece = evidence_named(store, name)
        is_there = piece.statement.file.stored and not piece.erased
        missing = "" if is_there else where_file_is(store, piece)
    for line in evidence_text(piece, workspace.host.clock(), missing):
        print_text(line)


def export_manual(workspace: Workspace, name: str, target: Path) -> None:
    """Write the file of a piece again."""
    from ccm_core.app.audit.named_evidence import export_file

    exported = export_file(workspace, name, target)
    file = exported.piece.statement.file
    print_message(
        f"{exported.path}: {file.size:,} bytes, {file.digest}, as leaf {exported.leaf} of the "
        "store's own log states it; `ccm verify` verifies the log"
    )


def _selected(
    workspace: Workspace, pieces: Sequence[ManualEvidence], selection: EvidenceFilter
) -> list[ManualEvidence]:
    now = workspace.host.clock()
    controls, window = set(selection.controls), None
    for control in controls:
        if ":" not in control:
            raise UsageError(f"--control {control!r}: expected FRAMEWORK:ID, such as soc2:CC7.4")
    if selection.period:
        try:
            window = parse_period(selection.period).window
        except ValueError as error:
            raise UsageError(f"--period: {error}") from error
    return [
        piece
        for piece in pieces
        if (not controls or controls & set(piece.statement.controls))
        and (window is None or window.intersection(piece.statement.window))
        and (not selection.expired or piece.state_at(now) is ManualEvidenceState.EXPIRED)
    ]
