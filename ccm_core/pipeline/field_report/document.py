"""The document of a field report."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from ccm_core.model.evaluation.result import Population, Status
from ccm_core.model.evidence.collection import (
    Counts,
    LookupOutcome,
    Outcome,
    Reason,
    Visibility,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPlugin:
    """An installed plugin."""

    name: str
    version: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDiagnosis:
    """One line of the check."""

    subject: str
    """A kind, a word, or a path whose ids are hidden."""
    ok: bool
    cause: str | None
    refused_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSeen:
    """A header that states a rate limit, and the numbers that it had."""

    header: str
    smallest: int
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireTraffic:
    """What went over the wire during the check."""

    requests: int
    retries: int
    refused: int
    waited: float
    slowest: float
    statuses: dict[str, int]
    limits: tuple[LimitSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFindings:
    """What the check found at the source."""

    usable: bool
    failure: str | None
    """The class of the error for which the source could not be used."""
    seconds: float
    traffic: WireTraffic | None
    """None where no session could be opened."""
    diagnoses: tuple[ReportedDiagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedShortfall:
    """What a collection did not see."""

    reason: Reason
    missing: int | None
    subjects: int
    """How many objects it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRequest:
    """A request: its path with ids hidden, and the names of its parameters."""

    endpoint: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupCount:
    """References of one kind that no list has, and what looking them up showed."""

    kind: str
    outcome: LookupOutcome | None
    references: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCollection:
    """One attempt to collect one kind."""

    kind: str
    version: int
    outcome: Outcome
    seconds: float
    window_seconds: float | None
    counts: Counts
    shortfalls: tuple[ReportedShortfall, ...]
    unknown_fields: tuple[str, ...]
    """Those whose names look like an API's."""
    requests: tuple[ReportedRequest, ...]
    lookups: tuple[LookupCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedGap:
    """What the credential cannot see of one kind."""

    kind: str
    reason: Reason
    objects: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCredential:
    """What the source reports of the credential, never the credential."""

    kind: str | None
    role: str | None
    scopes: tuple[str, ...] | None
    visibility: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """One run that read the source."""

    started_at: datetime
    seconds: float
    host_version: str
    outcome: Outcome
    clock_skew: float | None
    clock_disagreement: float | None
    credential: ReportedCredential | None
    visibility_gaps: tuple[ReportedGap, ...]
    accepted_kinds: tuple[str, ...]
    shortfalls: tuple[ReportedShortfall, ...]
    collections: tuple[ReportedCollection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedKind:
    """The stored records of one kind, and redacted samples of them."""

    kind: str
    version: int
    records: int
    read: int
    """How many were looked at."""
    shapes: int
    """How many different sets of fields, types and words those have."""
    shapes_left_out: int
    """How many of these no sample has."""
    samples: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedConnection:
    """One connection, by its number in the settings and never by its name."""

    connector: str
    auth_method: str
    lookback: float
    lookahead: float
    live: LiveFindings
    runs: tuple[ReportedRun, ...] = ()
    """The newest, the oldest of them first."""
    kinds: tuple[ReportedKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InconclusiveCause:
    """Results of a rule that are inconclusive for the same cause."""

    status: Status
    terms: tuple[str, ...]
    """The kinds, fields and reasons that the results name."""
    results: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRule:
    """A rule over every connection."""

    pack: str
    """Renamed where no plugin offers it."""
    rule: str
    over: str
    status: Status
    population: Population
    inconclusive: tuple[InconclusiveCause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEvaluation:
    """The newest evaluation."""

    evaluated_at: datetime
    rules: tuple[ReportedRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReport:
    """The document of ``ccm check --field-report``."""

    document: str = "ccm.field-report/v1"
    made_at: datetime
    """Moved by some weeks, as every instant of the report."""
    host_version: str
    plugins: tuple[ReportedPlugin, ...]
    connections: tuple[ReportedConnection, ...]
    evaluation: ReportedEvaluation | None = field(default=None)
