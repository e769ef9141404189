"""Whom an escalation policy reaches, level by level, and when it reaches nobody.

A gap is reported only where confirmed and possible coverage agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract, union
from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.intervals import ALWAYS, split_at
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import merge_adjacent
from ccm_pagerduty.views.on_call.duty import Duty, joint_duty
from ccm_pagerduty.views.on_call.escalation_targets import (
    EscalationTarget,
    resolve_target,
    type_of,
)
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.on_call.schedule_duty import unclear_fields
from ccm_pagerduty.views.row_builder import SCHEDULE_RENDERING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.duty import Possible
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.on_call.schedule_duty import PersonOnCall
    from ccm_pagerduty.views.row_builder import RowBuilder

NOT_OBSERVED = "its schedules were rendered over different days"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """One level of an escalation policy."""

    number: int
    delay_minutes: int | None
    targets: tuple[EscalationTarget, ...]
    current: Duty
    """Who is on call by any of its targets; a deleted user is at no time."""
    historical: Duty
    """Somebody who was deleted counts until the deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReach:
    """A policy's levels over what its evidence covers."""

    observed: Window
    levels: tuple[EscalationLevel, ...]

    @property
    def people(self) -> tuple[PersonOnCall, ...]:
        """Return who is on call on any level, whether they can respond or not."""
        targets = [target for level in self.levels for target in level.targets]
        return tuple(person for target in targets for person in target.people)

    @property
    def current(self) -> Duty:
        """Return who is on call on any level; a deleted user is at no time."""
        return joint_duty(self.observed, [level.current for level in self.levels])

    @property
    def historical(self) -> Duty:
        """Return who is on call on any level, with those who were deleted since."""
        return joint_duty(self.observed, [level.historical for level in self.levels])

    @property
    def possible(self) -> Possible:
        """Return when others may be on call on any level, and why the evidence does not say."""
        return self.current.possible

    def single_person_fields(self) -> list[JsonObject]:
        """Return when all levels reach the same single person, with what is unknown, in order."""
        active = [
            (part, person.user)
            for person in self.people
            if person.state is ResponderState.ACTIVE
            for part in person.covered
        ]
        possible = [window for window, _ in self.possible]
        edges = [edge for window, _ in active for edge in (window.since, window.until)]
        decided = subtract(union(window for window, _ in active), possible)
        alone = merge_adjacent(
            (part, people[0])
            for part in split_at(decided, edges)
            if len(people := _people(active, part)) == 1
        )
        fields = [window_fields(window) | {"person": person} for window, person in alone]
        unclear = unclear_fields(self.possible)
        return sorted([*fields, *unclear], key=lambda period: str(period["since"]))


def resolve_policy(policy: JsonObject, builder: RowBuilder) -> PolicyReach | None:
    """Resolve the targets of a policy's levels against users, schedules and renderings.

    None: no period is observed, because its schedules were rendered over different days.
    """
    rules = policy.get("escalation_rules") or []
    renderings = {ref["id"]: _rendering(ref, builder) for rule in rules for ref in _schedules(rule)}
    observed = _observed(rendering for rendering in renderings.values() if rendering)
    if observed is None:
        return None
    levels = []
    for number, rule in enumerate(rules, start=1):
        within = _notified_within(rule)
        targets = tuple(
            resolve_target(ref, renderings.get(ref["id"]), builder, observed, within)
            for ref in references_in(rule, "targets")
        )
        levels.append(
            EscalationLevel(
                number=number,
                delay_minutes=rule.get("escalation_delay_in_minutes"),
                targets=targets,
                current=joint_duty(observed, [target.current for target in targets]),
                historical=joint_duty(observed, [target.historical for target in targets]),
            )
        )
    return PolicyReach(observed=observed, levels=tuple(levels))


def _notified_within(rule: JsonObject) -> timedelta:
    """Return until when a level's people are notified: then the incident moves on."""
    minutes = rule.get("escalation_delay_in_minutes")
    return timedelta.max if minutes is None else timedelta(minutes=minutes)


def _schedules(rule: JsonObject) -> list[JsonObject]:
    return [ref for ref in references_in(rule, "targets") if type_of(ref) == "schedule"]


def _rendering(ref: JsonObject, builder: RowBuilder) -> ScheduleRendering | None:
    record = builder.find(SCHEDULE_RENDERING, ref["id"])
    return None if record is None else rendered_shifts.read_rendering(record.body)


def _observed(renderings: Iterable[ScheduleRendering]) -> Window | None:
    """Return what every rendering covers; without any, nothing bounds what is observed."""
    observed: Window | None = ALWAYS
    for rendering in renderings:
        observed = observed and observed.intersection(rendering.window)
    return observed


def _people(active: Iterable[tuple[Window, JsonObject]], part: Window) -> list[JsonObject]:
    people = {user["id"]: id_and_title(user) for window, user in active if part.since in window}
    return list(people.values())
