"""Kinds of PagerDuty that tell of the same thing: each is read by a request of its own.

A list that is empty by mistake looks like an account in which nobody is on call. Renderings of
schedules name people as well, and users name their teams. Each check asks for as little as both
sides have to state, so that what changes between two requests is no contradiction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import CreationEvents, CrossCheck
from ccm_pagerduty.collectors.incident import INCIDENT, LOG_ENTRY
from ccm_pagerduty.collectors.time_parameters import day_of
from ccm_pagerduty.references import references_in, title_of
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    ON_CALL,
    SCHEDULE_RENDERING,
    TEAM_MEMBER,
    USER,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject

    Bodies = Mapping[str, Sequence[JsonObject]]


def cross_checks() -> tuple[CrossCheck, ...]:
    """Return every check."""
    return (
        CrossCheck(
            kinds=(SCHEDULE_RENDERING, ON_CALL),
            contradictions=on_call_contradictions,
            uses=(ESCALATION_POLICY,),
        ),
        CrossCheck(kinds=(USER, TEAM_MEMBER), contradictions=membership_contradictions),
    )


def creation_events() -> tuple[CreationEvents, ...]:
    """Return the log entries that show when incidents were created.

    Entries of another type may be of an incident from before the lookback, which is not listed.
    """
    return (
        CreationEvents(
            kind=LOG_ENTRY,
            creates=INCIDENT,
            path="incident.id",
            marker=("type", "trigger_log_entry"),
        ),
    )


def on_call_contradictions(bodies: Bodies, now: datetime) -> Sequence[str]:
    """Return the schedules that page people by their rendering alone, or by the on-calls alone."""
    on_call = {ref["id"] for body in bodies[ON_CALL] if (ref := body.get("schedule"))}
    used = _schedules_in_use(bodies[ESCALATION_POLICY])
    contradictions = []
    for body in bodies[SCHEDULE_RENDERING]:
        schedule = body["schedule"]
        people = _people_ahead(body, now)
        name = f"the schedule {title_of(schedule)} ({schedule['id']})"
        if people and schedule["id"] in used - on_call:
            contradictions.append(f"{name} renders {', '.join(people)}, and no on-call names it")
        if people is not None and not people and schedule["id"] in on_call:
            contradictions.append(f"on-calls name {name}, which renders nobody")
    return contradictions


def membership_contradictions(bodies: Bodies, _now: datetime) -> Sequence[str]:
    """Return the teams that users name as theirs and that have no members."""
    with_members = {body["team"]["id"] for body in bodies[TEAM_MEMBER]}
    named = {
        ref["id"]: f"the user {title_of(user)} ({user['id']}) is in the team {title_of(ref)} "
        f"({ref['id']}), whose list of members is empty"
        for user in bodies[USER]
        for ref in references_in(user, "teams")
        if not ref.get("deleted_at")
    }
    return [named[key] for key in sorted(named.keys() - with_members)]


def _schedules_in_use(policies: Iterable[JsonObject]) -> set[str]:
    """Return the schedules on a level of a policy that a service uses."""
    from ccm_pagerduty.views.on_call.escalation_targets import type_of

    return {
        ref["id"]
        for policy in policies
        if references_in(policy, "services")
        for rule in policy.get("escalation_rules") or ()
        for ref in references_in(rule, "targets")
        if type_of(ref) == "schedule"
    }


def _people_ahead(body: JsonObject, now: datetime) -> list[str] | None:
    """Return who is on call by a rendering from today on; None where it was not rendered.

    On-calls are listed from the beginning of the day on as well.
    """
    from ccm_pagerduty.views.on_call.rendered_shifts import after, read_rendering

    today, rendering = day_of(now), read_rendering(body)
    if rendering is None:
        return None
    return sorted(
        {
            str(shift.user["id"])
            for shift in rendering.shifts
            if shift.user and not shift.user.get("deleted_at") and after(shift.window, today)
        }
    )
