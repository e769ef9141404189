"""Whom an escalation policy reaches, level by level, and when it reaches nobody.

A gap is stated only where what is sure and what is possible agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import union
from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views import three_valued
from ccm_pagerduty.views.intervals import Windows, clip, complement, split_at, total_seconds, whole_seconds
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import GapCause, merge_adjacent
from ccm_pagerduty.views.on_call.escalation_targets import EscalationTarget, resolve_target, type_of
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.row_builder import SCHEDULE_RENDERING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder


Gaps = tuple[tuple["Window", tuple[GapCause, ...]], ...]
"""Disjoint stretches in order in which nobody is on call, each with all its causes."""

Alone = tuple[tuple["Window", "JsonObject"], ...]
"""Disjoint stretches in order, each with the one person who is on call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """One level of an escalation policy."""

    seconds_of: int
    delay_minutes: int | None
    targets: tuple[EscalationTarget, ...]

    @property
    def people(self) -> tuple[tuple[JsonObject, ResponderState], ...]:
        """Who is on call by any of its targets from now on."""
        return tuple(pair for resolve_target in self.targets for pair in resolve_target.people)

    @property
    def active_ids(self) -> frozenset[str]:
        """The ids of the people who can answer."""
        return frozenset(ref["id"] for ref, state in self.people if state is ResponderState.ACTIVE)

    @property
    def reaches_a_person(self) -> bool | None:
        """Whether somebody who can answer is on call by it from now on; None: not known."""
        if self.active_ids:
            return True
        return False if all(resolve_target.resolved for resolve_target in self.targets) else None

    @property
    def confirmed(self) -> Windows:
        """When somebody who can answer is on call by it."""
        return union(window for resolve_target in self.targets for window in resolve_target.confirmed)

    @property
    def possible(self) -> Windows:
        """When somebody may be."""
        return union(window for resolve_target in self.targets for window in resolve_target.possible)

    def gaps(self, period: Window | None) -> Gaps | None:
        """Give when nobody is on call by it, and why; None where the evidence does not tell."""
        holes = _stated(period, [self])
        if holes is None:
            return None
        found = [one for resolve_target in self.targets for one in resolve_target.gaps_with_cause]
        marks = [edge for window, _ in found for edge in (window.since, window.until)]
        pieces = split_at(holes, marks)
        return merge_adjacent((piece, _causes(found, piece.since)) for piece in pieces)


_DOUBTS = {
    "not_rendered": "PagerDuty did not render this schedule",
    "not_listed": "this schedule is not in the evidence",
    "deleted": "this user was deleted, and nothing says when",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReach:
    """A policy's levels over the stretch of time that its evidence tells about."""

    levels: tuple[EscalationLevel, ...]
    past: Window | None
    ahead: Window | None

    @property
    def resolved(self) -> bool:
        """Whether the evidence tells who is on call on every level from now on."""
        return all(resolve_target.resolved for level in self.levels for resolve_target in level.targets)

    @property
    def doubt(self) -> dict[str, str]:
        """Why something about it is not known, where it is not."""
        unsure = {
            resolve_target.title: _DOUBTS.get(resolve_target.state, "somebody on it has no role that is told")
            for level in self.levels
            for resolve_target in level.targets
            if not resolve_target.resolved or resolve_target.possible
        }
        told = "; ".join(f"{title}: {why}" for title, why in sorted(unsure.items()))
        return {"*": told or "the final schedules tell nothing of that period"}

    @property
    def every_level_reaches_a_person(self) -> bool | None:
        """Whether each level reaches somebody who can answer; a policy without levels does not."""
        if not self.levels:
            return False
        return three_valued.records(level.reaches_a_person for level in self.levels)

    def first_level_gaps(self, period: Window | None) -> Gaps | None:
        """Give when nobody is on call on the first level; None where that is not known."""
        return self.levels[0].gaps(period) if self.levels else None

    def unreached(self, period: Window | None) -> Windows | None:
        """Give when nobody is on call on any level; None where that is not known."""
        return _stated(period, self.levels)

    def _possible(self) -> Iterable[Window]:
        return (window for level in self.levels for window in level.possible)

    def alone(self, period: Window | None) -> Alone | None:
        """Give when all levels together reach one and the same person; None: not known."""
        if period is None or clip(self._possible(), period):
            return None
        held = [one for level in self.levels for resolve_target in level.targets for one in resolve_target.responders]
        marks = [edge for window, _ in held for edge in (window.since, window.until)]
        pieces = ((piece, _people(held, piece.since)) for piece in split_at([period], marks))
        return merge_adjacent((piece, people[0]) for piece, people in pieces if len(people) == 1)


def _stated(period: Window | None, levels: Sequence[EscalationLevel]) -> Windows | None:
    """Give when no level has anybody, where what is sure and what is possible agree on it."""
    if period is None:
        return None
    sure = [window for level in levels for window in level.confirmed]
    possible = [window for level in levels for window in level.possible]
    stated = complement(period, sure)
    return stated if stated == complement(period, [*sure, *possible]) else None


def _causes(found: Iterable[tuple[Window, GapCause]], at: datetime) -> tuple[GapCause, ...]:
    """Give the causes at an instant; a level without any target has one of its own."""
    causes = {cause for window, cause in found if at in window}
    return tuple(sorted(causes)) or (GapCause.NO_TARGET,)


def _people(held: Iterable[tuple[Window, JsonObject]], at: datetime) -> list[JsonObject]:
    return list({user["id"]: id_and_title(user) for window, user in held if at in window}.values())


def resolve_policy(policy: JsonObject, trail: RowBuilder, *, now: datetime, horizon: Window) -> PolicyReach:
    """Resolve the targets of a policy's levels against users, schedules and renderings."""
    rules = policy.get("escalation_rules") or []
    found = {ref["id"]: _rendering(ref, trail) for rule in rules for ref in _schedules(rule)}
    period = _period(horizon, (rendered for rendered in found.values() if rendered))
    moment = now.replace(microsecond=0)
    levels = tuple(
        EscalationLevel(
            seconds_of=seconds_of,
            delay_minutes=rule.get("escalation_delay_in_minutes"),
            targets=tuple(
                resolve_target(ref, found.get(ref["id"]), trail, moment, period)
                for ref in references(rule, "targets")
            ),
        )
        for seconds_of, rule in enumerate(rules, start=1)
    )
    return PolicyReach(
        levels=levels,
        past=period and rendered_shifts.before(period, moment),
        ahead=period and rendered_shifts.after(period, moment),
    )


def _schedules(rule: JsonObject) -> list[JsonObject]:
    return [ref for ref in references(rule, "targets") if type_of(ref) == "schedule"]


def _rendering(ref: JsonObject, trail: RowBuilder) -> ScheduleRendering | None:
    record = trail.find(SCHEDULE_RENDERING, ref["id"])
    return None if record is None else rendered_shifts.rendering(record.body)


def _period(horizon: Window, renderings: Iterable[ScheduleRendering]) -> Window | None:
    """Give the whole seconds of the horizon that every rendering tells about."""
    period = whole_seconds(horizon)
    for rendered in renderings:
        period = period and period.intersection(rendered.window)
    return period


def gap_fields(name: str, when: str, gaps: Gaps | None) -> JsonObject:
    """Give gaps and their length as rows show them; nothing where they are not known."""
    if gaps is None:
        return {}
    return {
        f"{name}s_{when}": [
            rendered_shifts.window_fields(window) | {"causes": [cause.value for cause in causes]}
            for window, causes in gaps
        ],
        f"{name}_seconds_{when}": total_seconds(window for window, _ in gaps),
    }
