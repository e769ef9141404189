"""The letters that a line has by a verdict: one for each rule, then conditions and scopes."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccm_core.errors import CcmError
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.verdict_letters import LETTERS, NOT_DUE, NOT_DUE_YET, NOT_JUDGED
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.derived import anew
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decode_evaluation
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.transaction import Transaction

_FLAGS = "[yn]*[iuo]*"
_NEWEST = f"""
    SELECT digest, document, {BASE_DOCUMENT}, position FROM evaluation WHERE act IS NOT NULL
    ORDER BY seq DESC LIMIT 1
"""
_PERIOD = """
    SELECT key FROM subject
    WHERE connection = :connection AND view = :view
        AND (final = 0 OR occurred_at IS NULL OR occurred_at >= :since)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLetters:
    """What is known of the lines of a pack over a view; of some keys which rules they are by."""

    rules: tuple[str, ...] = ()
    """All of the group, sorted."""
    keys: AbstractSet[str] = field(default_factory=frozenset)
    """Subjects that the newest evaluation evaluated; the others may be by rules of before."""

    def problem(self, key: str, statuses: object, verdict: Mapping[str, Any]) -> str | None:
        """Return how the letters of a line differ from a verdict."""
        try:
            letters = {rule: _letter(verdict[rule]) for rule in sorted(verdict)}
        except (KeyError, TypeError, ValueError) as error:
            return f"its verdict cannot be read ({error!r})"
        if key in self.keys:
            expected = "".join(letters.get(rule, NOT_JUDGED) for rule in self.rules)
            pattern = re.escape(expected)
        else:
            expected = "".join(letters.values())
            pattern = f"{NOT_JUDGED}*".join(["", *letters.values(), ""])
        if isinstance(statuses, str) and re.fullmatch(f"{pattern}{_FLAGS}", statuses):
            return None
        return f"it is {statuses!r}, and {expected!r} by its verdict"


def _letter(verdict: Mapping[str, Any]) -> str:
    status = Status(verdict["status"])
    is_due = status is not Status.NOT_APPLICABLE or verdict["reason"] != NOT_DUE_YET
    return LETTERS[status] if is_due else NOT_DUE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    rule: str
    pack: str
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    connection: str
    period_since: datetime
    judged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluation:
    rules: tuple[_Rule, ...] = ()
    derived: tuple[_State, ...] = ()


def group_letters(transaction: Transaction) -> Mapping[tuple[str, str, str], GroupLetters]:
    """Return what the newest evaluation says of lines, by connection, pack and view."""
    row = transaction.row(_NEWEST)
    if row is None:
        return {}
    digest, document, base, position = row
    try:
        evaluation = decode_evaluation(document, base, digest, _Evaluation, "evaluation")
    except CcmError:  # its row is checked apart
        return {}
    return {
        name: letters
        for state in evaluation.derived
        if not anew.changed_after(transaction, state.connection, position)
        for name, letters in _of_connection(transaction, evaluation, state)
    }


def _of_connection(
    transaction: Transaction, evaluation: _Evaluation, state: _State
) -> Iterator[tuple[tuple[str, str, str], GroupLetters]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for rule in evaluation.rules:
        groups.setdefault((rule.pack, rule.over), []).append(rule.rule)
    for (pack, over), rules in groups.items():
        if not set(rules).isdisjoint(state.judged):
            keys = transaction.column(
                _PERIOD,
                connection=state.connection,
                view=over,
                since=microseconds(state.period_since),
            )
            name = (state.connection, pack, over)
            yield name, GroupLetters(rules=tuple(sorted(rules)), keys=frozenset(keys))
