"""A finding: one cause for which checks fail, followed through time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from ccm_core.model.evaluation.result import POPULATION, Result, Status
from ccm_core.model.evaluation.result_id import cause_part, joined_id, subject_part
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass

SEVERITIES = ("critical", "high", "medium", "low", "informational")
"""The most severe first."""


class ChangeKind(StrEnum):
    """What happened to a finding between two evaluations."""

    OPENED = "opened"
    CHANGED = "changed"
    """Other checks fail for it than before, or with another severity."""
    INCONCLUSIVE = "inconclusive"
    """Insufficient evidence: it is unknown whether it still fails."""
    CONFIRMED = "confirmed"
    """It was inconclusive, and still fails."""
    RESOLVED = "resolved"
    """Its checks pass, or no longer apply."""
    REMOVED = "removed"
    """Its resource is no longer evaluated by any of its checks."""
    REPLACED = "replaced"
    """Its checks still fail, for causes that other findings follow now."""
    CONTINUED = "continued"
    """It follows the cause of findings that it replaces."""
    REOPENED = "reopened"
    """It was closed, and fails again."""


class FindingState(StrEnum):
    """The state of a finding as evaluations show it."""

    OPEN = "open"
    INCONCLUSIVE = "inconclusive"
    RESOLVED = "resolved"
    REMOVED = "removed"
    REPLACED = "replaced"


ACTIVE = frozenset({FindingState.OPEN, FindingState.INCONCLUSIVE})
"""The states of what is neither resolved nor gone."""
_CHECK_CHANGED = " (the check was changed: "
STATE_AFTER = {
    ChangeKind.OPENED: FindingState.OPEN,
    ChangeKind.CHANGED: FindingState.OPEN,
    ChangeKind.CONFIRMED: FindingState.OPEN,
    ChangeKind.CONTINUED: FindingState.OPEN,
    ChangeKind.REOPENED: FindingState.OPEN,
    ChangeKind.INCONCLUSIVE: FindingState.INCONCLUSIVE,
    ChangeKind.RESOLVED: FindingState.RESOLVED,
    ChangeKind.REMOVED: FindingState.REMOVED,
    ChangeKind.REPLACED: FindingState.REPLACED,
}
"""The state that each change leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCheck:
    """One check that fails for the cause of a finding."""

    result: str
    """The id of its result: ``ccm explain RESULT``."""
    rule: str
    severity: str
    status: Status
    """``fail``, or what it is now where it is inconclusive."""
    reason: str
    waiver: str | None = None
    """The id of the waiver that covers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """One change of one finding."""

    finding: str
    connection: str
    subject: Subject
    kind: ChangeKind
    at: datetime
    """The moment of the evaluation that changed it."""
    reason: str
    """Why it fails, is inconclusive, or no longer fails."""
    checks: tuple[FindingCheck, ...]
    """Those that fail or are inconclusive; of what no longer fails, those that failed last."""
    occurred_at: datetime | None = None
    last_seen: datetime | None = None
    """When it failed last, for what is no longer failing."""
    follows: tuple[str, ...] = ()
    """For what continues others: their ids."""
    since: datetime | None = None
    """For what continues others: when the first of them was seen first."""
    opened_at: datetime | None = None
    """For what continues others: when the first of them was opened last."""
    replaced_by: tuple[str, ...] = ()
    """For what is replaced: the ids of those that follow its cause now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChangeSet:
    """All changes of findings by one evaluation."""

    changes: tuple[FindingChange, ...] = ()
    findings: str = ""
    """The digest over all findings after it, as they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause for which checks fail, and its current state."""

    id: str
    connection: str
    subject: Subject
    """The resource."""
    state: FindingState
    checks: tuple[FindingCheck, ...]
    """Those that fail or are inconclusive, the most severe first; of what no longer fails, those
    that failed last."""
    reason: str
    """Why it fails, is inconclusive, or no longer fails, by its last change."""
    first_seen: datetime
    opened_at: datetime
    """When it was opened, or reopened last."""
    last_seen: datetime
    """When it failed last."""
    occurred_at: datetime | None = None
    """When the thing itself happened, as an incident; None: it is there at any time."""
    closed_at: datetime | None = None
    """When it was resolved, removed or replaced; None while it is none of these."""
    opened: int = 1
    """How often it was opened: more than once where it came back."""
    follows: tuple[str, ...] = ()
    """The findings whose cause it continues."""

    @property
    def severity(self) -> str:
        """The greatest severity of its checks."""
        return self.checks[0].severity

    @property
    def rule(self) -> str:
        """The most severe of its checks."""
        return self.checks[0].rule

    @property
    def rules(self) -> tuple[str, ...]:
        """Its checks, the most severe first, each once."""
        return tuple(dict.fromkeys(check.rule for check in self.checks))

    @property
    def waivers(self) -> tuple[str, ...]:
        """The waivers that cover all of its failing checks; empty: one is not covered."""
        failing = [check.waiver for check in self.checks if check.status is Status.FAIL]
        names = [waiver for waiver in failing if waiver is not None]
        return tuple(dict.fromkeys(names)) if len(names) == len(failing) else ()


def finding_of(result: Result) -> str:
    """Return the id of the finding that a failing result belongs to.

    It is the same for all results of equal cause on one resource of one connection; of a share,
    whatever the month.
    """
    subject = result.subject
    key = "" if subject.kind == POPULATION else subject.key
    resource = subject_part(result.connection, subject.kind, key)
    return joined_id(cause_part(result.cause or (result.rule,)), resource)


def reason_with_change(reason: str, what: str) -> str:
    """Return the reason of a change, with what was changed of the check itself."""
    return f"{reason}{_CHECK_CHANGED}{what})"


def change_of_check(reason: str) -> str:
    """Return what a reason says was changed of the check itself; empty: nothing was."""
    _, marker, what = reason.rpartition(_CHECK_CHANGED)
    is_change = marker and what.endswith(")")
    return f"{marker.lstrip(' (')}{what[:-1]}" if is_change else ""


@lru_cache(maxsize=1024)  # very many results count in few shares
def share_finding(rule: str, connection: str) -> str:
    """Return the id of the finding of a rule that is judged by share: one for each connection."""
    return joined_id(cause_part((rule,)), subject_part(connection, POPULATION, ""))


def checks_in_order(checks: Iterable[FindingCheck]) -> tuple[FindingCheck, ...]:
    """Return checks as a finding has them: what fails first, and the most severe of it."""
    return tuple(
        sorted(
            checks,
            key=lambda check: (
                check.status is not Status.FAIL,
                SEVERITIES.index(check.severity),
                check.rule,
                check.result,
            ),
        )
    )
