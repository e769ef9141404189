"""What people and commands did about findings, one row and one leaf for each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.finding.act import FindingAct
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import FINDING_ACT
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.store.sql.driver import Row, SqlValue
    from ccm_core.store.sql.transaction import Transaction

_SELECT = "SELECT finding, digest, document FROM finding_act"


def append(transaction: Transaction, act: FindingAct, revision: int | None) -> int:
    """Store what was done about a finding, with its leaf; return its number.

    Raises:
        UsageError: There is no such finding, or somebody did something else meanwhile.
    """
    if not transaction.value("SELECT 1 FROM finding WHERE id = :id", id=act.finding):
        raise UsageError(f"no finding {act.finding!r}; `ccm findings list --all` lists them")
    before = of_findings(transaction, [act.finding]).get(act.finding, ())
    if revision is not None and revision != len(before):
        raise UsageError(_conflict(act, revision, before))
    numbered = replace(act, number=len(before) + 1)
    document = encode_body(numbered)
    row: dict[str, SqlValue] = {
        "finding": act.finding,
        "number": numbered.number,
        "at": microseconds(act.at),
        "kind": act.kind.value,
        "digest": document.digest,
        "document": document.content,
    }
    transaction.insert("finding_act", row)
    append_leaves(transaction, STORE_LOG, [FINDING_ACT.line(row)])
    return numbered.number


def of_findings(
    transaction: Transaction, ids: Iterable[str] | None
) -> Mapping[str, Sequence[FindingAct]]:
    """Return what was done about some findings, in order; None: about all.

    Raises:
        IntegrityError: One is not what was stored.
    """
    acts: dict[str, list[FindingAct]] = defaultdict(list)
    for act in _read(transaction, ids):
        acts[act.finding].append(act)
    return {name: tuple(sorted(some, key=_number)) for name, some in acts.items()}


def _read(transaction: Transaction, ids: Iterable[str] | None) -> Iterator[FindingAct]:
    rows: Iterable[Row]
    if ids is None:
        rows = transaction.rows(_SELECT)
    else:
        rows = transaction.rows_in(f"{_SELECT} WHERE finding IN (:values)", sorted(ids))
    for finding, digest, document in rows:
        yield decode_body(document, digest, FindingAct, f"what was done about finding {finding}")


def _number(act: FindingAct) -> int:
    return act.number


def _conflict(act: FindingAct, revision: int, before: Sequence[FindingAct]) -> str:
    if revision > len(before):
        return (
            f"finding {act.finding}: expected revision {revision}, got {len(before)}; "
            f"`ccm findings show {act.finding}` shows it"
        )
    last = before[-1]
    return (
        f"finding {act.finding} was changed meanwhile: {last.by} {last.kind.value} it at "
        f"{format_instant(last.at.replace(microsecond=0))}; look at it with `ccm findings show "
        f"{act.finding}` and repeat what you want to do"
    )
