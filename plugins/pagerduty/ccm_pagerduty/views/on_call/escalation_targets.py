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
from ccm_pagerduty.views.on_call.schedule_duty import UNABLE, ScheduleDuty, schedule_duty
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
    """``user``, ``schedule`` or, for a type that is not known here, ``other``."""
    id: str
    title: str
    state: str
    """Of a user: what :class:`ResponderState` says. Of a schedule: ``rendered``, ``not_rendered``,
    ``not_listed``; a rendering that ends before now counts as none. Else ``unknown``."""
    people: tuple[tuple[JsonObject, ResponderState], ...] = ()
    """Who is on call by it from now on: references, and what stands behind them."""
    confirmed: Windows = ()
    """When somebody who can answer is on call by it, clipped to the period looked at."""
    possible: Windows = ()
    """When somebody may be: the evidence does not tell."""
    gaps_with_cause: Gaps = ()
    """When nobody who can answer is, or may be, on call by it, and why."""
    responders: tuple[tuple[Window, JsonObject], ...] = ()
    """Who can answer, and when they are on call by it, clipped to the period; may overlap."""

    @property
    def resolved(self) -> bool:
        """Whether the evidence tells who is on call by it from now on."""
        return self.state not in {"not_rendered", "not_listed", "unknown"} and not any(
            state is ResponderState.UNKNOWN for _, state in self.people
        )


def type_of(ref: JsonObject) -> str:
    """Tell whether a target is a ``user``, a ``schedule`` or something ``other``."""
    for name in ("user", "schedule"):
        if str(ref.get("type", "")).startswith(name):
            return name
    return "other"


def resolve_target(
    ref: JsonObject, rendered: ScheduleRendering | None, trail: RowBuilder, now: datetime, period: Window | None
) -> EscalationTarget:
    """Resolve one target; ``rendered`` is the rendering of the schedule it names, if any."""
    whole_seconds = () if period is None else (period,)
    kind, title = type_of(ref), title_of(ref)
    if kind == "user":
        return _user(ref, responder_state(ref, trail), now, whole_seconds)
    if kind == "other":
        return EscalationTarget(type=kind, id=ref["id"], title=title, state="unknown", possible=whole_seconds)
    listed = trail.find(SCHEDULE, ref["id"])
    ahead = None if period is None else rendered_shifts.after(period, now)
    if listed is None or rendered is None or period is None or ahead is None:
        state = "not_listed" if listed is None else "not_rendered"
        return EscalationTarget(type=kind, id=ref["id"], title=title, state=state, possible=whole_seconds)
    return _schedule(ref, schedule_duty(listed.body, rendered, trail, now, period), rendered, ahead)


def _user(ref: JsonObject, state: ResponderState, now: datetime, whole_seconds: Windows) -> EscalationTarget:
    """A user named directly is on call without end; one who was deleted was until then."""
    sure = whole_seconds if state is ResponderState.ACTIVE else ()
    possible = whole_seconds if state is ResponderState.UNKNOWN else ()
    if state is ResponderState.DELETED:
        gone = ref.get("deleted_at")
        until = now if gone is None else min(parse_instant(gone), now)
        held = tuple(part for window in whole_seconds if (part := rendered_shifts.before(window, until)))
        sure, possible = (held, ()) if gone else ((), held)
    holes = subtract(whole_seconds, [*sure, *possible])
    return EscalationTarget(
        type="user",
        id=ref["id"],
        title=title_of(ref),
        state=state.value,
        people=((ref, state),),
        confirmed=sure,
        possible=possible,
        gaps_with_cause=tuple((hole, UNABLE[state]) for hole in holes),
        responders=tuple((window, ref) for window in sure),
    )


def _schedule(ref: JsonObject, found: ScheduleDuty, rendered: ScheduleRendering, ahead: Window) -> EscalationTarget:
    later = {
        shift.user["id"]
        for shift in rendered.shifts
        if shift.user is not None and shift.window.intersection(ahead) is not None
    }
    return EscalationTarget(
        type="schedule",
        id=ref["id"],
        title=title_of(ref),
        state="rendered",
        people=tuple(found.states[key] for key in sorted(later)),
        confirmed=found.confirmed,
        possible=found.possible,
        gaps_with_cause=found.gaps_with_cause,
        responders=found.responders,
    )
