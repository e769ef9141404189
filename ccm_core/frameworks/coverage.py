"""How much of a framework checks cover: catalogued, mapped, tested, sufficient evidence. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from ccm_core.model.audit.manual_evidence import ManualEvidence
from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.evaluation.result import RuleResult, Status
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.framework_coverage import (
    CoverageLevel,
    FrameworkCoverage,
    MappedCheck,
    RequirementCoverage,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

_CONCLUSIVE = {Status.PASS, Status.FAIL}
_INCONCLUSIVE = {Status.INSUFFICIENT, Status.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackMapping:
    """What the packs in use say of controls."""

    controls: Sequence[tuple[str, str, Control]]
    """A rule, its title, and a control that it supports."""
    manual_procedures: Sequence[ManualProcedures]
    switched_off: Mapping[str, str] = field(default_factory=FrozenDict)
    """Why the settings switch a rule off, by its id: it covers nothing then."""


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
    evidence: Iterable[ManualEvidence] = (),
) -> FrameworkCoverage:
    """Return how much of a framework the checks in use cover.

    Args:
        catalogue: The framework.
        mapping: What the packs say.
        rules: Of the newest evaluation; none: nothing was tested.
        applicability: What the settings say.
        evidence: What people attached: shown beside checks, and no level rests on it.
    """
    statuses = {rule.rule: _status(rule, catalogue.name) for rule in rules}
    checks: dict[str, list[MappedCheck]] = defaultdict(list)
    for rule, title, control in mapping.controls:
        if control.framework == catalogue.name and control.id in catalogue.requirements:
            requirement = catalogue.requirements[control.id]
            checks[requirement.part_of or requirement.id].append(
                MappedCheck(
                    rule=rule,
                    title=title,
                    control=control,
                    status=None if rule in mapping.switched_off else statuses.get(rule),
                    switched_off=mapping.switched_off.get(rule, ""),
                )
            )
    procedures = _procedures(catalogue, mapping)
    attached = _attached(catalogue, evidence)
    return FrameworkCoverage(
        catalogue=catalogue,
        requirements=tuple(
            replace(
                _coverage(requirement, checks[requirement.id], procedures, applicability),
                manual_evidence=tuple(attached.get(requirement.id, ())),
            )
            for requirement in catalogue.whole
        ),
    )


def _status(rule: RuleResult, framework: str) -> Status:
    """Return the status of a rule of what is in scope of a framework."""
    for scoped in rule.scoped:
        if scoped.framework == framework:
            return Status.NOT_APPLICABLE if scoped.status is None else scoped.status
    return rule.status


def _procedures(catalogue: Catalogue, mapping: PackMapping) -> Mapping[str, Sequence[str]]:
    procedures: dict[str, list[str]] = defaultdict(list)
    for manual in mapping.manual_procedures:
        requirement = catalogue.requirements.get(manual.id)
        if manual.framework == catalogue.name and requirement is not None:
            procedures[requirement.part_of or requirement.id] += manual.procedures
    return procedures


def _attached(
    catalogue: Catalogue, evidence: Iterable[ManualEvidence]
) -> Mapping[str, Sequence[ManualEvidence]]:
    """Return manual evidence by the requirement that is no part of another, each piece once."""
    attached: dict[str, dict[str, ManualEvidence]] = defaultdict(dict)
    for piece in evidence:
        for control in piece.statement.controls:
            framework, _, number = control.partition(":")
            requirement = catalogue.requirements.get(number)
            if framework == catalogue.name and requirement is not None:
                attached[requirement.part_of or requirement.id][piece.id] = piece
    return {name: tuple(pieces.values()) for name, pieces in attached.items()}


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
    statuses = {check.status for check in checks if not check.switched_off}
    if not statuses:
        return CoverageLevel.CATALOGUED
    if not statuses & _CONCLUSIVE:
        return CoverageLevel.MAPPED
    is_off = any(check.switched_off for check in checks)
    lacks = is_off or None in statuses or bool(statuses & _INCONCLUSIVE)
    return CoverageLevel.TESTED if lacks else CoverageLevel.SUFFICIENT


def mentioned(mapping: PackMapping) -> Iterator[str]:
    """Yield the names of the frameworks that packs map to, each once, sorted."""
    names = {control.framework for _, _, control in mapping.controls}
    yield from sorted(names | {manual.framework for manual in mapping.manual_procedures})
