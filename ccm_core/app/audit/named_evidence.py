"""Find a piece of manual evidence by its id, and get its file back."""

from __future__ import annotations

from pathlib import Path, PurePath

from ccm_core.app.workspace import Workspace
from ccm_core.atomic_write import write_durably
from ccm_core.documents import suggest
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.model.audit.manual_evidence import ManualEvidence
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.interface.evidence_store import EvidenceStore

_SHORTEST = 3
"""Characters of an id that name a piece: shorter ones name one by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file that was written again."""

    path: Path
    piece: ManualEvidence
    leaf: int
    """The leaf of the store's own log that states its digest."""


def evidence_named(store: EvidenceStore, name: str) -> ManualEvidence:
    """Return the piece of an id, or of the beginning of one or of its second half.

    Raises:
        UsageError: There is none, or there are several.
    """
    pieces = store.audit_acts.manual_evidence()
    for piece in pieces:
        if piece.id == name:
            return piece
    begins = name.casefold()
    found = [piece for piece in pieces if len(name) >= _SHORTEST and _is_named(piece.id, begins)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(piece.id for piece in found[:10])
        raise UsageError(f"{name!r} begins the ids of {len(found)} pieces: {ids}; write more of it")
    if not pieces:
        raise UsageError("no manual evidence is stored yet; `ccm evidence attach` stores some")
    message = suggest("manual evidence", name, [piece.id for piece in pieces])
    raise UsageError(f"{message}; `ccm evidence list --manual` lists it")


def export_file(workspace: Workspace, name: str, target: Path) -> ExportedFile:
    """Write the file of a piece, once its bytes and the ledger's leaf are proven.

    Args:
        workspace: The settings, and where the store is.
        name: The id of the piece, or the beginning of it.
        target: The file to write, which must not be there; or a folder.

    Raises:
        UsageError: There is no such piece, its bytes are not stored, or the target is there.
        IntegrityError: The bytes are not those that were attached, or no leaf states them.
    """
    with workspace.read_store() as store:
        piece = evidence_named(store, name)
        file = piece.statement.file
        leaf = _leaf_of(store, piece)
        content = store.audit_acts.file(file.digest) if file.stored else None
        if content is None:
            raise UsageError(f"{piece.id} has no file any more: {where_file_is(store, piece)}")
    path = target / PurePath(file.name).name if target.is_dir() else target
    if path.exists():
        raise UsageError(f"{path} exists; expected a name that is free")
    try:
        write_durably(path, content)
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
    return ExportedFile(path=path, piece=piece, leaf=leaf)


def where_file_is(store: EvidenceStore, piece: ManualEvidence) -> str:
    """Return why the store does not have the file of a piece, and what can be done."""
    file = piece.statement.file
    if not file.stored:
        return (
            f"its digest alone was stored, of {file.name}; compare yours with {file.digest} "
            "(`sha256sum`)"
        )
    orders = {leaf["id"]: leaf for _, leaf in store.ledger.leaves() if leaf["leaf"] == "erasure"}
    for _, leaf in store.ledger.leaves():
        if leaf["leaf"] == "erased" and leaf["digest"] == file.digest:
            order = orders[leaf["erasure"]]
            return (
                f"it was erased at {order['erased_at']} by order {order['id']}: {order['reason']}"
            )
    return "it was taken out of the store by somebody else than ccm; run `ccm verify`"


def _leaf_of(store: EvidenceStore, piece: ManualEvidence) -> int:
    """Return the index of the leaf that states the file of a piece.

    Raises:
        IntegrityError: None does.
    """
    stated = piece.statement.file.digest
    for index, leaf in store.ledger.leaves():
        if leaf["leaf"] == "manual_evidence" and leaf["evidence"] == piece.id:
            if leaf.get("file") == stated:
                return index
            break
    raise IntegrityError(
        f"no leaf of the ledger states that {piece.id} has {stated}; run `ccm verify`"
    )


def _is_named(name: str, begins: str) -> bool:
    halves = (name, name.removeprefix("ME-"), name.rpartition("-")[2])
    return any(half.casefold().startswith(begins) for half in halves)
