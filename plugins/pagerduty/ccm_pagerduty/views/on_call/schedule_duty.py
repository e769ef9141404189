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
from ccm_pagerduty.views.on_call.coverage_gaps import Absence, GapCause, explain_gaps
from ccm_pagerduty.views.on_call.duty import Duty, labelled, unknown_fields
from ccm_pagerduty.views.on_call.rendered_shifts import until_deletion, windows_fields
from ccm_pagerduty.views.on_call.responders import (
    UNNOTIFIED,
    Responder,
    ResponderState,
    responder,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.duty import Possible
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder

UNABLE_CAUSES = {
    ResponderState.DELETED: GapCause.DELETED_USER,
    ResponderState.STAKEHOLDER: GapCause.STAKEHOLDER,
    ResponderState.INVITED: GapCause.PENDING_INVITATION,
    ResponderState.NO_CONTACT_METHOD: GapCause.NO_CONTACT_METHOD,
    ResponderState.NO_NOTIFICATION_RULE: GapCause.NO_NOTIFICATION_RULE,
    ResponderState.NOTIFIED_LATE: GapCause.NOTIFIED_LATE,
}
"""Why a page does not reach a user on call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnCall:
    """One stretch of a person's on-call duty; those of one person may overlap."""

    user: JsonObject
    state: ResponderState
    unknown: str = ""
    """What the evidence does not tell, where the state is unknown."""
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
    """Somebody who was deleted counts until the deletion, and always where that is undated. How
    people were notified then is unknown: whoever was on call and may respond counts."""


def schedule_duty(
    schedule: JsonObject,
    rendering: ScheduleRendering,
    builder: RowBuilder,
    observed: Window,
    within: timedelta | None = None,
) -> ScheduleDuty:
    """Match a final schedule with the user list.

    Args:
        schedule: The schedule.
        rendering: Its final schedule.
        builder: Looks users up.
        observed: The period.
        within: How soon people have to be notified; None: their duty alone counts.
    """
    people = tuple(_people(rendering, builder, observed, within))
    active = covered_by(people, ResponderState.ACTIVE)
    former = covered_by(people, ResponderState.DELETED, *UNNOTIFIED)
    possible = unknown_people(people)

    def duty(responding: Iterable[Window]) -> Duty:
        confirmed = union(responding)
        gaps = complement(observed, [*confirmed, *(window for window, _ in possible)])
        causes = explain_gaps(schedule, rendering, gaps, tuple(_unable(people)))
        return Duty(observed=observed, confirmed=confirmed, possible=possible, causes=causes)

    return ScheduleDuty(people=people, current=duty(active), historical=duty([*active, *former]))


def covered_by(people: Iterable[PersonOnCall], *states: ResponderState) -> list[Window]:
    """Return when people of some states are on call, each until a dated deletion."""
    return [part for person in people if person.state in states for part in person.covered]


def unknown_people(people: Iterable[PersonOnCall]) -> Possible:
    """Return when people are on call of whom the evidence does not say whether they respond."""
    return tuple(
        (part, person.unknown)
        for person in people
        if person.state is ResponderState.UNKNOWN
        for part in person.covered
    )


def people_fields(people: Iterable[PersonOnCall], *states: ResponderState) -> list[JsonObject]:
    """Return the people of some states, sorted by id, each with when they are on call."""
    users: dict[str, JsonObject] = {}
    windows: dict[str, list[Window]] = {}
    for person in people:
        if person.state in states:
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
    rendering: ScheduleRendering, builder: RowBuilder, observed: Window, within: timedelta | None
) -> Iterable[PersonOnCall]:
    responders: dict[str, Responder] = {}
    for shift in rendering.shifts:
        window = shift.window.intersection(observed)
        if shift.user is None or window is None:
            continue
        key = shift.user["id"]
        if key not in responders:
            responders[key] = responder(shift.user, builder, within)
        found = responders[key]
        yield PersonOnCall(user=found.user, state=found.state, unknown=found.unknown, window=window)


def _unable(people: Iterable[PersonOnCall]) -> Iterable[tuple[Window, Absence]]:
    """Yield when somebody is in the schedule who cannot respond, and why not."""
    for person in people:
        if person.state in UNABLE_CAUSES:
            cause = UNABLE_CAUSES[person.state]
            yield person.window, Absence(cause=cause, who=title_of(person.user))
