"""The teams that own what failed or was inconclusive, for the page to be filtered by."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccm_core.model.evaluation.result import Evaluation, Result
    from ccm_core.model.evaluation.subject import Subject
    from ccm_core.report.content.result_findings import ResultFindings

_ACTIONABLE = {Status.FAIL, Status.INSUFFICIENT, Status.ERROR}
UNOWNED = "0"
"""Stands for the owner of resources without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCount:
    """One team or person, and how many results that failed or were inconclusive it owns."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Every team, by name; the page knows each by its number, since a name can hold anything."""

    teams: tuple[OwnerCount, ...]
    unowned: int
    """Results of resources without an owner."""
    numbers: Mapping[str, int]
    """From 1, by name."""

    def of(self, names: Iterable[str]) -> str:
        """Return the numbers of some owners, with spaces between them."""
        listed = tuple(names)
        numbers = (self.numbers.get(name) for name in listed)
        return UNOWNED if not listed else " ".join(str(number) for number in numbers if number)


def owners(evaluation: Evaluation, finding_of: ResultFindings) -> Owners:
    """Count the results of each owner that failed or were inconclusive."""
    counts: Counter[str | None] = Counter(
        name
        for rule in evaluation.rules
        for result in rule.results
        if result.status in _ACTIONABLE
        for name in owners_of(result, finding_of) or _unowned(result.subject)
    )
    names = sorted(name for name in counts if name is not None)
    return Owners(
        teams=tuple(OwnerCount(name=name, number=counts[name]) for name in names),
        unowned=counts[None],
        numbers={name: number for number, name in enumerate(names, 1)},
    )


def owners_of(result: Result, finding_of: ResultFindings) -> tuple[str, ...]:
    """Return who has to act on a result: who owns its finding, or else its resource."""
    item = finding_of.of_checks.get(result.id)
    return result.subject.owners if item is None else item.owner.names


def busiest(teams: Sequence[OwnerCount], most: int) -> tuple[OwnerCount, ...]:
    """Return the teams with most results, by name; all of them, where there are not more."""
    by_number = sorted(teams, key=lambda team: (-team.number, team.name))
    return tuple(sorted(by_number[:most], key=lambda team: team.name))


def _unowned(subject: Subject) -> tuple[None, ...]:
    """Return one None for a resource, and none for what is not a single resource."""
    return () if subject.kind in (CONNECTION, POPULATION) else (None,)
