"""Findings as somebody works on them: state, owner, due dates, next step. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from datetime import datetime

from ccm_core.findings.due_dates import due_dates
from ccm_core.findings.owners import known_teams, owner_of
from ccm_core.model.evaluation.result import RuleResult
from ccm_core.model.finding.act import ANSWERS, ActKind, FindingAct, Ticket
from ccm_core.model.finding.finding import ACTIVE, Finding, FindingState
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import Owner, WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

UNOWNED = "Nobody owns it: name an owner under `findings.owners` in the settings."
"""The next step of what neither a person, the settings nor the source gives an owner."""
_SETTLED = {
    FindingState.INCONCLUSIVE: WorkState.INCONCLUSIVE,
    FindingState.RESOLVED: WorkState.RESOLVED,
    FindingState.REMOVED: WorkState.REMOVED,
    FindingState.REPLACED: WorkState.REPLACED,
}
"""The states that evaluations alone decide."""
_TICKETS = {
    ActKind.TICKET_OPENED,
    ActKind.TICKET_UPDATED,
    ActKind.TICKET_REOPENED,
    ActKind.TICKET_CLOSED,
    ActKind.TICKET_LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """What work items are made of, beside the findings."""

    now: datetime
    policy: FindingPolicy = field(default_factory=FindingPolicy)
    rules: Mapping[str, RuleResult] = field(default_factory=FrozenDict)
    """The rules of the newest evaluation, by id."""
    expiries: Mapping[str, datetime] = field(default_factory=FrozenDict)
    """When each waiver that the newest evaluation read expires, by its id."""
    waivers_read_at: datetime | None = None
    """The moment of that evaluation: a request from before it, without a waiver, is gone; None: it
    is not known which waivers it read."""
    teams: AbstractSet[str] = frozenset()
    """Teams that the source knows, beside those that own the findings."""
    acts: Mapping[str, Sequence[FindingAct]] = field(default_factory=FrozenDict)
    """What was done, by finding, in order."""


def work_items(findings: Sequence[Finding], facts: WorkFacts) -> Iterator[WorkItem]:
    """Yield each finding as somebody works on it, in their order."""
    of_findings = (name for finding in findings for name in finding.subject.owners)
    teams = known_teams([*facts.teams, *of_findings], facts.policy)
    # There are findings by the hundred thousand, and few combinations of checks.
    controls: dict[tuple[str, ...], tuple[str, ...]] = {}
    for finding in findings:
        rules = finding.rules
        if rules not in controls:
            controls[rules] = _controls(rules, facts)
        yield _work_item(finding, facts, teams, controls[rules])


def _controls(rules: Iterable[str], facts: WorkFacts) -> tuple[str, ...]:
    """Return the controls that checks support, as ``framework:id``, sorted."""
    known = (facts.rules[name] for name in rules if name in facts.rules)
    return tuple(
        sorted({f"{control.framework}:{control.id}" for rule in known for control in rule.controls})
    )


def _work_item(
    finding: Finding, facts: WorkFacts, teams: frozenset[str], controls: tuple[str, ...]
) -> WorkItem:
    first = facts.rules.get(finding.rule)
    acts = _acts(finding, facts.acts)
    since = [act for act in acts if act.at >= finding.opened_at]
    asked = tuple(_asked(since, facts)) if finding.state in ACTIVE else ()
    accepted_until = _accepted_until(finding, facts)
    due = due_dates(finding, controls, facts.policy) if finding.state in ACTIVE else ()
    owner = owner_of(finding, acts, facts.policy, teams)
    return WorkItem(
        finding=finding,
        state=_state(finding, since, accepted_until, asked),
        title=first.title if first else finding.rule,
        owner=owner,
        due=due,
        is_overdue=bool(due) and due[0].at <= facts.now and accepted_until is None,
        accepted_until=accepted_until,
        asked=asked,
        controls=controls,
        risk=first.risk if first else None,
        next_step=_next_step(finding, owner, first),
        next_step_url=first.remediation_url if first else None,
        tickets=tuple(open_tickets(acts)),
        acts=acts,
    )


def _next_step(finding: Finding, owner: Owner, rule: RuleResult | None) -> str | None:
    """Return what to do next; of what nobody owns, somebody has to be named first."""
    step = rule.remediation if rule else None
    if owner.names or finding.state not in ACTIVE:
        return step
    return " ".join(filter(None, (step, UNOWNED)))


def open_tickets(acts: Iterable[FindingAct]) -> Iterator[Ticket]:
    """Yield the tickets that are neither closed nor lost, the newest of each system."""
    by_system: dict[str, FindingAct] = {}
    for act in acts:
        if act.kind in _TICKETS and act.ticket is not None:
            by_system[act.ticket.system] = act
    for act in by_system.values():
        if act.ticket and act.kind not in {ActKind.TICKET_CLOSED, ActKind.TICKET_LOST}:
            yield act.ticket


def _acts(finding: Finding, acts: Mapping[str, Sequence[FindingAct]]) -> tuple[FindingAct, ...]:
    """Return what was done about a finding and about those whose cause it continues, in order."""
    own = acts.get(finding.id, ())
    if not finding.follows:
        return tuple(own)
    before = [act for name in finding.follows for act in acts.get(name, ())]
    return tuple(sorted([*before, *own], key=lambda act: act.at))


def _accepted_until(finding: Finding, facts: WorkFacts) -> datetime | None:
    """Return until when its risk is accepted; None: it is not, or not any more."""
    if finding.state is not FindingState.OPEN or not finding.waivers:
        return None
    expiries = [facts.expiries.get(name) for name in finding.waivers]
    known = [at for at in expiries if at is not None]
    if len(known) < len(expiries) or min(known) <= facts.now:
        return None
    return min(known)


def _state(
    finding: Finding,
    since: Sequence[FindingAct],
    accepted_until: datetime | None,
    asked: Sequence[str],
) -> WorkState:
    """Return the state by evaluations and by what was done since it was opened last."""
    if finding.state in _SETTLED:
        return _SETTLED[finding.state]
    if accepted_until is not None:
        return WorkState.ACCEPTED
    if asked:
        return WorkState.ACCEPTANCE_ASKED
    if any(act.kind is ActKind.ACKNOWLEDGED for act in since):
        return WorkState.ACKNOWLEDGED
    return WorkState.REOPENED if finding.opened > 1 else WorkState.OPEN


def _asked(acts: Iterable[FindingAct], facts: WorkFacts) -> Iterator[str]:
    """Yield the acceptances that were asked for and that nobody answered.

    Neither those that have ended, nor those whose entry was gone in the newest evaluation.
    """
    asked: dict[str, FindingAct] = {}
    for act in acts:
        if act.kind is ActKind.ACCEPTANCE_ASKED:
            asked[act.waiver] = act
        elif act.kind in ANSWERS:
            asked.pop(act.waiver, None)
    for name, act in asked.items():
        has_ended = act.until is not None and act.until <= facts.now
        if not has_ended and not _is_gone(act, facts):
            yield name


def _is_gone(act: FindingAct, facts: WorkFacts) -> bool:
    """Return whether the newest evaluation read the waivers after a request, and not its entry."""
    read_at = facts.waivers_read_at
    return read_at is not None and act.at <= read_at and act.waiver not in facts.expiries
