"""The conditions of risk acceptances: one waits for its approver, or ends soon. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.policy import Person
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.notify.finding_conditions import frameworks, what_fails, with_teams
from ccm_core.notify.types import Condition, NotifyEvent, severity_rank

ENDS_SOON = timedelta(days=14)
"""How long before its end the acceptance of a risk is reported to end."""


def acceptances_asked(
    items: Sequence[WorkItem], people: Mapping[str, Person], approvers: Mapping[str, str]
) -> Iterator[Condition]:
    """Yield one condition for each acceptance that waits for its approver.

    Args:
        items: The findings that are open or inconclusive.
        people: Those of the settings, by id.
        approvers: Who is to approve each risk acceptance, by its id.
    """
    waiting: dict[str, list[WorkItem]] = {}
    for item in items:
        if item.state is WorkState.ACCEPTANCE_ASKED:
            for name in item.asked:
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


def acceptances_ending(
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
        frameworks=frameworks(covered),
    )


def _extent(covered: Sequence[WorkItem]) -> str:
    return what_fails(covered[0]) if len(covered) == 1 else f"{len(covered):,} findings"
