"""The view ``pagerduty.policy_coverage``: whom an escalation policy reaches on every level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.views.intervals import seconds
from ccm_pagerduty.views.known import known, some
from ccm_pagerduty.views.people import Person
from ccm_pagerduty.views.reach import Level, Reach, reach
from ccm_pagerduty.views.shifts import shown
from ccm_pagerduty.views.targets import Target
from ccm_pagerduty.views.trail import (
    ESCALATION_POLICY,
    SCHEDULE,
    SCHEDULE_RENDERING,
    USER,
    Library,
    Trail,
    named,
    refs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

INPUTS = (ESCALATION_POLICY, SCHEDULE, SCHEDULE_RENDERING, USER)


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each escalation policy."""
    library = Library(request.records)
    for record in library.every(ESCALATION_POLICY):
        trail = Trail(library)
        reached = reach(record.body, trail, now=request.now, horizon=request.horizon)
        services = [named(ref) for ref in refs(record.body, "services")]
        body = {"used_by": services, "in_use": bool(services)} | _policy(reached)
        yield trail.row(record, body)


def _policy(reached: Reach) -> JsonObject:
    living = frozenset[str]().union(*(level.living for level in reached.levels))
    return (
        {
            "level_count": len(reached.levels),
            "levels": [_level(level, reached) for level in reached.levels],
        }
        | known(
            every_level_reaches_a_person=reached.every_level_reaches_a_person,
            people=len(living) if reached.resolved else None,
            single_person=_single_person(living, resolved=reached.resolved),
        )
        | _held_back(reached, Person.DELETED, "deleted_users", "names_deleted_user")
        | _held_back(reached, Person.STAKEHOLDER, "stakeholders", "names_stakeholder")
        | _held_back(reached, Person.INVITED, "unaccepted_invitations", "names_unaccepted")
        | _gaps("first_level_", reached.levels[0] if reached.levels else None, reached)
        | _periods(reached)
    )


def _single_person(living: frozenset[str], *, resolved: bool) -> bool | None:
    if len(living) > 1:
        return False
    return len(living) == 1 if resolved else None


def _held_back(reached: Reach, state: Person, found_as: str, told_as: str) -> JsonObject:
    """List the people of one state who are on some level, and tell whether there are any."""
    pairs = [pair for level in reached.levels for pair in level.people]
    found = {ref["id"]: named(ref) for ref, what in pairs if what is state}
    told = some([bool(found), False if reached.resolved else None])
    return {found_as: [found[key] for key in sorted(found)]} | known(**{told_as: told})


def _periods(reached: Reach) -> JsonObject:
    return known(
        past_period=reached.past and shown(reached.past),
        ahead_period=reached.ahead and shown(reached.ahead),
    )


def _level(level: Level, reached: Reach) -> JsonObject:
    return (
        {"level": level.number, "targets": [_target(target) for target in level.targets]}
        | known(
            delay_seconds=None if level.delay_minutes is None else level.delay_minutes * 60,
            reaches_a_person=level.reaches_a_person,
            people=len(level.living) if all(t.resolved for t in level.targets) else None,
        )
        | _gaps("", level, reached)
    )


def _target(target: Target) -> JsonObject:
    return {
        "type": target.type,
        "id": target.id,
        "title": target.title,
        "state": target.state,
    }


def _gaps(prefix: str, level: Level | None, reached: Reach) -> JsonObject:
    if level is None:
        return {}
    return _period_gaps(prefix, "past", level, reached.past) | _period_gaps(
        prefix, "ahead", level, reached.ahead
    )


def _period_gaps(prefix: str, name: str, level: Level, period: Window | None) -> JsonObject:
    found = None if period is None else level.gaps(period)
    if found is None:
        return {}
    return {
        f"{prefix}gaps_{name}": [shown(window) for window in found],
        f"{prefix}gap_seconds_{name}": seconds(found),
    }
