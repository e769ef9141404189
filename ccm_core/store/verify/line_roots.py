"""The digests over the read model's lines that the newest evaluation states."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.derived import anew
from ccm_core.store.derived.line_roots import line_roots
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decode_evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.transaction import Transaction

_NEWEST = f"""
    SELECT digest, document, {BASE_DOCUMENT}, position FROM evaluation WHERE act IS NOT NULL
    ORDER BY seq DESC LIMIT 1
"""
_TABLES = {"partition": "partition_member"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    connection: str
    lines: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluation:
    derived: tuple[_State, ...] = ()


def line_root_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield the lists of lines that are not those that the newest evaluation left.

    So what cannot be derived from rows and verdicts alone is checked too: traces, partitions, when
    to look again. Where rows or verdicts were stored since, the next evaluation makes all anew.
    """
    row = transaction.row(_NEWEST)
    if row is None:
        return
    digest, document, base, position = row
    try:
        evaluation = decode_evaluation(document, base, digest, _Evaluation, "evaluation")
    except CcmError:  # its row is checked apart
        return
    for state in evaluation.derived:
        if state.lines and not anew.changed_after(transaction, state.connection, position):
            yield from _differing(transaction, state)


def _differing(transaction: Transaction, state: _State) -> Iterator[VerificationProblem]:
    present = line_roots(transaction, state.connection)
    for name in sorted(present.keys() | state.lines.keys()):
        if present.get(name) != state.lines.get(name):
            table, _, view = name.partition("/")
            yield VerificationProblem(
                label=f"the lines of {view} of {state.connection}",
                table=_TABLES.get(table, table),
                problem=f"they are {present.get(name)}, and the newest evaluation left "
                f"{state.lines.get(name)}",
            )
