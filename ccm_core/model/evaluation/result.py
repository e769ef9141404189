"""Results: the status of a rule on a subject, with the reason and the evidence behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.evidence_read import EvidenceRead, KindRead
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.rule import PackPurpose, Severity
from ccm_core.model.evaluation.rule_choices import SwitchedOff
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome, Shortfall
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


class Status(StrEnum):
    """The status of a rule on one subject."""

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
    cause: tuple[str, ...] = ()
    """For what fails: the keys that name its cause on this subject; empty: the rule alone."""
    occurred_at: datetime | None = None
    """When the subject occurred; None: it is there at any time."""
    evidence_digests: tuple[str, ...] = ()
    """Digests of the record bodies that it was derived from, sorted."""


CONNECTION = "connection"
"""The subject kind of a result about all of a connection."""
POPULATION = "population"
"""The subject kind of a result about a share of the subjects."""


def deciding(results: Sequence[Result]) -> Sequence[Result]:
    """Return the results of a rule that decide its status.

    Where the rule has a tolerance, the pass rate decides, and not each subject that fails.
    """
    if any(result.subject.kind == POPULATION for result in results):
        return [result for result in results if result.subject.kind in (CONNECTION, POPULATION)]
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many subjects a rule has, and how many have which status."""

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
    """Whether the evidence of one kind suffices, for one connection, at one moment."""

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
    """Why it is insufficient, in plain words; None: it is sufficient."""
    unlisted: str | None = None
    """Why objects may be missing, where those that were listed are sound and nothing else is wrong:
    rules are evaluated on them, and none passes. None: nothing is missing, or more is wrong."""
    accepted: str | None = None
    """Why it is accepted that the kind is not available, or denied if it is optional: rules over it
    are not applicable."""
    subjects: tuple[str, ...] = ()
    """The only objects (``kind:key``) that lack evidence, where not all do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedResult:
    """What a rule says of the subjects that one framework concerns."""

    framework: str
    status: Status | None
    """None: nothing is in scope."""
    population: Population
    """In scope."""
    matched: int = 0
    """How many rows in scope the scope names; it says nothing of the others."""
    outside: int = 0
    """How many rows are outside of the scope."""
    results: tuple[Result, ...] = ()
    """On whole connections, shares of what is in scope, and objects behind no row, sorted."""


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
    over: str = ""
    """The kind or view whose rows it is about."""
    scoped: tuple[ScopedResult, ...] = ()
    """By framework that has a scope and that it supports, sorted."""
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlScope:
    """How much of what the rules of a control are about its framework concerns."""

    inside: int
    """Rows in scope; none: the control has nothing that it could be tested on."""
    outside: int


class AutomationCoverage(StrEnum):
    """How much of a control its rules automate, as the packs state it."""

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
    """Procedures that people have to perform, because no rule covers them."""
    switched_off: tuple[str, ...] = ()
    """Rules that support it and that the settings switch off: with one, it does not pass."""
    scope: ControlScope | None = None
    """Where its framework has a scope: the status is of what is in it. None: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """The status of one rule at that moment."""

    rule: str
    status: Status
    pack: str = ""
    title: str = ""
    population: Population = field(default_factory=Population)


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedState:
    """The rows and verdicts of one connection that an evaluation left, and what they rest on."""

    connection: str
    period_since: datetime
    """When the evaluated period begins; what is final and occurred before is left out."""
    account: str | None = None
    """Of which account; None: that is not known."""
    revision: str = ""
    """Digest of the versions of ccm and its plugins: with others, everything is derived anew."""
    kinds: tuple[KindRead, ...] = ()
    """The population of each derived kind."""
    judged: tuple[str, ...] = ()
    """The rules whose evidence sufficed, sorted; verdicts of others do not count."""
    rated: tuple[str, ...] = ()
    """Those that judge a share, sorted: what occurred before the period is not theirs."""
    rule_keys: dict[str, str] = field(default_factory=dict)
    """By rule: the digest of what its verdicts depend on beside the rows."""
    waived: dict[str, dict[str, str]] = field(default_factory=dict)
    """By rule and key: the waiver that covers a failing subject."""
    lines: dict[str, str] = field(default_factory=dict)
    """The digest of each list of the read model's lines, as ``line_roots`` returns them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvaluation:
    """An evaluation with the digest under which it is stored.

    The digest is that of the stored bytes. Another version of ccm may have written them, so it
    cannot be computed from the evaluation.
    """

    digest: str
    evaluation: Evaluation
    complete: bool = True
    """Whether all results are there; else those on single subjects that somebody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPack:
    """A pack that was evaluated."""

    name: str
    version: str
    digest: str
    source: str
    purpose: PackPurpose = PackPurpose.CONTROLS
    parameters: JsonObject = field(default_factory=dict)
    """The effective values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The status of every rule at one moment: an evaluation without its results, for a trend."""

    evaluated_at: datetime
    rules: tuple[RuleStatus, ...]
    packs: tuple[AppliedPack, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    made_late: bool = False
    """Whether it was made of a past moment, and not at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation of all rules. The same inputs give the same bytes."""

    evaluated_at: datetime
    """The evaluation's ``now``."""
    packs: tuple[AppliedPack, ...]
    connections: tuple[str, ...]
    sufficiency: tuple[KindSufficiency, ...]
    rules: tuple[RuleResult, ...]
    controls: tuple[ControlResult, ...]
    waiver_notes: tuple[str, ...] = ()
    """Unused, expired and too-wide waivers."""
    narrowing: tuple[str, ...] = ()
    """What settings changed or leave out, in words: parameters, cadences, a short lookback."""
    switched_off: tuple[SwitchedOff, ...] = ()
    """The rules that the settings switch off, with their reasons, sorted."""
    scopes: tuple[FrameworkScope, ...] = ()
    """What frameworks concern, where that is not everything; sorted by framework."""
    plugin_failures: tuple[str, ...] = ()
    evidence_read: tuple[EvidenceRead, ...] = ()
    """What was read of each connection, sealed."""
    derived: tuple[DerivedState, ...] = ()
    """Where the results on single subjects are: by connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationBasis:
    """What the checks of a stored evaluation rested on: an evaluation without its results."""

    packs: tuple[AppliedPack, ...] = ()
    derived: tuple[DerivedState, ...] = ()
