"""The conditions that people may be notified of, by findings, an evaluation and its runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain

from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.finding.act import ActKind
from ccm_core.model.finding.policy import Person
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.notify.types import Condition, NotifyEvent, severity_rank
from ccm_core.sdk.timestamps import format_duration

ENDS_SOON = timedelta(days=14)
"""How long before its end the acceptance of a risk is reported to end."""
FINDING = "finding:"
"""Begins the key of the condition that a finding is there."""
_INCONCLUSIVE = (Status.INSUFFICIENT, Status.ERROR)


def conditions(
    evaluation: Evaluation,
    items: Sequence[WorkItem],
    manifests: Sequence[Manifest],
    people: Mapping[str, Person],
    approvers: Mapping[str, str],
) -> tuple[Condition, ...]:
    """Return everything that holds at the evaluation's moment.

    A finding whose risk is accepted is not a condition, and one that cannot be evaluated stays
    one: it is neither resolved nor new.

    Args:
        evaluation: The results.
        items: The findings that are open or inconclusive, the most urgent first.
        manifests: The newest of each connection.
        people: Those of the settings, by id.
        approvers: Who is to approve each risk acceptance, by its id.
    """
    return (
        *chain.from_iterable(_of_finding(item, people) for item in items),
        *_acceptances_asked(items, people, approvers),
        *_acceptances_ending(evaluation, items, people),
        *(condition for rule in evaluation.rules for condition in _inconclusive(rule)),
        *_rotations_due(evaluation, manifests),
        *_evidence_overdue(evaluation),
    )


def with_teams(names: Iterable[str], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Return names of teams and people, and the teams of those people."""
    teams = (team for name in names for team in (people[name].teams if name in people else ()))
    return tuple(dict.fromkeys([*names, *teams]))


def what_fails(item: WorkItem) -> str:
    """Return which resource fails which check, in one line and without the reason."""
    return f"{item.finding.subject.title}: {item.title}"


def _of_finding(item: WorkItem, people: Mapping[str, Person]) -> Iterator[Condition]:
    if item.state is WorkState.ACCEPTED:
        return
    finding = item.finding
    # What was accepted until lately is not new either.
    was_accepted = any(act.kind is ActKind.ACCEPTANCE_APPROVED for act in item.acts)
    is_back = finding.opened > 1 or was_accepted
    event = NotifyEvent.REOPENED if is_back else NotifyEvent.OPENED
    yield _condition(item, people, f"{FINDING}{finding.id}", event)
    if item.is_overdue and item.due_at is not None:
        key = f"finding_overdue:{finding.id}:{item.due_at:%Y-%m-%dT%H:%M}"
        yield _condition(item, people, key, NotifyEvent.FINDING_OVERDUE)


def _condition(
    item: WorkItem, people: Mapping[str, Person], key: str, event: NotifyEvent
) -> Condition:
    finding = item.finding
    return Condition(
        key=key,
        event=event,
        severity=Severity(finding.severity),
        text=what_fails(item),
        item=item,
        owners=with_teams(item.owner.names, people),
        connection=finding.connection,
        rules=finding.rules,
        frameworks=_frameworks([item]),
    )


def _acceptances_asked(
    items: Sequence[WorkItem], people: Mapping[str, Person], approvers: Mapping[str, str]
) -> Iterator[Condition]:
    """Yield one condition for each acceptance that waits for its approver."""
    waiting: dict[str, list[WorkItem]] = {}
    for item in items:
        if item.state is WorkState.ACCEPTANCE_ASKED:
            for name in dict.fromkeys(_asked(item)):
                waiting.setdefault(name, []).append(item)
    for name, covered in waiting.items():
        approver = approvers.get(name, "")
        of_whom = f" by {approver}" if approver else ""
        yield _of_several(
            covered,
            key=f"acceptance_asked:{name}",
            event=NotifyEvent.ACCEPTANCE_ASKED,
            text=f"risk acceptance {name} needs approval{of_whom}, for {_extent(covered)}",
            owners=with_teams([approver], people) if approver else (),
        )


def _asked(item: WorkItem) -> Iterator[str]:
    """Yield the acceptances that were asked for and not answered."""
    answers = {
        ActKind.ACCEPTANCE_APPROVED,
        ActKind.ACCEPTANCE_REFUSED,
        ActKind.ACCEPTANCE_WITHDRAWN,
    }
    waiting: dict[str, None] = {}
    for act in item.acts:
        if act.kind is ActKind.ACCEPTANCE_ASKED:
            waiting[act.waiver] = None
        elif act.kind in answers:
            waiting.pop(act.waiver, None)
    yield from waiting


def _acceptances_ending(
    evaluation: Evaluation, items: Sequence[WorkItem], people: Mapping[str, Person]
) -> Iterator[Condition]:
    """Yield one condition for each acceptance that ends soon and each owner of its findings."""
    latest = evaluation.evaluated_at + ENDS_SOON
    ending: dict[tuple[str, ...], list[WorkItem]] = {}
    for item in items:
        if item.accepted_until is not None and item.accepted_until <= latest:
            names = "+".join(item.finding.waivers)
            until = f"{item.accepted_until:%Y-%m-%d}"
            ending.setdefault((names, until, *item.owner.names), []).append(item)
    for (names, until, *owners), covered in ending.items():
        yield _of_several(
            covered,
            key=f"acceptance_ending:{names}:{until}:{'+'.join(owners)}",
            event=NotifyEvent.ACCEPTANCE_ENDING,
            text=f"risk acceptance {names} ends on {until}; {_extent(covered)} will be open again",
            owners=with_teams(owners, people),
        )


def _of_several(
    covered: Sequence[WorkItem], *, key: str, event: NotifyEvent, text: str, owners: tuple[str, ...]
) -> Condition:
    connections = {item.finding.connection for item in covered}
    return Condition(
        key=key,
        event=event,
        severity=max((Severity(item.finding.severity) for item in covered), key=severity_rank),
        text=text,
        owners=owners,
        connection=connections.pop() if len(connections) == 1 else "",
        rules=tuple(dict.fromkeys(rule for item in covered for rule in item.finding.rules)),
        frameworks=_frameworks(covered),
    )


def _extent(covered: Sequence[WorkItem]) -> str:
    return what_fails(covered[0]) if len(covered) == 1 else f"{len(covered):,} findings"


def _frameworks(items: Iterable[WorkItem]) -> tuple[str, ...]:
    names = (control.partition(":")[0] for item in items for control in item.controls)
    return tuple(dict.fromkeys(names))


def _inconclusive(rule: RuleResult) -> Iterator[Condition]:
    by_connection: dict[str, list[Result]] = {}
    for result in rule.results:
        if result.status in _INCONCLUSIVE:
            by_connection.setdefault(result.connection, []).append(result)
    for connection, results in sorted(by_connection.items()):
        count = "" if len(results) == 1 else f", {len(results):,} results"
        yield Condition(
            key=f"inconclusive:{rule.pack}:{rule.rule}:{connection}",
            event=NotifyEvent.INCONCLUSIVE,
            severity=rule.severity,
            text=f"{rule.title}: inconclusive for {connection or 'any connection'}{count}",
            resolved_text=f"{rule.title}: conclusive again for {connection or 'every connection'}",
            connection=connection,
            rules=(rule.rule,),
            frameworks=tuple(dict.fromkeys(control.framework for control in rule.controls)),
        )


def _rotations_due(evaluation: Evaluation, manifests: Sequence[Manifest]) -> Iterator[Condition]:
    for manifest in manifests:
        rotate_by, connection = manifest.rotate_by, manifest.connection
        if rotate_by is not None and rotate_by <= evaluation.evaluated_at:
            yield Condition(
                key=f"rotation:{connection}",
                event=NotifyEvent.KEY_DUE,
                severity=Severity.HIGH,
                text=f"the credential of {connection} was due for rotation on {rotate_by:%Y-%m-%d}",
                resolved_text=f"the credential of {connection} was rotated",
                connection=connection,
            )


def _evidence_overdue(evaluation: Evaluation) -> Iterator[Condition]:
    for sufficiency in evaluation.sufficiency:
        kind, connection = sufficiency.kind, sufficiency.connection
        late = _late(sufficiency, evaluation)
        if late is not None:
            yield Condition(
                key=f"evidence_overdue:{connection}:{kind}",
                event=NotifyEvent.EVIDENCE_OVERDUE,
                severity=Severity.HIGH,
                text=f"{kind} of {connection} {late}",
                resolved_text=f"{kind} of {connection} was collected",
                connection=connection,
            )


def _late(sufficiency: KindSufficiency, evaluation: Evaluation) -> str | None:
    if sufficiency.collected_at is None:
        return "was never collected"
    age = (evaluation.evaluated_at - sufficiency.collected_at).total_seconds()
    if sufficiency.max_age is None or age <= sufficiency.max_age:
        return None
    return f"was last collected {format_duration(age)} ago"
