"""What the evidence of a period proves: collections, evidence gaps, and results of controls."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass


class Conclusion(StrEnum):
    """What the automated tests say of a control over a period; the opinion is the auditor's."""

    NO_EXCEPTIONS = "no_exceptions"
    """Sufficient evidence throughout, evaluated throughout, and no exception was noted."""
    EXCEPTIONS = "exceptions"
    """Sufficient evidence throughout, and at least one exception was noted."""
    NO_OCCURRENCES = "no_occurrences"
    """The same, and nothing happened that it could have been tested on."""
    OPEN_AT_CUT_OFF = "open_at_cut_off"
    """The same, and nothing that happened is due yet."""
    EVIDENCE_INCOMPLETE = "evidence_incomplete"
    """There are evidence gaps: the results do not speak for the whole period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGap:
    """A part of the period for which nothing is proven."""

    connection: str
    kind: str
    """The evidence that is missing; empty where it is the evaluation that is."""
    since: datetime
    until: datetime
    reason: str
    subjects: tuple[str, ...] = ()
    """The only objects concerned, as ``kind:key``, where they are known; empty: any may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindAssurance:
    """One kind of one connection over a period."""

    connection: str
    kind: str
    required_frequency: float | None
    """Seconds from one collection to the next, as last required; None where none was."""
    scheduled: int
    """How many collections the required frequencies add up to."""
    completed: int
    """Runs that collected all of it."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many runs ended with each outcome, the complete ones included."""
    evidence_coverage: float
    """The share of the period with sufficient evidence for all objects; 0 to 1."""
    evidence_gaps: tuple[EvidenceGap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPeriod:
    """A time during which a control kept one status."""

    since: datetime
    """The first evaluation with this status."""
    until: datetime
    """The first with another, or the last evaluation of the period."""
    status: Status
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlException:
    """A subject that failed a rule at some time in the period."""

    rule: str
    connection: str
    subject: Subject
    first_seen: datetime
    """The first evaluation in which it failed."""
    last_seen: datetime
    """The last one."""
    evaluations: int
    """In how many it failed."""
    waived: bool
    """Whether a waiver covered it every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTest:
    """One rule over the items of a period.

    What occurred belongs to the period in which it did, and counts as it was found last, by
    evaluations up to seven days after the period. What is there at any time counts by the worst
    that was found in the period.
    """

    rule: str
    population: int
    """Items that it applied to."""
    passed: int
    failed: int
    inconclusive: int
    open: int
    """What was not due yet when it was evaluated last: neither passed nor failed."""
    made_late: int
    """Of these: what only an evaluation of a past moment found so, which clears nothing."""
    test_changed: int
    """Of those that failed: what is found to fail no more since the test was changed."""
    read_back: int = 0
    """Of the population: what occurred before its connection was watched, and was read back."""
    tested_late: int = 0
    """Of the population: what was decided later than the slowest cadence among the rule's kinds,
    from when it had occurred, or was last found not to be due."""
    monitoring: bool = False
    """Whether it tests the health of monitoring itself, and not a control of the company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialMonth:
    """A share of a month that is not whole in the period: it is not judged."""

    rule: str
    connection: str
    month: str
    since: datetime
    """From when on it was seen: watched, or read back."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAssurance:
    """One control over a period."""

    framework: str
    id: str
    conclusion: Conclusion
    rules: tuple[str, ...]
    tests: tuple[PeriodTest, ...]
    """Each rule, by its id."""
    items: int = 0
    """The items that its rules applied to, each once, however many of them did."""
    items_failed: int = 0
    """The items with an exception, each once, however many it has."""
    items_outside: int = 0
    """The items that its framework's scope leaves out; its conclusion says nothing of them."""
    partial_months: tuple[PartialMonth, ...] = ()
    """What failed in months that are not whole in the period."""
    evidence_coverage: float
    """The share of the period with sufficient evidence for all its rules, evaluated; 0 to 1."""
    evaluations: int
    """How many of the period evaluated it."""
    history: tuple[StatusPeriod, ...] = ()
    exceptions: tuple[ControlException, ...] = ()
    evidence_gaps: tuple[EvidenceGap, ...] = ()

    @property
    def of_monitoring(self) -> bool:
        """Whether every test of it is of the health of monitoring, and none of the company."""
        return bool(self.tests) and all(test.monitoring for test in self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedScope:
    """A scope of a framework, and the evaluations of the period, and to close it, that state it."""

    scope: str
    """What it names, in words."""
    since: datetime
    """The first of these evaluations."""
    until: datetime
    """The last one."""
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAssurance:
    """What the scope of a framework was over a period, and what it left out of its controls."""

    framework: str
    stated: tuple[StatedScope, ...]
    """Several: it was changed. What was in one of them at some time is in scope."""
    items: int
    """The items in scope, each once."""
    items_named: int
    """Those of them that the scope names; it says nothing of the others."""
    items_outside: int
    problem: str
    """What it does where it left out nothing, or all that it speaks of; empty: neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """What the evidence of a period proves, as far as it has elapsed."""

    document: str = "ccm.assurance/v1"
    period: str
    """As it was asked for."""
    since: datetime
    until: datetime
    """The end of the period, or the moment of the assessment where that comes first."""
    ended: bool
    """Whether the period has ended."""
    kinds: tuple[KindAssurance, ...] = ()
    scopes: tuple[ScopeAssurance, ...] = ()
    """Of the frameworks of the controls: those that have one."""
    controls: tuple[ControlAssurance, ...] = ()
