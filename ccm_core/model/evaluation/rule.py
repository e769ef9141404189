"""Rules and rule packs as their YAML has them, before any condition is compiled."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


class Severity(StrEnum):
    """How much a failing rule matters."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Lifecycle(StrEnum):
    """How settled a rule is."""

    EXPERIMENTAL = "experimental"
    TEST = "test"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class OnEmpty(StrEnum):
    """The status of a rule that has no subjects; ``pass`` is not one of the choices."""

    NOT_APPLICABLE = "not_applicable"
    INSUFFICIENT = "insufficient"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a pack lets its users set."""

    name: str
    type: str
    """``duration``, ``integer``, ``number``, ``string``, ``boolean``, ``list``, ``dates``,
    ``weekly_hours`` or ``condition``."""
    default: Any
    """As written; durations are read when the pack is compiled."""
    description: str
    over: str | None = None
    """For a condition: the kind or view whose rows it reads."""
    varies_by: str | None = None
    """The path in a row, such as ``row.service.id``, for whose keys users may set other values."""
    dated_by: str | None = None
    """The path in a row to the instant that decides which of several dated values applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A share of the population that must pass."""

    at_least: float
    """Between 0 and 1."""
    per: str
    """``month``: each month by the row's ``occurred_at``; ``all``: all at once."""
    inconclusive_at_most: float = 0.05
    """The share of the population that may be inconclusive, between 0 and 0.05."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """One case that ships with a rule."""

    name: str
    rows: tuple[JsonObject, ...]
    expect: str
    evidence: dict[str, str] = field(default_factory=dict)
    """Outcome by kind, where it is not ``complete``: an outcome, ``missing`` or ``stale``."""
    params: JsonObject = field(default_factory=dict)
    lookups: dict[str, JsonObject] = field(default_factory=dict)
    """What ``lookup(kind, key)`` finds, by ``kind:key``."""
    now: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A requirement on every row of a kind or view, and why it matters."""

    id: str
    title: str
    status: Lifecycle
    severity: Severity
    over: str
    """The kind or view whose rows it evaluates."""
    match: str | None = None
    let: dict[str, str] = field(default_factory=dict)
    assertion: str
    """The YAML's ``assert``."""
    not_due: str | None = None
    message: str
    on_empty: OnEmpty
    cause: str | None = None
    """An expression over the row that fails: the keys that name its cause; None: the rule alone."""
    tolerance: Tolerance | None = None
    max_age: str | None = None
    """How old the evidence may be; twice the kind's cadence by default."""
    period: str | None = None
    """How much of the past it needs, whatever the connection looks back."""
    ahead: str | None = None
    """How much of the future it needs."""
    risk: str | None = None
    remediation: str | None = None
    remediation_url: str | None = None
    controls: tuple[Control, ...] = ()
    tests: tuple[RuleTest, ...] = ()


class PackPurpose(StrEnum):
    """What the rules of a pack check."""

    CONTROLS = "controls"
    """The controls of the company."""
    MONITORING = "monitoring"
    """The health of the monitoring itself: credentials, schedules of collections, schema drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """A YAML file of rules."""

    name: str
    version: str
    title: str
    source: str
    """Where it was read: a path, or ``plugin NAME``."""
    digest: str
    """Of the file's bytes."""
    purpose: PackPurpose = PackPurpose.CONTROLS
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    manual_procedures: tuple[ManualProcedures, ...] = ()
    """Of the controls that its rules support; a control that is left out is not stated."""
