"""The targets of an escalation policy's levels: who is on call by each, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.intervals import complement
from ccm_pagerduty.views.on_call.coverage_gaps import Absence, GapCause
from ccm_pagerduty.views.on_call.duty import Duty
from ccm_pagerduty.views.on_call.rendered_shifts import until_deletion
from ccm_pagerduty.views.on_call.responders import UNNOTIFIED, Responder, ResponderState, responder
from ccm_pagerduty.views.on_call.schedule_duty import (
    UNABLE_CAUSES,
    PersonOnCall,
    schedule_duty,
    unknown_people,
)
from ccm_pagerduty.views.row_builder import SCHEDULE

if TYPE_CHECKING:
    from datetime import timedelta

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.intervals import Windows
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder

NOT_RENDERED, NOT_LISTED, OTHER = "not_rendered", "not_listed", "unknown"
_UNRESOLVED = {
    NOT_RENDERED: "PagerDuty did not render this schedule",
    NOT_LISTED: "this schedule is not in the evidence",
    OTHER: "what it is, and whom it reaches, is unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationTarget:
    """One target of a level: a user, or a schedule with the people on it."""

    type: str
    """``user``, ``schedule`` or, for any other type, ``other``."""
    id: str
    title: str
    state: str
    """Of a user: a :class:`ResponderState`. Of a schedule: ``rendered``, ``not_rendered``,
    ``not_listed``, ``deleted``. Else ``unknown``."""
    people: tuple[PersonOnCall, ...] = ()
    """Who is on call by it, whether they can respond or not."""
    current: Duty
    """By the user list: a deleted user is on call at no time."""
    historical: Duty
    """Somebody who was deleted counts until the deletion."""


def type_of(ref: JsonObject) -> str:
    """Return whether a target is a ``user``, a ``schedule`` or something ``other``."""
    for name in ("user", "schedule"):
        if str(ref.get("type", "")).startswith(name):
            return name
    return "other"


def resolve_target(
    ref: JsonObject,
    rendering: ScheduleRendering | None,
    builder: RowBuilder,
    observed: Window,
    within: timedelta | None,
) -> EscalationTarget:
    """Resolve one target of a level.

    Args:
        ref: The reference to it.
        rendering: That of the schedule it names, if any.
        builder: Looks records up.
        observed: The period.
        within: How soon people have to be notified.
    """
    kind = type_of(ref)
    if kind == "user":
        return _user(ref, responder(ref, builder, within), observed)
    if kind == "other":
        return _unresolved(ref, kind, OTHER, observed)
    if builder.is_deleted(SCHEDULE, ref["id"]):
        return _deleted_schedule(ref, observed)
    schedule = builder.find(SCHEDULE, ref["id"])
    if schedule is None or rendering is None:
        return _unresolved(ref, kind, NOT_LISTED if schedule is None else NOT_RENDERED, observed)
    duty = schedule_duty(schedule.body, rendering, builder, observed, within)
    return EscalationTarget(
        type=kind,
        id=ref["id"],
        title=title_of(ref),
        state="rendered",
        people=duty.people,
        current=duty.current,
        historical=duty.historical,
    )


def _deleted_schedule(ref: JsonObject, observed: Window) -> EscalationTarget:
    """Return a schedule that reaches nobody any more; whom it reached before is unknown."""
    title = title_of(ref)
    reason = f"{title}: this schedule was deleted at an unknown time"
    causes = ((observed, Absence(cause=GapCause.DELETED_SCHEDULE, who=title)),)
    return EscalationTarget(
        type="schedule",
        id=ref["id"],
        title=title,
        state=ResponderState.DELETED.value,
        current=Duty(observed=observed, confirmed=(), causes=causes),
        historical=Duty(observed=observed, confirmed=(), possible=((observed, reason),)),
    )


def _unresolved(ref: JsonObject, kind: str, state: str, observed: Window) -> EscalationTarget:
    """Return a target of which the evidence does not show whom it reaches."""
    title = title_of(ref)
    possible = ((observed, f"{title}: {_UNRESOLVED[state]}"),)
    duty = Duty(observed=observed, confirmed=(), possible=possible)
    return EscalationTarget(
        type=kind, id=ref["id"], title=title, state=state, current=duty, historical=duty
    )


def _user(ref: JsonObject, found: Responder, observed: Window) -> EscalationTarget:
    """Resolve a user, who is on call without end; a deleted one until the deletion."""
    state = found.state
    person = PersonOnCall(user=found.user, state=state, unknown=found.unknown, window=observed)
    current = _duty(person, (observed,) if state is ResponderState.ACTIVE else (), observed)
    historical = _duty(person, (observed,), observed) if state in UNNOTIFIED else current
    if state is ResponderState.DELETED and ref.get("deleted_at") is None:
        reason = f"{title_of(ref)}: this user was deleted at an unknown time"
        historical = Duty(observed=observed, confirmed=(), possible=((observed, reason),))
    elif state is ResponderState.DELETED:
        before = until_deletion(observed, ref)
        historical = _duty(person, () if before is None else (before,), observed)
    return EscalationTarget(
        type="user",
        id=ref["id"],
        title=title_of(found.user),
        state=state.value,
        people=(person,),
        current=current,
        historical=historical,
    )


def _duty(person: PersonOnCall, confirmed: Windows, observed: Window) -> Duty:
    gaps = complement(observed, confirmed) if person.state in UNABLE_CAUSES else ()
    return Duty(
        observed=observed,
        confirmed=confirmed,
        possible=unknown_people([person]),
        causes=tuple(
            (gap, Absence(cause=UNABLE_CAUSES[person.state], who=title_of(person.user)))
            for gap in gaps
        ),
    )
