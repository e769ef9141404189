"""Compares what an evaluation builds on with what the one before it left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.evidence_read import KindRead
from ccm_core.pipeline.derive.before import Before
from ccm_core.pipeline.seals.sealed_evidence import other_records
from ccm_core.store.interface.records import RecordStore


def require_sealed(
    records: RecordStore, connection: str, before: Before | None, now: datetime
) -> None:
    """Refuse evidence that is not what was read before and what was stored since.

    Raises:
        IntegrityError: The records of a kind are others.
    """
    if before is None:
        return
    by_kind = {name.partition(" ")[2]: mark for name, mark in before.watermarks.items()}
    for kind, watermark in sorted(by_kind.items()):
        change = records.changes_since(connection, kind, watermark, as_of=now)
        if change is None or kind not in before.sealed:
            continue
        if change.changed_keys:
            root = records.root_before(connection, kind, change)
        else:
            _, root = records.keep_population(connection, kind)
        if root != before.sealed[kind]:
            raise other_records(connection, kind)


def require_kept(connection: str, before: Before | None, roots: Iterable[KindRead]) -> None:
    """Refuse to build on rows or verdicts that are not those that the result left.

    Raises:
        IntegrityError: Those of a derived kind are others.
    """
    if before is None:
        return
    stated = {read.kind: read.root for read in before.state.kinds}
    differing = [read.kind for read in roots if stated.get(read.kind, read.root) != read.root]
    if differing:
        raise IntegrityError(
            f"what was kept of {', '.join(differing)} of {connection} is not what the "
            "evaluation before left; run `ccm verify`, and restore the store from a backup"
        )
