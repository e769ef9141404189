"""How much of a framework checks cover: four numbers, and each requirement with its checks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceState
from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import Status
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.frozen_dataclass import dataclass


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
    switched_off: str = ""
    """Why the settings switch it off: it covers nothing then; empty: it is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementCoverage:
    """One requirement and what covers it."""

    requirement: Requirement
    level: CoverageLevel
    checks: tuple[MappedCheck, ...] = ()
    """Of the requirement and of its parts, by rule."""
    manual_procedures: tuple[str, ...] = ()
    manual_evidence: tuple[ManualEvidence, ...] = ()
    """What people attached to it and its parts, counting or not; no level rests on it."""
    not_applicable: str = ""
    """Why it does not apply."""
    owner: str = ""

    @property
    def failing_unapplied(self) -> tuple[str, ...]:
        """The rules of its checks that fail although it is stated not to apply; each once."""
        if self.level is not CoverageLevel.NOT_APPLICABLE:
            return ()
        failing = (check.rule for check in self.checks if check.status is Status.FAIL)
        return tuple(dict.fromkeys(failing))


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

    def with_manual_evidence(self, moment: datetime) -> int:
        """Return how many requirements that apply have manual evidence that counts at a moment."""
        return sum(
            one.level is not CoverageLevel.NOT_APPLICABLE
            and any(
                piece.state_at(moment) is ManualEvidenceState.CURRENT
                for piece in one.manual_evidence
            )
            for one in self.requirements
        )

    def _at_least(self, levels: set[CoverageLevel]) -> int:
        return sum(one.level in levels for one in self.requirements)
