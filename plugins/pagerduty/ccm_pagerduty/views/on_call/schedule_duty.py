"""On-call duty by a schedule: its final schedule matched with the user list.

Coverage is recorded twice: what is *confirmed*, and what is *possible* because the evidence does
not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, union
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.intervals import Windows, complement
from ccm_pagerduty.views.on_call.coverage_gaps import GapCause, explain_gaps
from ccm_pagerduty.views.on_call.duty import Duty, labelled, unknown_fields
from ccm_pagerduty.views.on_call.rendered_shifts import until_deletion, windows_fields
from ccm_pagerduty.views.on_call.responders import ResponderState, responder_state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.duty import Possible
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder

UNABLE_CAUSES = {
    ResponderState.DELETED: GapCause.DELETED_USER,
    ResponderState.STAKEHOLDER: GapCause.STAKEHOLDER,
    ResponderState.INVITED: GapCause.PENDING_INVITATION,
}
"""Why a user on call cannot respond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnCall:
    """One stretch of a person's on-call duty; those of one person may overlap."""

    user: JsonObject
    state: ResponderState
    window: Window

    @property
    def covered(self) -> Windows:
        """Return the part before a dated deletion of the user."""
        part = until_deletion(self.window, self.user)
        return () if part is None else (part,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDuty:
    """Who is on call by one schedule while it is observed."""

    people: tuple[PersonOnCall, ...]
    """Everybody in the final schedule, whether they can respond or not."""
    current: Duty
    """By the user list: a deleted user is on call at no time."""
    historical: Duty
    """Somebody who was deleted counts until the deletion, and always where that is undated."""


def schedule_duty(
    schedule: JsonObject, rendering: ScheduleRendering, builder: RowBuilder, observed: Window
) -> ScheduleDuty:
    """Match a final schedule with the user list."""
    people = tuple(_people(rendering, builder, observed))
    active = covered_by(people, ResponderState.ACTIVE)
    former = covered_by(people, ResponderState.DELETED)
    possible = unknown_roles(people)

    def duty(responding: Iterable[Window]) -> Duty:
        confirmed = union(responding)
        gaps = complement(observed, [*confirmed, *(window for window, _ in possible)])
        causes = explain_gaps(schedule, rendering, gaps, tuple(_unable(people)))
        return Duty(observed=observed, confirmed=confirmed, possible=possible, causes=causes)

    return ScheduleDuty(people=people, current=duty(active), historical=duty([*active, *former]))


def covered_by(people: Iterable[PersonOnCall], state: ResponderState) -> list[Window]:
    """Return when people of one state are on call, each until a dated deletion."""
    return [part for person in people if person.state is state for part in person.covered]


def unknown_roles(people: Iterable[PersonOnCall]) -> Possible:
    """Return when people are on call of whom the evidence does not say whether they respond."""
    return tuple(
        (part, f"the role of {title_of(person.user)} is unknown")
        for person in people
        if person.state is ResponderState.UNKNOWN
        for part in person.covered
    )


def people_fields(people: Iterable[PersonOnCall], state: ResponderState) -> list[JsonObject]:
    """Return the people of one state, sorted by id, each with when they are on call."""
    users: dict[str, JsonObject] = {}
    windows: dict[str, list[Window]] = {}
    for person in people:
        if person.state is state:
            users[person.user["id"]] = person.user
            windows.setdefault(person.user["id"], []).append(person.window)
    return [
        id_and_title(users[key]) | {"on_call": windows_fields(union(windows[key]))}
        for key in sorted(users)
    ]


def unclear_fields(possible: Possible) -> list[JsonObject]:
    """Return when somebody whom the evidence does not show may be on call, and why, as rows do."""
    windows = [window for window, _ in possible]
    return unknown_fields(labelled(windows, possible))


def _people(
    rendering: ScheduleRendering, builder: RowBuilder, observed: Window
) -> Iterable[PersonOnCall]:
    states: dict[str, ResponderState] = {}
    for shift in rendering.shifts:
        window = shift.window.intersection(observed)
        if shift.user is None or window is None:
            continue
        key = shift.user["id"]
        if key not in states:
            states[key] = responder_state(shift.user, builder)
        yield PersonOnCall(user=shift.user, state=states[key], window=window)


def _unable(people: Iterable[PersonOnCall]) -> Iterable[tuple[Window, GapCause]]:
    """Yield when somebody is in the schedule who cannot respond, and why not."""
    for person in people:
        if person.state in UNABLE_CAUSES:
            yield person.window, UNABLE_CAUSES[person.state]
