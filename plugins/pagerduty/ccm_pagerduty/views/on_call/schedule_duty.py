"""Who is on call by a schedule, and when: its final schedule held against the list of users.

Coverage is kept twice: what is *sure*, and what is *possible* because the evidence does not
tell.

The past is today's reconstruction: people are taken as the user list shows them now, except that
somebody who has left since counts for the shifts that the final schedule shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import union
from ccm_pagerduty.views.intervals import Windows, clip, complement
from ccm_pagerduty.views.on_call.coverage_gaps import GapCause, Gaps, explain_gaps
from ccm_pagerduty.views.on_call.rendered_shifts import before
from ccm_pagerduty.views.on_call.responders import ResponderState, responder_state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering, Shift
    from ccm_pagerduty.views.row_builder import RowBuilder

People = dict[str, tuple["JsonObject", ResponderState]]
"""References to users and what stands behind them, by id."""

UNABLE = {
    ResponderState.DELETED: GapCause.REMOVED_USER,
    ResponderState.STAKEHOLDER: GapCause.STAKEHOLDER,
    ResponderState.INVITED: GapCause.INVITED,
}
"""Why somebody who is there cannot answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDuty:
    """Who is on call by one schedule in one period."""

    states: People
    """Everybody in the final schedule."""
    confirmed: Windows
    """When somebody who can answer is on call."""
    possible: Windows
    """When somebody may be: the evidence does not tell."""
    explain_gaps: Gaps
    """When nobody is or may be, and why."""
    responders: tuple[tuple[Window, JsonObject], ...]
    """Who can answer, and when; may overlap."""

    @property
    def active_ids(self) -> frozenset[str]:
        """The ids of those who hold a part of the period and can answer now."""
        ids = {user["id"] for _, user in self.responders}
        return frozenset(key for key in ids if self.states[key][1] is ResponderState.ACTIVE)

    def gaps(self, period: Window) -> Gaps | None:
        """Give the gaps of a part of the period; None where the evidence does not tell."""
        holes = complement(period, self.confirmed)
        if holes != complement(period, [*self.confirmed, *self.possible]):
            return None
        return tuple(
            (part, cause)
            for window, cause in self.explain_gaps
            if (part := window.intersection(period)) is not None
        )


def schedule_duty(
    schedule: JsonObject, rendered: ScheduleRendering, trail: RowBuilder, now: datetime, period: Window
) -> ScheduleDuty:
    """Hold a final schedule against the list of users."""
    states = _states(rendered, trail)
    held = [one for shift in rendered.shifts for one in _held(shift, states, now, period)]
    sure = union(part for part, _, state in held if state is not ResponderState.UNKNOWN)
    possible = union(part for part, _, state in held if state is ResponderState.UNKNOWN)
    holes = complement(period, [*sure, *possible])
    return ScheduleDuty(
        states=states,
        confirmed=sure,
        possible=possible,
        explain_gaps=explain_gaps(schedule, rendered, holes, tuple(_unable(rendered, states))),
        responders=tuple((part, user) for part, user, state in held if state is not ResponderState.UNKNOWN),
    )


def _states(rendered: ScheduleRendering, trail: RowBuilder) -> People:
    states: People = {}
    for shift in rendered.shifts:
        if shift.user is not None and shift.user["id"] not in states:
            states[shift.user["id"]] = (shift.user, responder_state(shift.user, trail))
    return states


def _held(
    shift: Shift, states: People, now: datetime, period: Window
) -> Iterable[tuple[Window, JsonObject, ResponderState]]:
    """Give the part of a shift in which somebody who can answer, or may be able to, is on call."""
    seen = () if shift.covered is None else clip([shift.covered], period)
    for part in seen:
        user = shift.user or {}
        state = states[user["id"]][1]
        if state in {ResponderState.ACTIVE, ResponderState.UNKNOWN}:
            yield part, user, state
        elif state is ResponderState.DELETED and (earlier := before(part, now)):
            yield earlier, user, state


def _unable(rendered: ScheduleRendering, states: People) -> Iterable[tuple[Window, GapCause]]:
    """Give when somebody is in the schedule who cannot answer, and why not."""
    for shift in rendered.shifts:
        if shift.user is not None and (state := states[shift.user["id"]][1]) in UNABLE:
            yield shift.window, UNABLE[state]
