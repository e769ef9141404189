"""Which rows have to be of this very moment for the rules that are to judge them.

A row that is taken over from an earlier derivation is right but for its ages: fields that grew
since. That matters to a rule that may read them, and only as long as its verdict may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import Enum

from ccm_core.model.result import Result, Status
from ccm_core.rules.memory import NOT_DUE_YET, Senses, Timing


class Heed(Enum):
    """For which rows a rule heeds ages."""

    NONE = "none"
    NOT_DUE = "those that are not due yet"
    WITHIN = "those that the rule is about"
    ALL = "all"


def heed(senses: Senses, ages: AbstractSet[str]) -> Heed:
    """Tell for which rows a rule heeds some ages.

    Due is due, however old it grows. What is outside a rule's ``match`` stays outside while that
    reads neither an age nor the moment.
    """
    if not ages:
        return Heed.NONE
    read = senses.reads is None or not ages.isdisjoint(senses.reads)
    if not read and ages.isdisjoint(senses.grows):
        return Heed.NONE
    if not read and senses.timing is not Timing.ALWAYS:
        return Heed.NOT_DUE
    if senses.chooses is not None and ages.isdisjoint(senses.chooses):
        return Heed.WITHIN
    return Heed.ALL


def heeds(line: Sequence[Result], by_rule: Sequence[Heed]) -> bool:
    """Whether a row has to be of the next moment, after what the rules said of it at this one."""
    return any(
        one is not Heed.NONE
        and (result.reason == NOT_DUE_YET or (one is not Heed.NOT_DUE and not _outside(result)))
        for one, result in zip(by_rule, line, strict=True)
    )


def _outside(result: Result) -> bool:
    return result.status is Status.NOT_APPLICABLE and result.reason != NOT_DUE_YET
