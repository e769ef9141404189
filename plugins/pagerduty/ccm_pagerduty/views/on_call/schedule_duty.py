"""On-call duty by a schedule: its final schedule matched with the user list.

Coverage is recorded twice: what is *confirmed*, and what is *possible* because the evidence does
not say.

The past is reconstructed from today's data: users are taken as the user list shows them now,
except that somebody who has left since counts for the shifts that the final schedule shows.
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
"""References to users with their states, by id."""

UNABLE_CAUSES = {
    ResponderState.DELETED: GapCause.DELETED_USER,
    ResponderState.STAKEHOLDER: GapCause.STAKEHOLDER,
    ResponderState.INVITED: GapCause.PENDING_INVITATION,
}
"""Why a user on call cannot respond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDuty:
    """Who is on call by one schedule in one period."""

    states: People
    """Everybody in the final schedule."""
    confirmed: Windows
    """When somebody who can respond is on call."""
    possible: Windows
    """When somebody may be: the evidence does not say."""
    gaps_with_cause: Gaps
    """When nobody is or may be, and why."""
    responders: tuple[tuple[Window, JsonObject], ...]
    """Who can respond, and when; may overlap."""

    @property
    def active_ids(self) -> frozenset[str]:
        """Return the ids of those who are on call in the period and can respond now."""
        ids = {user["id"] for _, user in self.responders}
        return frozenset(key for key in ids if self.states[key][1] is ResponderState.ACTIVE)

    def gaps(self, period: Window) -> Gaps | None:
        """Return the gaps of a part of the period; None where the evidence does not say."""
        gaps = complement(period, self.confirmed)
        if gaps != complement(period, [*self.confirmed, *self.possible]):
            return None
        return tuple(
            (part, cause)
            for window, cause in self.gaps_with_cause
            if (part := window.intersection(period)) is not None
        )


def schedule_duty(
    schedule: JsonObject,
    rendering: ScheduleRendering,
    builder: RowBuilder,
    now: datetime,
    period: Window,
) -> ScheduleDuty:
    """Match a final schedule with the user list."""
    states = _states(rendering, builder)
    covered = [part for shift in rendering.shifts for part in _covered(shift, states, now, period)]
    unknown = ResponderState.UNKNOWN
    confirmed = union(window for window, _, state in covered if state is not unknown)
    possible = union(window for window, _, state in covered if state is unknown)
    gaps = complement(period, [*confirmed, *possible])
    return ScheduleDuty(
        states=states,
        confirmed=confirmed,
        possible=possible,
        gaps_with_cause=explain_gaps(schedule, rendering, gaps, tuple(_unable(rendering, states))),
        responders=tuple((window, user) for window, user, state in covered if state is not unknown),
    )


def _states(rendering: ScheduleRendering, builder: RowBuilder) -> People:
    states: People = {}
    for shift in rendering.shifts:
        if shift.user is not None and shift.user["id"] not in states:
            states[shift.user["id"]] = (shift.user, responder_state(shift.user, builder))
    return states


def _covered(
    shift: Shift, states: People, now: datetime, period: Window
) -> Iterable[tuple[Window, JsonObject, ResponderState]]:
    """Yield the parts of a shift whose user can respond, or may be able to."""
    parts = () if shift.covered is None else clip([shift.covered], period)
    for part in parts:
        user = shift.user or {}
        state = states[user["id"]][1]
        if state in {ResponderState.ACTIVE, ResponderState.UNKNOWN}:
            yield part, user, state
        elif state is ResponderState.DELETED and (earlier := before(part, now)):
            yield earlier, user, state


def _unable(rendering: ScheduleRendering, states: People) -> Iterable[tuple[Window, GapCause]]:
    """Yield when somebody is in the schedule who cannot respond, and why not."""
    for shift in rendering.shifts:
        if shift.user is None:
            continue
        state = states[shift.user["id"]][1]
        if state in UNABLE_CAUSES:
            yield shift.window, UNABLE_CAUSES[state]
