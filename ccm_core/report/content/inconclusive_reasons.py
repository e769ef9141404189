"""Why resources of a check were inconclusive: results grouped by their reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from ccm_core.model.evaluation.result import KindSufficiency, Result, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

INCONCLUSIVE = (Status.INSUFFICIENT, Status.ERROR)
_WHOLE = ("connection", "population")
"""Kinds of subjects that are not a single resource; a population does not count them."""

InsufficientKinds: TypeAlias = "Mapping[tuple[str, str], tuple[int, KindSufficiency]]"
"""Kinds whose evidence is not sufficient, with their position, by connection and kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InconclusiveReason:
    """One reason why resources of a check were inconclusive."""

    status: Status
    """``insufficient`` or ``error``."""
    connection: str
    reason: str
    subjects: tuple[Subject, ...]
    whole: bool
    """Whether it concerns all of a connection and no single resource in it."""
    more_subjects: int = 0
    """How many resources more it concerns, where a page cannot draw them all."""
    example: str = ""
    """The id of one of the results."""
    evidence: tuple[KindSufficiency, ...] = ()
    """The evidence that the reason names and that is not sufficient."""


def is_whole(result: Result) -> bool:
    """Return whether a result is of no single resource."""
    return result.subject.kind in _WHOLE


def inconclusive_reasons(
    results: Iterable[Result], insufficient: InsufficientKinds
) -> tuple[InconclusiveReason, ...]:
    """Group the inconclusive results of a check by connection and reason."""
    grouped: dict[tuple[Status, str, str], list[Result]] = {}
    for result in results:
        if result.status in INCONCLUSIVE:
            key = (result.status, result.connection, result.reason)
            grouped.setdefault(key, []).append(result)
    return tuple(
        InconclusiveReason(
            status=status,
            connection=connection,
            reason=reason,
            subjects=tuple(result.subject for result in group),
            whole=all(map(is_whole, group)),
            example=group[0].id,
            evidence=_evidence_in(reason, connection, insufficient),
        )
        for (status, connection, reason), group in grouped.items()
    )


def insufficient_kinds(sufficiency: Sequence[KindSufficiency]) -> InsufficientKinds:
    """Return the kinds whose evidence is not sufficient, for :func:`inconclusive_reasons`."""
    return {
        (kind.connection, kind.kind): (position, kind)
        for position, kind in enumerate(sufficiency)
        if kind.problem or kind.shortfalls
    }


def _evidence_in(
    reason: str, connection: str, insufficient: InsufficientKinds
) -> tuple[KindSufficiency, ...]:
    """Return the kinds that a reason names and whose evidence is not sufficient."""
    if not insufficient:
        return ()
    names = {name.strip(".") for name in re.findall(r"[\w.]+", reason)}
    named = [insufficient[key] for name in names if (key := (connection, name)) in insufficient]
    return tuple(kind for _, kind in sorted(named, key=lambda pair: pair[0]))
