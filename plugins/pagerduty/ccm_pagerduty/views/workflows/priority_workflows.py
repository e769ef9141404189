"""The view ``pagerduty.priority_workflows``: which workflows each priority starts, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_pagerduty.references import references_in, title_of
from ccm_pagerduty.views.row_builder import (
    INCIDENT_WORKFLOW,
    INCIDENT_WORKFLOW_TRIGGER,
    PRIORITY,
    SERVICE,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import kleene_and, kleene_or, known_fields
from ccm_pagerduty.views.workflows.trigger_conditions import holds_for_priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

CONDITIONAL = "conditional"
OF_OTHER_INCIDENTS = frozenset({"manual", "incident_type"})
"""Types of triggers that no priority starts."""
NO_SERVICE = "no service is listed on which an incident could open"
NO_ORDER = "PagerDuty does not report the order of every priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One trigger, for one priority."""

    workflow: str
    starts: bool | None
    """Whether it starts an enabled workflow; None: it is not known."""
    everywhere: bool | None
    services: frozenset[str]

    def starts_on(self, service: str) -> bool | None:
        """Return whether every incident of the priority on a service starts the workflow."""
        covers = True if service in self.services else self.everywhere
        return kleene_and((self.starts, covers))


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each priority."""
    index = RecordIndex(request.records)
    ranks = _ranks(index.records(PRIORITY))
    for record in index.records(PRIORITY):
        builder = RowBuilder(index)
        name = title_of(builder.read(record))
        starts = [_start(one, name, builder) for one in index.records(INCIDENT_WORKFLOW_TRIGGER)]
        body = known_fields(
            rank=ranks.get(record.key), services=_without(index.records(SERVICE), starts, builder)
        )
        names = sorted({one.workflow for one in starts if one.starts})
        unknown = {"rank": NO_ORDER, "services": NO_SERVICE}
        yield builder.build(record, body | {"workflows": names}, title=name, unknown=unknown)


def _ranks(priorities: Sequence[Record]) -> dict[str, int]:
    """Return each priority's position, 1 for the most severe; none where an order is unknown."""
    orders = {record.key: record.body.get("order") for record in priorities}
    known = {key: order for key, order in orders.items() if isinstance(order, int)}
    if len(known) < len(orders):
        return {}
    return {key: sum(other > order for other in known.values()) + 1 for key, order in known.items()}


def _start(record: Record, priority: str, builder: RowBuilder) -> Start:
    trigger = builder.read(record)
    workflow = trigger.get("workflow") or {}
    found = builder.find(INCIDENT_WORKFLOW, str(workflow.get("id")))
    holds = kleene_and(
        (
            _is_on(trigger, found.body if found else {}),
            _is_conditional(trigger.get("trigger_type")),
            holds_for_priority(trigger.get("condition"), priority),
        )
    )
    name = title_of(found.body) if found else workflow.get("name") or str(workflow.get("id"))
    return Start(
        workflow=name,
        starts=holds,
        everywhere=trigger.get("is_subscribed_to_all_services"),
        services=frozenset(ref["id"] for ref in references_in(trigger, "services")),
    )


def _is_conditional(kind: str | None) -> bool | None:
    """Return whether a trigger starts by itself, by a condition; None for types not known here."""
    return True if kind == CONDITIONAL else False if kind in OF_OTHER_INCIDENTS else None


def _is_on(trigger: JsonObject, workflow: JsonObject) -> bool | None:
    """Return whether the workflow is on: the trigger says it too, and either may not."""
    enabled, disabled = workflow.get("is_enabled"), trigger.get("is_disabled")
    told = {enabled, None if disabled is None else not disabled} - {None}
    return False not in told if told else None


def _without(
    services: Sequence[Record], starts: Sequence[Start], builder: RowBuilder
) -> list[JsonObject] | None:
    """Return the services on which no workflow is known to start; None where there is no service.

    ``starts`` is false where none does, and missing where it is not known.
    """
    enabled = [record for record in services if record.body.get("status") != "disabled"]
    if not enabled:
        return None
    found = []
    for record in enabled:
        state = kleene_or(start.starts_on(record.key) for start in starts)
        if not state:
            service = {"id": record.key, "title": title_of(builder.read(record))}
            found.append(service | known_fields(starts=state))
    return found
