"""The targets of an escalation policy's levels: who is on call by each, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import subtract
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.intervals import Windows
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import Gaps
from ccm_pagerduty.views.on_call.responders import ResponderState, responder_state
from ccm_pagerduty.views.on_call.schedule_duty import UNABLE_CAUSES, ScheduleDuty, schedule_duty
from ccm_pagerduty.views.row_builder import SCHEDULE

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationTarget:
    """One target of a level: a user, or a schedule with the people on it."""

    type: str
    """``user``, ``schedule`` or, for any other type, ``other``."""
    id: str
    title: str
    state: str
    """Of a user: a :class:`ResponderState`. Of a schedule: ``rendered``, ``not_rendered``,
    ``not_listed``; a rendering that ends before now counts as none. Else ``unknown``."""
    people: tuple[tuple[JsonObject, ResponderState], ...] = ()
    """Who is on call by it from now on: references with their states."""
    confirmed: Windows = ()
    """When somebody who can respond is on call by it, within the period."""
    possible: Windows = ()
    """When somebody may be: the evidence does not say."""
    gaps_with_cause: Gaps = ()
    """When nobody who can respond is, or may be, on call by it, and why."""
    responders: tuple[tuple[Window, JsonObject], ...] = ()
    """Who can respond, and when they are on call by it, within the period; may overlap."""

    @property
    def resolved(self) -> bool:
        """Return whether the evidence shows who is on call by it from now on."""
        return self.state not in {"not_rendered", "not_listed", "unknown"} and not any(
            state is ResponderState.UNKNOWN for _, state in self.people
        )


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
    now: datetime,
    period: Window | None,
) -> EscalationTarget:
    """Resolve one target; ``rendering`` is that of the schedule it names, if any."""
    periods = () if period is None else (period,)
    kind, title = type_of(ref), title_of(ref)
    if kind == "user":
        return _user(ref, responder_state(ref, builder), now, periods)
    if kind == "other":
        return EscalationTarget(
            type=kind, id=ref["id"], title=title, state="unknown", possible=periods
        )
    schedule = builder.find(SCHEDULE, ref["id"])
    ahead = None if period is None else rendered_shifts.after(period, now)
    if schedule is None or rendering is None or period is None or ahead is None:
        state = "not_listed" if schedule is None else "not_rendered"
        return EscalationTarget(type=kind, id=ref["id"], title=title, state=state, possible=periods)
    duty = schedule_duty(schedule.body, rendering, builder, now, period)
    return _schedule(ref, duty, rendering, ahead)


def _user(
    ref: JsonObject, state: ResponderState, now: datetime, periods: Windows
) -> EscalationTarget:
    """Resolve a user, who is on call without end; a deleted one until the deletion."""
    confirmed = periods if state is ResponderState.ACTIVE else ()
    possible = periods if state is ResponderState.UNKNOWN else ()
    if state is ResponderState.DELETED:
        deleted_at = ref.get("deleted_at")
        until = now if deleted_at is None else min(parse_instant(deleted_at), now)
        earlier = tuple(
            part for window in periods if (part := rendered_shifts.before(window, until))
        )
        confirmed, possible = (earlier, ()) if deleted_at else ((), earlier)
    gaps = subtract(periods, [*confirmed, *possible])
    return EscalationTarget(
        type="user",
        id=ref["id"],
        title=title_of(ref),
        state=state.value,
        people=((ref, state),),
        confirmed=confirmed,
        possible=possible,
        gaps_with_cause=tuple((gap, UNABLE_CAUSES[state]) for gap in gaps),
        responders=tuple((window, ref) for window in confirmed),
    )


def _schedule(
    ref: JsonObject, duty: ScheduleDuty, rendering: ScheduleRendering, ahead: Window
) -> EscalationTarget:
    upcoming = {
        shift.user["id"]
        for shift in rendering.shifts
        if shift.user is not None and shift.window.intersection(ahead) is not None
    }
    return EscalationTarget(
        type="schedule",
        id=ref["id"],
        title=title_of(ref),
        state="rendered",
        people=tuple(duty.states[key] for key in sorted(upcoming)),
        confirmed=duty.confirmed,
        possible=duty.possible,
        gaps_with_cause=duty.gaps_with_cause,
        responders=duty.responders,
    )
