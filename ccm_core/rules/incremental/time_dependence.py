"""Which rows have to be of this very moment for the rules that are to judge them.

A row that is taken over from an earlier derivation is right but for its ages: fields that grew
since. That matters to a rule that may read them, and only as long as its verdict may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.rules.incremental.result_cache import NOT_DUE_YET, RuleDependencies, TimeDependence


class AgeSensitivity(Enum):
    """For which rows a rule heeds ages."""

    NONE = "none"
    NOT_DUE = "those that are not due yet"
    WITHIN = "those that the rule is about"
    ALL = "all"


def heed(senses: RuleDependencies, ages: AbstractSet[str]) -> AgeSensitivity:
    """Tell for which rows a rule heeds some ages.

    Due is due, however old it grows. What is outside a rule's ``match`` stays outside while that
    reads neither an age nor the moment.
    """
    if not ages:
        return AgeSensitivity.NONE
    read = senses.reads is None or not ages.isdisjoint(senses.reads)
    if not read and ages.isdisjoint(senses.grows):
        return AgeSensitivity.NONE
    if not read and senses.timing is not TimeDependence.ALWAYS:
        return AgeSensitivity.NOT_DUE
    if senses.chooses is not None and ages.isdisjoint(senses.chooses):
        return AgeSensitivity.WITHIN
    return AgeSensitivity.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAgeSensitivity:
    """How the rules of a group heed ages."""

    any: bool = False
    """Whether one of them does."""
    all: bool = False
    """Whether one of them does for all rows."""
    within: tuple[int, ...] = ()
    """The places of those that do for the rows that they are about."""

    @classmethod
    def of(cls, senses: Iterable[RuleDependencies], ages: AbstractSet[str]) -> GroupAgeSensitivity:
        """Put together how rules heed some ages."""
        found = [heed(one, ages) for one in senses]
        return cls(
            any=any(one is not AgeSensitivity.NONE for one in found),
            all=AgeSensitivity.ALL in found,
            within=tuple(place for place, one in enumerate(found) if one is AgeSensitivity.WITHIN),
        )

    def wait(self, line: Sequence[Result], *, pending: bool) -> bool:
        """Whether a row has to be of the next moment, after what was said of it at this one.

        Args:
            line: What each rule said.
            pending: Whether any of them said that it is not due yet.
        """
        if pending and self.any:
            return True
        return any(not _is_outside(line[place]) for place in self.within)


AGE_INSENSITIVE = GroupAgeSensitivity()
"""No rule heeds an age."""


def _is_outside(result: Result) -> bool:
    return result.status is Status.NOT_APPLICABLE and result.reason != NOT_DUE_YET
