"""Read findings as people work on them, with what the newest evaluation says of their checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ccm_core.approvals.standing import approval_problem
from ccm_core.errors import UsageError
from ccm_core.findings.acceptance_standing import ReadEntries, acceptance_standings
from ccm_core.findings.filter import (
    ACTIVE_STATES,
    FindingFilter,
    by_urgency,
    filter_findings,
)
from ccm_core.findings.work_items import WorkFacts, work_items
from ccm_core.model.evaluation.result import Evaluation, RuleResult
from ccm_core.model.evaluation.result_id import cause_part, joined_id
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.act import FindingAct
from ccm_core.model.finding.finding import ACTIVE, Finding, FindingChange
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import AcceptanceStanding, WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.findings.track import all_findings
from ccm_core.store.interface.evidence_store import EvidenceStore

_FEW = 5000
"""Findings whose acts are read one by one; of more, all are read."""
_RESOURCE_PART = len(joined_id(cause_part(()), ""))
"""Where the second part of an id begins: causes are few, so it tells more."""
_RULES_ALONE = ResultScope(whole=False, evidence=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFindings:
    """The findings that somebody asked for."""

    items: Sequence[WorkItem]
    """The most urgent first."""
    total: int
    """All that there are, whatever their state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingHistory:
    """One finding with all that is known of it."""

    item: WorkItem
    changes: Sequence[FindingChange]
    """What evaluations changed of it and of those that it continues, in order."""
    acceptances: Sequence[AcceptanceStanding] = ()
    """Its risk acceptances, and whether they count; of what is closed, none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tracked:
    """What the evaluation that findings follow says of checks and waivers."""

    evaluation: Evaluation | None = None
    entries: ReadEntries | None = None
    """None: it is not known which waivers it was made with."""

    @property
    def waivers(self) -> Sequence[Waiver]:
        return tuple(self.entries.waivers.values()) if self.entries else ()

    @property
    def expiries(self) -> Mapping[str, datetime]:
        return {waiver.id: waiver.expires for waiver in self.waivers}

    @property
    def rules(self) -> Sequence[RuleResult]:
        return self.evaluation.rules if self.evaluation else ()

    @property
    def connections(self) -> Sequence[str]:
        return self.evaluation.connections if self.evaluation else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingReader:
    """Reads findings at a moment."""

    store: EvidenceStore
    policy: FindingPolicy
    now: datetime
    as_of: datetime | None = None
    """Findings as of the last evaluation by then; None: as they are."""

    @property
    def moment(self) -> datetime:
        """The moment of which findings are shown."""
        return self.as_of or self.now

    def select(self, selection: FindingFilter) -> ListedFindings:
        """Return the selected findings.

        Raises:
            UsageError: Something that is selected is not known.
        """
        findings = self._findings(selection)
        tracked = self._evaluation()
        items = sorted(self._items(findings, tracked), key=by_urgency)
        chosen = filter_findings(
            items,
            selection,
            self.moment,
            connections=tracked.connections,
            rules={rule.rule for rule in tracked.rules},
            controls={f"{c.framework}:{c.id}" for rule in tracked.rules for c in rule.controls},
            owners=self.known_owners() if selection.owners else (),
        )
        total = len(findings) if self.as_of else self.store.findings.count()
        return ListedFindings(items=chosen, total=total)

    def known_owners(self) -> frozenset[str]:
        """Return the people and teams that may own findings, as they are written."""
        people = self.policy.people
        teams = {team for person in people.values() for team in person.teams}
        entries = {entry.owner for entry in self.policy.owners}
        return frozenset({*people, *teams, *entries, *self.store.findings.teams()})

    def active(self, evaluation: Evaluation | None = None) -> Sequence[WorkItem]:
        """Return all findings that are open or inconclusive, the most urgent first.

        Args:
            evaluation: The one that findings follow, with all of its rules; None: it is read.
        """
        listed = self._findings(FindingFilter(states=ACTIVE_STATES))
        findings = [finding for finding in listed if finding.state in ACTIVE]
        return sorted(self._items(findings, self._evaluation(evaluation)), key=by_urgency)

    def of(self, findings: Sequence[Finding]) -> Sequence[WorkItem]:
        """Return some findings as people work on them, in their order."""
        return self._items(findings, self._evaluation())

    def history(self, name: str) -> FindingHistory:
        """Return a finding by its id or the beginning of it, with its history.

        Raises:
            UsageError: There is no such finding, or several ids begin so.
        """
        finding = self.find(name)
        tracked = self._evaluation()
        (item,) = self._items([finding], tracked)
        names = {finding.id, *finding.follows}
        changes = [
            change
            for change in self.store.findings.changes(as_of=self.as_of)
            if change.finding in names
        ]
        standings = acceptance_standings(item, tracked.entries, self.moment)
        return FindingHistory(item=item, changes=changes, acceptances=tuple(standings))

    def find(self, name: str) -> Finding:
        """Return a finding by its id, or the beginning of one of its two parts.

        Raises:
            UsageError: There is no such finding, or several ids begin so.
        """
        exact = () if self.as_of else self.store.findings.by_id([name])
        matches = exact or [
            finding
            for finding in all_findings(self.store, as_of=self.as_of)
            if name and any(finding.id.startswith(name, start) for start in (0, _RESOURCE_PART))
        ]
        if not matches:
            raise UsageError(f"no finding {name!r}; `ccm findings list --all` lists them")
        if len(matches) > 1:
            ids = ", ".join(finding.id for finding in matches[:5])
            raise UsageError(f"{name!r} may be {ids}; write more of the id")
        return matches[0]

    def acceptance_problems(self) -> Mapping[str, str]:
        """Return why risk acceptances of the newest evaluation do not count, by their ids."""
        problems = (
            (waiver.id, approval_problem(waiver, self.moment))
            for waiver in self._evaluation().waivers
            if waiver.expires > self.moment
        )
        return {name: problem for name, problem in problems if problem is not None}

    def approvers(self) -> Mapping[str, str]:
        """Return who is to approve each risk acceptance of the newest evaluation, by its id."""
        return {waiver.id: waiver.approver for waiver in self._evaluation().waivers}

    def controls(self) -> Mapping[str, frozenset[str]]:
        """Return the controls that each check of the newest evaluation supports."""
        return {
            rule.rule: frozenset(f"{control.framework}:{control.id}" for control in rule.controls)
            for rule in self._evaluation().rules
        }

    def _findings(self, selection: FindingFilter) -> Sequence[Finding]:
        if self.as_of is None and selection.states and selection.states <= ACTIVE_STATES:
            return self.store.findings.current(ACTIVE)
        return all_findings(self.store, as_of=self.as_of)

    def _evaluation(self, evaluation: Evaluation | None = None) -> _Tracked:
        """Return the last evaluation that findings follow, without results: names and waivers."""
        until = self.store.findings.tracked_until(as_of=self.as_of)
        digest = None if until is None else self.store.findings.tracked_evaluation(until)
        if until is None or digest is None:
            return _Tracked()
        inputs = self.store.evaluations.inputs(digest)
        waivers = None if inputs is None else {waiver.id: waiver for waiver in inputs.waivers}
        return _Tracked(
            evaluation=evaluation or self.store.evaluations.get(digest, scope=_RULES_ALONE),
            entries=None if waivers is None else ReadEntries(waivers=waivers, at=until),
        )

    def _items(self, findings: Sequence[Finding], tracked: _Tracked) -> Sequence[WorkItem]:
        acts = self._acts(findings)
        assigned = any(act.owner for some in acts.values() for act in some)
        facts = WorkFacts(
            now=self.moment,
            policy=self.policy,
            rules={rule.rule: rule for rule in tracked.rules},
            expiries=tracked.expiries,
            waivers_read_at=tracked.entries.at if tracked.entries else None,
            # Somebody may have it whose team owns none of these.
            teams=self.store.findings.teams() if assigned else frozenset(),
            acts=acts,
        )
        return list(work_items(findings, facts))

    def _acts(self, findings: Sequence[Finding]) -> Mapping[str, Sequence[FindingAct]]:
        names = {name for finding in findings for name in (finding.id, *finding.follows)}
        acts = self.store.findings.acts(names if len(names) < _FEW else None)
        if self.as_of is None:
            return acts
        until = self.as_of
        return {name: tuple(act for act in some if act.at <= until) for name, some in acts.items()}
