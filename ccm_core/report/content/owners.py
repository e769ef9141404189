"""The teams that own what fails or could not be judged, for the page to be filtered by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evaluation.subject import Subject

_TOLD = {Status.FAIL, Status.INSUFFICIENT, Status.ERROR}
NOBODY = "0"
"""Stands for the owner of what nobody is known to own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One team, and how much of what fails or could not be judged is its."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Every team, by name; the page knows each by its place, since a name can hold anything."""

    teams: tuple[Owner, ...]
    unowned: int
    """Results about what nobody is known to own."""
    places: Mapping[str, int]
    """From 1, by name."""

    def of(self, subject: Subject) -> str:
        """Give the places of a subject's owners, with spaces between them."""
        return " ".join(str(self.places[name]) for name in subject.owners) or NOBODY


def owners(evaluation: Evaluation) -> Owners:
    """Count what each team owns of what fails or could not be judged."""
    counts: Counter[str | None] = Counter(
        name
        for rule in evaluation.rules
        for result in rule.results
        if result.status in _TOLD
        for name in result.subject.owners or _nobody(result.subject)
    )
    names = sorted(name for name in counts if name is not None)
    return Owners(
        teams=tuple(Owner(name=name, number=counts[name]) for name in names),
        unowned=counts[None],
        places={name: place for place, name in enumerate(names, 1)},
    )


def _nobody(subject: Subject) -> tuple[None, ...]:
    """Count what has no owner, but not what is no single object."""
    return () if subject.kind in (CONNECTION, POPULATION) else (None,)
