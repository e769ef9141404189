"""A finding: a failing result followed through time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evaluation.subject import Subject


class ChangeKind(StrEnum):
    """What happened to a finding between two evaluations."""

    OPENED = "opened"
    INCONCLUSIVE = "inconclusive"
    """Insufficient evidence: it is unknown whether it still fails."""
    CONFIRMED = "confirmed"
    """It was inconclusive, and still fails."""
    RESOLVED = "resolved"
    """The rule passes, or no longer applies."""
    REMOVED = "removed"
    """Its subject is no longer evaluated by the rule."""
    REOPENED = "reopened"
    """It was resolved or removed, and fails again."""


class FindingState(StrEnum):
    """The state of a finding."""

    OPEN = "open"
    INCONCLUSIVE = "inconclusive"
    RESOLVED = "resolved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """One change of one finding."""

    finding: str
    """The id of the result."""
    rule: str
    connection: str
    subject: Subject
    severity: str
    kind: ChangeKind
    at: datetime
    """The moment of the evaluation that changed it."""
    reason: str
    """Why it fails, is inconclusive, or no longer fails."""
    last_seen: datetime | None = None
    """When it failed last, for what is no longer failing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChangeSet:
    """All changes of findings by one evaluation."""

    changes: tuple[FindingChange, ...] = ()
    findings: str = ""
    """The digest over all findings after it, as they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A failing result and its current state."""

    id: str
    """The id of the result."""
    rule: str
    connection: str
    subject: Subject
    severity: str
    state: FindingState
    reason: str
    """Why it fails, is inconclusive, or no longer fails, by its last change."""
    first_seen: datetime
    last_seen: datetime
    """When it failed last."""
    closed_at: datetime | None = None
    """When it was resolved or removed; None while it is neither."""
    waiver: str | None = None
    """The id of the waiver that covers it in the last evaluation; it stays open."""
    opened: int = 1
    """How often it was opened: more than once where it came back."""
