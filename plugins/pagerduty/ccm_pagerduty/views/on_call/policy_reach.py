"""Whom an escalation policy reaches, level by level, and when it reaches nobody.

A gap is reported only where confirmed and possible coverage agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import union
from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.intervals import (
    Windows,
    clip,
    complement,
    split_at,
    total_seconds,
    whole_seconds,
)
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import GapCause, merge_adjacent
from ccm_pagerduty.views.on_call.escalation_targets import (
    EscalationTarget,
    resolve_target,
    type_of,
)
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.row_builder import SCHEDULE_RENDERING
from ccm_pagerduty.views.three_valued import kleene_and

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering
    from ccm_pagerduty.views.row_builder import RowBuilder


LevelGaps = tuple[tuple["Window", tuple[GapCause, ...]], ...]
"""Disjoint gaps in order in which nobody is on call, each with all its causes."""

SinglePersonPeriods = tuple[tuple["Window", "JsonObject"], ...]
"""Disjoint periods in order, each with the only person on call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """One level of an escalation policy."""

    number: int
    delay_minutes: int | None
    targets: tuple[EscalationTarget, ...]

    @property
    def people(self) -> tuple[tuple[JsonObject, ResponderState], ...]:
        """Return who is on call by any of its targets from now on."""
        return tuple(pair for target in self.targets for pair in target.people)

    @property
    def active_ids(self) -> frozenset[str]:
        """Return the ids of the people who can respond."""
        return frozenset(ref["id"] for ref, state in self.people if state is ResponderState.ACTIVE)

    @property
    def reaches_a_person(self) -> bool | None:
        """Return whether somebody on it from now on can respond; None where it is unknown."""
        if self.active_ids:
            return True
        return False if all(target.resolved for target in self.targets) else None

    @property
    def confirmed(self) -> Windows:
        """Return when somebody who can respond is on call by it."""
        return union(window for target in self.targets for window in target.confirmed)

    @property
    def possible(self) -> Windows:
        """Return when somebody may be."""
        return union(window for target in self.targets for window in target.possible)

    def gaps(self, period: Window | None) -> LevelGaps | None:
        """Return when nobody is on call by it, and why; None where the evidence does not say."""
        uncovered = _uncovered(period, [self])
        if uncovered is None:
            return None
        causes = [gap for target in self.targets for gap in target.gaps_with_cause]
        edges = [edge for window, _ in causes for edge in (window.since, window.until)]
        parts = split_at(uncovered, edges)
        return merge_adjacent((part, _causes(causes, part.since)) for part in parts)


_UNKNOWN_TARGETS = {
    "not_rendered": "PagerDuty did not render this schedule",
    "not_listed": "this schedule is not in the evidence",
    "deleted": "this user was deleted at an unknown time",
}
_UNKNOWN_ROLE = "the role of somebody on it is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReach:
    """A policy's levels over the period that its evidence covers."""

    levels: tuple[EscalationLevel, ...]
    past: Window | None
    ahead: Window | None

    @property
    def resolved(self) -> bool:
        """Return whether the evidence shows who is on call on every level from now on."""
        return all(target.resolved for level in self.levels for target in level.targets)

    @property
    def unknown_reasons(self) -> dict[str, str]:
        """Return why fields of it are unknown, where they are."""
        unresolved = {
            target.title: _UNKNOWN_TARGETS.get(target.state, _UNKNOWN_ROLE)
            for level in self.levels
            for target in level.targets
            if not target.resolved or target.possible
        }
        reasons = "; ".join(f"{title}: {reason}" for title, reason in sorted(unresolved.items()))
        return {"*": reasons or "the final schedules do not cover this period"}

    @property
    def every_level_reaches_a_person(self) -> bool | None:
        """Return whether each level reaches a responder; a policy without levels does not."""
        if not self.levels:
            return False
        return kleene_and(level.reaches_a_person for level in self.levels)

    def first_level_gaps(self, period: Window | None) -> LevelGaps | None:
        """Return when nobody is on call on the first level; None where that is unknown."""
        return self.levels[0].gaps(period) if self.levels else None

    def uncovered(self, period: Window | None) -> Windows | None:
        """Return when nobody is on call on any level; None where that is unknown."""
        return _uncovered(period, self.levels)

    def single_person_periods(self, period: Window | None) -> SinglePersonPeriods | None:
        """Return when all levels reach the same single person; None where it is unknown."""
        if period is None or clip(self._possible(), period):
            return None
        targets = [target for level in self.levels for target in level.targets]
        on_call = [pair for target in targets for pair in target.responders]
        edges = [edge for window, _ in on_call for edge in (window.since, window.until)]
        parts = ((part, _people(on_call, part.since)) for part in split_at([period], edges))
        return merge_adjacent((part, people[0]) for part, people in parts if len(people) == 1)

    def _possible(self) -> Iterable[Window]:
        return (window for level in self.levels for window in level.possible)


def _uncovered(period: Window | None, levels: Sequence[EscalationLevel]) -> Windows | None:
    """Return when no level has anybody; None where possible coverage would change it."""
    if period is None:
        return None
    confirmed = [window for level in levels for window in level.confirmed]
    possible = [window for level in levels for window in level.possible]
    uncovered = complement(period, confirmed)
    return uncovered if uncovered == complement(period, [*confirmed, *possible]) else None


def _causes(gaps: Iterable[tuple[Window, GapCause]], at: datetime) -> tuple[GapCause, ...]:
    """Return the causes at an instant; a level without targets has a cause of its own."""
    causes = {cause for window, cause in gaps if at in window}
    return tuple(sorted(causes)) or (GapCause.NO_TARGET,)


def _people(on_call: Iterable[tuple[Window, JsonObject]], at: datetime) -> list[JsonObject]:
    people = {user["id"]: id_and_title(user) for window, user in on_call if at in window}
    return list(people.values())


def resolve_policy(
    policy: JsonObject, builder: RowBuilder, *, now: datetime, horizon: Window
) -> PolicyReach:
    """Resolve the targets of a policy's levels against users, schedules and renderings."""
    rules = policy.get("escalation_rules") or []
    renderings = {ref["id"]: _rendering(ref, builder) for rule in rules for ref in _schedules(rule)}
    period = _period(horizon, (rendering for rendering in renderings.values() if rendering))
    now = now.replace(microsecond=0)
    levels = tuple(
        EscalationLevel(
            number=number,
            delay_minutes=rule.get("escalation_delay_in_minutes"),
            targets=tuple(
                resolve_target(ref, renderings.get(ref["id"]), builder, now, period)
                for ref in references_in(rule, "targets")
            ),
        )
        for number, rule in enumerate(rules, start=1)
    )
    return PolicyReach(
        levels=levels,
        past=period and rendered_shifts.before(period, now),
        ahead=period and rendered_shifts.after(period, now),
    )


def _schedules(rule: JsonObject) -> list[JsonObject]:
    return [ref for ref in references_in(rule, "targets") if type_of(ref) == "schedule"]


def _rendering(ref: JsonObject, builder: RowBuilder) -> ScheduleRendering | None:
    record = builder.find(SCHEDULE_RENDERING, ref["id"])
    return None if record is None else rendered_shifts.read_rendering(record.body)


def _period(horizon: Window, renderings: Iterable[ScheduleRendering]) -> Window | None:
    """Return the whole seconds of the horizon that every rendering covers."""
    period = whole_seconds(horizon)
    for rendering in renderings:
        period = period and period.intersection(rendering.window)
    return period


def gap_fields(name: str, tense: str, gaps: LevelGaps | None) -> JsonObject:
    """Return gaps and their length as rows show them; nothing where they are unknown."""
    if gaps is None:
        return {}
    return {
        f"{name}s_{tense}": [
            rendered_shifts.window_fields(window) | {"causes": [cause.value for cause in causes]}
            for window, causes in gaps
        ],
        f"{name}_seconds_{tense}": total_seconds(window for window, _ in gaps),
    }
