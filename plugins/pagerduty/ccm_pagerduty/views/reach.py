"""Whom an escalation policy reaches, level by level, and when it reaches nobody.

A gap is stated only where what is sure and what is possible agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_pagerduty.views import known, shifts
from ccm_pagerduty.views.intervals import Windows, complement, whole
from ccm_pagerduty.views.people import Person
from ccm_pagerduty.views.targets import Target, target, type_of
from ccm_pagerduty.views.trail import SCHEDULE_RENDERING, refs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.shifts import Rendering
    from ccm_pagerduty.views.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of an escalation policy."""

    number: int
    delay_minutes: int | None
    targets: tuple[Target, ...]

    @property
    def people(self) -> tuple[tuple[JsonObject, Person], ...]:
        """Who is on call by any of its targets from now on."""
        return tuple(pair for target in self.targets for pair in target.people)

    @property
    def living(self) -> frozenset[str]:
        """The ids of the people who can answer."""
        return frozenset(ref["id"] for ref, state in self.people if state is Person.LIVING)

    @property
    def reaches_a_person(self) -> bool | None:
        """Whether somebody who can answer is on call by it from now on; None: not known."""
        if self.living:
            return True
        return False if all(target.resolved for target in self.targets) else None

    def gaps(self, period: Window) -> Windows | None:
        """Give when nobody is on call by it; None where the evidence does not tell."""
        sure = [window for target in self.targets for window in target.sure]
        possible = [window for target in self.targets for window in target.possible]
        stated = complement(period, sure)
        return stated if stated == complement(period, [*sure, *possible]) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A policy's levels over the stretch of time that its evidence tells about."""

    levels: tuple[Level, ...]
    past: Window | None
    ahead: Window | None

    @property
    def resolved(self) -> bool:
        """Whether the evidence tells who is on call on every level from now on."""
        return all(target.resolved for level in self.levels for target in level.targets)

    @property
    def every_level_reaches_a_person(self) -> bool | None:
        """Whether each level reaches somebody who can answer; a policy without levels does not."""
        if not self.levels:
            return False
        return known.every(level.reaches_a_person for level in self.levels)

    def first_level_gaps(self, period: Window | None) -> Windows | None:
        """Give when nobody is on call on the first level; None where that is not known."""
        return self.levels[0].gaps(period) if period is not None and self.levels else None


def reach(policy: JsonObject, trail: Trail, *, now: datetime, horizon: Window) -> Reach:
    """Resolve the targets of a policy's levels against users, schedules and renderings."""
    rules = policy.get("escalation_rules") or []
    found = {ref["id"]: _rendering(ref, trail) for rule in rules for ref in _schedules(rule)}
    period = _period(horizon, (rendered for rendered in found.values() if rendered))
    moment = now.replace(microsecond=0)
    levels = tuple(
        Level(
            number=number,
            delay_minutes=rule.get("escalation_delay_in_minutes"),
            targets=tuple(
                target(ref, found.get(ref["id"]), trail, moment, period)
                for ref in refs(rule, "targets")
            ),
        )
        for number, rule in enumerate(rules, start=1)
    )
    return Reach(
        levels=levels,
        past=period and shifts.before(period, moment),
        ahead=period and shifts.after(period, moment),
    )


def _schedules(rule: JsonObject) -> list[JsonObject]:
    return [ref for ref in refs(rule, "targets") if type_of(ref) == "schedule"]


def _rendering(ref: JsonObject, trail: Trail) -> Rendering | None:
    record = trail.find(SCHEDULE_RENDERING, ref["id"])
    return None if record is None else shifts.rendering(record.body)


def _period(horizon: Window, renderings: Iterable[Rendering]) -> Window | None:
    """Give the whole seconds of the horizon that every rendering tells about."""
    period = whole(horizon)
    for rendered in renderings:
        period = period and period.intersection(rendered.window)
    return period
