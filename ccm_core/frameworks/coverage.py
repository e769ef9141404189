"""How much of a framework checks cover: catalogued, mapped, tested, sufficient evidence. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.evaluation.result import RuleResult, Status
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.frozen_dataclass import dataclass

_CONCLUSIVE = {Status.PASS, Status.FAIL}
_INCONCLUSIVE = {Status.INSUFFICIENT, Status.ERROR}


class CoverageLevel(StrEnum):
    """How far a requirement is covered by checks."""

    NOT_APPLICABLE = "not_applicable"
    """The settings state that it does not apply, and why."""
    CATALOGUED = "catalogued"
    """No check supports it."""
    MAPPED = "mapped"
    """Checks support it, and none of them was tested on anything."""
    TESTED = "tested"
    """At least one check was tested, and at least one lacked evidence."""
    SUFFICIENT = "sufficient"
    """All checks that apply were tested on sufficient evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedCheck:
    """A check that supports a requirement or a part of it."""

    rule: str
    title: str
    control: Control
    status: Status | None
    """In the newest evaluation; None: it was not evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementCoverage:
    """One requirement and what covers it."""

    requirement: Requirement
    level: CoverageLevel
    checks: tuple[MappedCheck, ...] = ()
    """Of the requirement and of its parts, by rule."""
    manual_procedures: tuple[str, ...] = ()
    not_applicable: str = ""
    """Why it does not apply."""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkCoverage:
    """A framework and how much of it is covered."""

    catalogue: Catalogue
    requirements: tuple[RequirementCoverage, ...]
    """Those that are no parts of others, in the order of the catalogue."""

    @property
    def applicable(self) -> int:
        """How many requirements apply: the denominator."""
        return sum(one.level is not CoverageLevel.NOT_APPLICABLE for one in self.requirements)

    @property
    def mapped(self) -> int:
        """How many of them a check supports."""
        return self._at_least(
            {CoverageLevel.MAPPED, CoverageLevel.TESTED, CoverageLevel.SUFFICIENT}
        )

    @property
    def tested(self) -> int:
        """How many of them were tested on something."""
        return self._at_least({CoverageLevel.TESTED, CoverageLevel.SUFFICIENT})

    @property
    def sufficient(self) -> int:
        """How many of them were tested on sufficient evidence alone."""
        return self._at_least({CoverageLevel.SUFFICIENT})

    def _at_least(self, levels: set[CoverageLevel]) -> int:
        return sum(one.level in levels for one in self.requirements)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackMapping:
    """What the packs in use say of controls."""

    controls: Sequence[tuple[str, str, Control]]
    """A rule, its title, and a control that it supports."""
    manual_procedures: Sequence[ManualProcedures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicability:
    """What the settings say of a framework."""

    not_applicable: Mapping[str, str]
    """Why, by id of the requirements that do not apply."""
    owner: str = ""
    owners: Mapping[str, str]
    """By id of the requirement; of others, the owner of the framework."""


def framework_coverage(
    catalogue: Catalogue,
    mapping: PackMapping,
    rules: Iterable[RuleResult],
    applicability: Applicability,
) -> FrameworkCoverage:
    """Return how much of a framework the checks in use cover.

    Args:
        catalogue: The framework.
        mapping: What the packs say.
        rules: Of the newest evaluation; none: nothing was tested.
        applicability: What the settings say.
    """
    statuses = {rule.rule: rule.status for rule in rules}
    checks: dict[str, list[MappedCheck]] = defaultdict(list)
    for rule, title, control in mapping.controls:
        if control.framework == catalogue.name and control.id in catalogue.requirements:
            requirement = catalogue.requirements[control.id]
            checks[requirement.part_of or requirement.id].append(
                MappedCheck(rule=rule, title=title, control=control, status=statuses.get(rule))
            )
    procedures = _procedures(catalogue, mapping)
    return FrameworkCoverage(
        catalogue=catalogue,
        requirements=tuple(
            _coverage(requirement, checks[requirement.id], procedures, applicability)
            for requirement in catalogue.whole
        ),
    )


def _procedures(catalogue: Catalogue, mapping: PackMapping) -> Mapping[str, Sequence[str]]:
    procedures: dict[str, list[str]] = defaultdict(list)
    for manual in mapping.manual_procedures:
        requirement = catalogue.requirements.get(manual.id)
        if manual.framework == catalogue.name and requirement is not None:
            procedures[requirement.part_of or requirement.id] += manual.procedures
    return procedures


def _coverage(
    requirement: Requirement,
    checks: Sequence[MappedCheck],
    procedures: Mapping[str, Sequence[str]],
    applicability: Applicability,
) -> RequirementCoverage:
    why = applicability.not_applicable.get(requirement.id, "")
    return RequirementCoverage(
        requirement=requirement,
        level=CoverageLevel.NOT_APPLICABLE if why else _level(checks),
        checks=tuple(sorted(checks, key=lambda check: (check.rule, check.control.id))),
        manual_procedures=tuple(dict.fromkeys(procedures.get(requirement.id, ()))),
        not_applicable=why,
        owner=applicability.owners.get(requirement.id, applicability.owner),
    )


def _level(checks: Sequence[MappedCheck]) -> CoverageLevel:
    if not checks:
        return CoverageLevel.CATALOGUED
    statuses = {check.status for check in checks}
    if not statuses & _CONCLUSIVE:
        return CoverageLevel.MAPPED
    lacks = None in statuses or bool(statuses & _INCONCLUSIVE)
    return CoverageLevel.TESTED if lacks else CoverageLevel.SUFFICIENT


def mentioned(mapping: PackMapping) -> Iterator[str]:
    """Yield the names of the frameworks that packs map to, each once, sorted."""
    names = {control.framework for _, _, control in mapping.controls}
    yield from sorted(names | {manual.framework for manual in mapping.manual_procedures})
