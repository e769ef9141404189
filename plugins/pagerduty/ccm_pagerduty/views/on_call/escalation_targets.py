"""The targets of an escalation policy's levels: who is on call by each, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import subtract
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.intervals import Windows
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import Missing
from ccm_pagerduty.views.on_call.responders import Person, person
from ccm_pagerduty.views.on_call.schedule_duty import UNABLE, ScheduleDuty, duty
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
    """Of a user: what :class:`Person` says. Of a schedule: ``rendered``, ``not_rendered``,
    ``not_listed``; a rendering that ends before now counts as none. Else ``unknown``."""
    people: tuple[tuple[JsonObject, Person], ...] = ()
    """Who is on call by it from now on: references, and what stands behind them."""
    sure: Windows = ()
    """When somebody who can answer is on call by it, clipped to the period looked at."""
    possible: Windows = ()
    """When somebody may be: the evidence does not tell."""
    missing: Missing = ()
    """When nobody who can answer is, or may be, on call by it, and why."""
    holders: tuple[tuple[Window, JsonObject], ...] = ()
    """Who can answer, and when they are on call by it, clipped to the period; may overlap."""

    @property
    def resolved(self) -> bool:
        """Whether the evidence tells who is on call by it from now on."""
        return self.state not in {"not_rendered", "not_listed", "unknown"} and not any(
            state is Person.UNKNOWN for _, state in self.people
        )


def type_of(ref: JsonObject) -> str:
    """Tell whether a target is a ``user``, a ``schedule`` or something ``other``."""
    for name in ("user", "schedule"):
        if str(ref.get("type", "")).startswith(name):
            return name
    return "other"


def target(
    ref: JsonObject, rendered: ScheduleRendering | None, trail: RowBuilder, now: datetime, period: Window | None
) -> EscalationTarget:
    """Resolve one target; ``rendered`` is the rendering of the schedule it names, if any."""
    whole = () if period is None else (period,)
    kind, title = type_of(ref), title_of(ref)
    if kind == "user":
        return _user(ref, person(ref, trail), now, whole)
    if kind == "other":
        return EscalationTarget(type=kind, id=ref["id"], title=title, state="unknown", possible=whole)
    listed = trail.find(SCHEDULE, ref["id"])
    ahead = None if period is None else rendered_shifts.after(period, now)
    if listed is None or rendered is None or period is None or ahead is None:
        state = "not_listed" if listed is None else "not_rendered"
        return EscalationTarget(type=kind, id=ref["id"], title=title, state=state, possible=whole)
    return _schedule(ref, duty(listed.body, rendered, trail, now, period), rendered, ahead)


def _user(ref: JsonObject, state: Person, now: datetime, whole: Windows) -> EscalationTarget:
    """A user named directly is on call without end; one who was deleted was until then."""
    sure = whole if state is Person.LIVING else ()
    possible = whole if state is Person.UNKNOWN else ()
    if state is Person.DELETED:
        gone = ref.get("deleted_at")
        until = now if gone is None else min(parse_instant(gone), now)
        held = tuple(part for window in whole if (part := rendered_shifts.before(window, until)))
        sure, possible = (held, ()) if gone else ((), held)
    holes = subtract(whole, [*sure, *possible])
    return EscalationTarget(
        type="user",
        id=ref["id"],
        title=title_of(ref),
        state=state.value,
        people=((ref, state),),
        sure=sure,
        possible=possible,
        missing=tuple((hole, UNABLE[state]) for hole in holes),
        holders=tuple((window, ref) for window in sure),
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
        sure=found.sure,
        possible=found.possible,
        missing=found.missing,
        holders=found.holders,
    )
