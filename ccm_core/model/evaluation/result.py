"""Results: what a rule says of a subject, with the reason and the evidence it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evaluation.rule import Control, Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome, Shortfall
from ccm_core.model.json_codec import JsonObject


class Status(StrEnum):
    """What a rule says of one subject."""

    PASS = "pass"  # noqa: S105 - a status, no password
    FAIL = "fail"
    INSUFFICIENT = "insufficient"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"

    # Counting millions of them, the hash of an enumeration member is what takes the time.
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One rule on one subject."""

    id: str = ""
    """Names the rule on this subject, the same in every evaluation: ``ccm explain ID``."""
    rule: str
    connection: str
    subject: Subject
    status: Status
    reason: str
    due_at: datetime | None = None
    """For what is not due yet: when it falls due."""
    waiver: str | None = None
    """The id of the waiver that covers it; the status stands."""
    evidence_digests: tuple[str, ...] = ()
    """Digests of the record bodies that were read for it, sorted."""


CONNECTION = "connection"
"""The subject kind of a result about all of a connection."""
POPULATION = "population"
"""The subject kind of a result about a share of the subjects."""


def deciding(results: Sequence[Result]) -> Sequence[Result]:
    """Give the results of a rule that decide its status.

    Where a share of the subjects is judged, it decides, and not each subject that fails.
    """
    if any(result.subject.kind == POPULATION for result in results):
        return [result for result in results if result.subject.kind in (CONNECTION, POPULATION)]
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many subjects a rule had, and what it said of them."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    insufficient: int = 0
    not_applicable: int = 0
    error: int = 0
    waived: int = 0
    """How many of the failed are covered by a waiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSufficiency:
    """How far the evidence of one kind can be relied on, for one connection, at one moment."""

    kind: str
    connection: str
    outcome: Outcome | None
    """The worst outcome that counts; None where the kind was never collected."""
    shortfalls: tuple[Shortfall, ...] = ()
    collected_at: datetime | None = None
    """When the oldest collection that counts ended."""
    max_age: float | None = None
    """Seconds the evidence may be old."""
    problem: str | None = None
    """Why nothing may rest on it, in plain words; None: it is sufficient."""
    subjects: tuple[str, ...] = ()
    """Where only these objects (``kind:key``) lack evidence: the others stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule over every connection: the roll-up and every result under it."""

    rule: str
    pack: str
    title: str
    severity: Severity
    status: Status
    """The worst of the results that decide: error, fail, insufficient, pass, not_applicable."""
    population: Population
    controls: tuple[Control, ...] = ()
    risk: str | None = None
    remediation: str | None = None
    remediation_url: str | None = None
    results: tuple[Result, ...] = ()


class AutomationCoverage(StrEnum):
    """How much of a control its rules judge, as the packs state it."""

    FULL = "full"
    PARTIAL = "partial"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """A framework's requirement, as the worst of the rules that support it."""

    framework: str
    id: str
    status: Status
    rules: tuple[str, ...]
    problems: tuple[str, ...] = ()
    """Such as a parameter that is looser than the mapping requires."""
    automated: AutomationCoverage = AutomationCoverage.NOT_STATED
    manual_procedures: tuple[str, ...] = ()
    """What people have to show of it, because no rule does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """One rule of an outline."""

    rule: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvaluation:
    """An evaluation with the digest under which a store keeps it.

    The digest is that of the kept bytes. Another version of ccm may have written them: from the
    evaluation it cannot be told.
    """

    digest: str
    evaluation: Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """How the rules stood at one moment: an evaluation without its results, for a trend."""

    evaluated_at: datetime
    rules: tuple[RuleStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPack:
    """Which pack was judged with."""

    name: str
    version: str
    digest: str
    source: str
    parameters: JsonObject = field(default_factory=dict)
    """The effective values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything one evaluation said. The same inputs give the same bytes."""

    evaluated_at: datetime
    """The evaluation's ``now``."""
    packs: tuple[AppliedPack, ...]
    connections: tuple[str, ...]
    sufficiency: tuple[KindSufficiency, ...]
    rules: tuple[RuleResult, ...]
    controls: tuple[ControlResult, ...]
    waiver_notes: tuple[str, ...] = ()
    """Unused, expired and too-wide waivers."""
    plugin_failures: tuple[str, ...] = ()
