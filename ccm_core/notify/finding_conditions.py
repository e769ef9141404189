"""The conditions of single findings: that they are there, and that they are overdue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.act import ActKind
from ccm_core.model.finding.policy import Person
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.notify.types import Condition, NotifyEvent

FINDING = "finding:"
"""Begins the key of the condition that a finding is there."""


def finding_conditions(item: WorkItem, people: Mapping[str, Person]) -> Iterator[Condition]:
    """Yield that a finding is there, and that it is overdue; nothing where its risk is accepted."""
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


def with_teams(names: Sequence[str], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Return names of teams and people, and the teams of those people."""
    teams = (team for name in names for team in (people[name].teams if name in people else ()))
    return tuple(dict.fromkeys([*names, *teams]))


def what_fails(item: WorkItem) -> str:
    """Return which resource fails which check, in one line and without the reason."""
    return f"{item.finding.subject.title}: {item.title}"


def frameworks(items: Iterable[WorkItem]) -> tuple[str, ...]:
    """Return the frameworks that the checks of findings support."""
    names = (control.partition(":")[0] for item in items for control in item.controls)
    return tuple(dict.fromkeys(names))


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
        frameworks=frameworks([item]),
    )
