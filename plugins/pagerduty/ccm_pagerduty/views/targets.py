"""The targets of an escalation policy's levels: who is on call by each, and when.

Coverage is kept twice: what is *sure*, and what is *possible* because the evidence does not
tell.

The past is today's reconstruction: people are taken as the user list shows them now, except that
somebody who has left since counts for the shifts that the final schedule shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.time import parse_instant
from ccm_pagerduty.views import shifts
from ccm_pagerduty.views.intervals import Windows, clip
from ccm_pagerduty.views.people import Person, person
from ccm_pagerduty.views.trail import SCHEDULE, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.shifts import Rendering, Shift
    from ccm_pagerduty.views.trail import Trail

People = dict[str, tuple["JsonObject", Person]]
"""References to users and what stands behind them, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
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
    ref: JsonObject, rendered: Rendering | None, trail: Trail, now: datetime, period: Window | None
) -> Target:
    """Resolve one target; ``rendered`` is the rendering of the schedule it names, if any."""
    whole = () if period is None else (period,)
    kind, title = type_of(ref), title_of(ref)
    if kind == "user":
        return _user(ref, person(ref, trail), now, whole)
    if kind == "other":
        return Target(type=kind, id=ref["id"], title=title, state="unknown", possible=whole)
    listed = trail.find(SCHEDULE, ref["id"]) is not None
    if not listed or rendered is None or period is None or period.until <= now:
        state = "not_rendered" if listed else "not_listed"
        return Target(type=kind, id=ref["id"], title=title, state=state, possible=whole)
    return _schedule(ref, rendered, trail, now, period)


def _user(ref: JsonObject, state: Person, now: datetime, whole: Windows) -> Target:
    """A user named directly is on call without end; one who was deleted was until then."""
    sure = whole if state is Person.LIVING else ()
    possible = whole if state is Person.UNKNOWN else ()
    if state is Person.DELETED:
        gone = ref.get("deleted_at")
        until = now if gone is None else min(parse_instant(gone), now)
        held = tuple(part for window in whole if (part := shifts.before(window, until)))
        sure, possible = (held, ()) if gone else ((), held)
    return Target(
        type="user",
        id=ref["id"],
        title=title_of(ref),
        state=state.value,
        people=((ref, state),),
        sure=sure,
        possible=possible,
    )


def _schedule(
    ref: JsonObject, rendered: Rendering, trail: Trail, now: datetime, period: Window
) -> Target:
    states: People = {}
    for shift in rendered.shifts:
        if shift.user is not None and shift.user["id"] not in states:
            states[shift.user["id"]] = (shift.user, person(shift.user, trail))
    later = [shift for shift in rendered.shifts if _is_ahead(shift, now, period)]
    ahead = {shift.user["id"] for shift in later if shift.user is not None}
    held = [(part, state) for shift in rendered.shifts for part, state in _held(shift, states, now)]
    return Target(
        type="schedule",
        id=ref["id"],
        title=title_of(ref),
        state="rendered",
        people=tuple(states[key] for key in sorted(ahead)),
        sure=clip((part for part, state in held if state is not Person.UNKNOWN), period),
        possible=clip((part for part, state in held if state is Person.UNKNOWN), period),
    )


def _is_ahead(shift: Shift, now: datetime, period: Window) -> bool:
    return shift.window.until > now and shift.window.intersection(period) is not None


def _held(shift: Shift, states: People, now: datetime) -> Iterable[tuple[Window, Person]]:
    """Give the part of a shift in which somebody who can answer, or may be able to, is on call."""
    if shift.user is None or shift.held is None:
        return
    state = states[shift.user["id"]][1]
    if state in {Person.LIVING, Person.UNKNOWN}:
        yield shift.held, state
    elif state is Person.DELETED and (part := shifts.before(shift.held, now)):
        yield part, state
