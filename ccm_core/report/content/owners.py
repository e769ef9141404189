"""The teams that own what failed or was inconclusive, for the page to be filtered by."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evaluation.subject import Subject

_ACTIONABLE = {Status.FAIL, Status.INSUFFICIENT, Status.ERROR}
UNOWNED = "0"
"""Stands for the owner of resources without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One team, and how many results that failed or were inconclusive it owns."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Every team, by name; the page knows each by its number, since a name can hold anything."""

    teams: tuple[Owner, ...]
    unowned: int
    """Results of resources without an owner."""
    numbers: Mapping[str, int]
    """From 1, by name."""

    def of(self, subject: Subject) -> str:
        """Return the numbers of a resource's owners, with spaces between them."""
        return " ".join(str(self.numbers[name]) for name in subject.owners) or UNOWNED


def owners(evaluation: Evaluation) -> Owners:
    """Count the results of each team that failed or were inconclusive."""
    counts: Counter[str | None] = Counter(
        name
        for rule in evaluation.rules
        for result in rule.results
        if result.status in _ACTIONABLE
        for name in result.subject.owners or _unowned(result.subject)
    )
    names = sorted(name for name in counts if name is not None)
    return Owners(
        teams=tuple(Owner(name=name, number=counts[name]) for name in names),
        unowned=counts[None],
        numbers={name: number for number, name in enumerate(names, 1)},
    )


def busiest(teams: Sequence[Owner], most: int) -> tuple[Owner, ...]:
    """Return the teams with most results, by name; all of them, where there are not more."""
    by_number = sorted(teams, key=lambda team: (-team.number, team.name))
    return tuple(sorted(by_number[:most], key=lambda team: team.name))


def _unowned(subject: Subject) -> tuple[None, ...]:
    """Return one None for a resource, and none for what is not a single resource."""
    return () if subject.kind in (CONNECTION, POPULATION) else (None,)
