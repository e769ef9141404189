"""What a period proves: the collections that were promised and made, each hole, and the results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject


class Conclusion(StrEnum):
    """What may be said of a control over a period."""

    EFFECTIVE = "effective"
    """Sufficient evidence throughout, judged throughout, and nothing failed."""
    EXCEPTIONS = "exceptions"
    """Sufficient evidence throughout, and something failed."""
    NOT_PROVEN = "not_proven"
    """There are holes. Whatever the results say, they do not speak for the whole period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A stretch of the period for which nothing is proven."""

    connection: str
    kind: str
    """The evidence that is missing; empty where it is the judging that is."""
    since: datetime
    until: datetime
    why: str
    subjects: tuple[str, ...] = ()
    """The only objects concerned, as ``kind:key``, where they are known; empty: any may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindAssurance:
    """One kind of one connection over a period."""

    connection: str
    kind: str
    cadence: float | None
    """Seconds, as last promised in the period; None where nothing was promised."""
    promised: int
    """How many collections the cadences in force come to."""
    made: int
    """Runs that collected it whole."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many runs ended with each outcome, the whole ones included."""
    share: float
    """Of the period, for which its evidence was sufficient for all objects; 0 to 1."""
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time during which a control kept one status."""

    since: datetime
    """The first evaluation that said so."""
    until: datetime
    """The first that said otherwise, or the end of what was judged."""
    status: Status
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A subject that failed a rule at some time in the period."""

    rule: str
    connection: str
    subject: Subject
    first: datetime
    """The first evaluation that says so."""
    last: datetime
    """The last one that does."""
    evaluations: int
    """How many say so."""
    waived: bool
    """Whether a waiver covered it every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAssurance:
    """One control over a period."""

    framework: str
    id: str
    conclusion: Conclusion
    rules: tuple[str, ...]
    share: float
    """Of the period, for which all its rules had sufficient evidence and were judged; 0 to 1."""
    evaluations: int
    """How many of the period judged it."""
    course: tuple[Stretch, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    holes: tuple[Hole, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """What a period proves, as far as it has passed."""

    document: str = "ccm.assurance/v1"
    period: str
    """As it was asked for."""
    since: datetime
    until: datetime
    """The end of the period, or the moment of looking where that comes first."""
    over: bool
    """Whether the period has passed."""
    kinds: tuple[KindAssurance, ...] = ()
    controls: tuple[ControlAssurance, ...] = ()
