"""Erasing the file of a piece of manual evidence; its digest, and who attached it, stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.erasure import ErasureResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.store.sql.transaction import Transaction

_FILES = """
    SELECT DISTINCT manual_evidence.file
    FROM manual_evidence
    JOIN attached_file ON attached_file.digest = manual_evidence.file
    WHERE manual_evidence.evidence = :evidence AND length(attached_file.document) > 0
"""
_SHARING = f"""
    SELECT count(DISTINCT evidence) FROM manual_evidence
    WHERE file IN ({_FILES}) AND evidence <> :evidence
"""
_EMPTY = "UPDATE attached_file SET document = :empty WHERE digest = :digest"


def stored_files(transaction: Transaction, evidence: str) -> Sequence[str]:
    """Return the digests of the files of a piece whose bytes are there."""
    return list(transaction.column(_FILES, evidence=evidence))


def count(transaction: Transaction, evidence: str) -> ErasureResult:
    """Count what erasing the file of a piece deletes."""
    return ErasureResult(
        bodies=0,
        rejected=0,
        shared_versions=0,
        files=len(stored_files(transaction, evidence)),
        sharing_evidence=transaction.value(_SHARING, evidence=evidence),
    )


def delete(transaction: Transaction, digests: Sequence[str]) -> None:
    """Delete the bytes of some files."""
    for digest in digests:
        transaction.execute(_EMPTY, digest=digest, empty=b"")
