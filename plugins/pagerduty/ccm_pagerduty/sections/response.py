"""The section "Incident response times": MTTA and MTTR by urgency and week, with limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import read_clock
from ccm_core.sdk.report_figures import Distribution, MeasureGroup
from ccm_core.sdk.timestamps import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject

INCIDENTS = "pagerduty.incident_response"
VIEWS = (INCIDENTS,)
FIELDS = {
    INCIDENTS: (
        *("clock", "is_primary", "occurred_at", "open", "self_resolved", "urgency"),
        *("sla_time_to_acknowledge", "sla_time_to_resolve"),
        *("time_to_acknowledge", "time_to_resolve"),
    )
}
"""What is read of incidents, of which there are very many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """One response time of the incidents of one urgency."""

    title: str
    about: str
    urgency: str
    seconds: str
    """The field with the time; ``null`` where the event did not happen."""
    sla_seconds: str
    """The same within support hours, which counts where it is there."""
    event: str
    """What ends the time."""
    parameter: str
    """The parameter of the rule packs with the limit."""

    def applies(self, body: JsonObject) -> bool:
        """Return whether an incident of the urgency is measured."""
        return (
            self.seconds != "time_to_acknowledge"
            or not body.get("self_resolved")
            or body.get("time_to_acknowledge") is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What an open incident is measured by."""

    limit: float | None
    """In seconds; None: it differs between incidents."""
    now: datetime

    def is_in_time(self, body: JsonObject) -> bool:
        """Return whether an open incident may still meet the limit."""
        if not body.get("open"):
            return False
        always = {"since": body["occurred_at"], "until": None, "hours": None}
        clock = read_clock(body.get("clock", [always]))
        return self.limit is None or clock.elapsed(self.now).total_seconds() <= self.limit


_MEASURES = (
    _Measure(
        title="High urgency: time to acknowledge (MTTA)",
        about="From the trigger to the first acknowledgement by a person. Merged incidents count "
        "through their primary incident; incidents that monitoring resolved before anybody "
        "acknowledged them are excluded.",
        urgency="high",
        seconds="time_to_acknowledge",
        sla_seconds="sla_time_to_acknowledge",
        event="acknowledged",
        parameter="ack_within_high",
    ),
    _Measure(
        title="Low urgency: time to acknowledge (MTTA)",
        about="The same for low-urgency incidents.",
        urgency="low",
        seconds="time_to_acknowledge",
        sla_seconds="sla_time_to_acknowledge",
        event="acknowledged",
        parameter="ack_within_low",
    ),
    _Measure(
        title="High urgency: time to resolve (MTTR)",
        about="From the first trigger to the final resolution.",
        urgency="high",
        seconds="time_to_resolve",
        sla_seconds="sla_time_to_resolve",
        event="resolved",
        parameter="resolve_within_high",
    ),
)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield one distribution for each measure that applies to any incident."""
    measured = [
        _Measured(
            measure=measure,
            scale=_Scale(limit=_limit(measure.parameter, request.parameters), now=request.now),
        )
        for measure in _MEASURES
    ]
    of_urgency: dict[str, list[_Measured]] = {}
    for of_measure in measured:
        of_urgency.setdefault(of_measure.measure.urgency, []).append(of_measure)
    for body in request.shown[INCIDENTS]:  # once: there may be very many
        measures = of_urgency.get(body.get("urgency", ""))
        if measures is not None and body.get("is_primary", True):
            week = _week_of(_day(body["occurred_at"]))
            for of_measure in measures:
                of_measure.add(body, week)
    for of_measure in measured:
        if of_measure.weeks:
            yield of_measure.distribution()


def _limit(parameter: str, packs: Mapping[str, JsonObject]) -> float | None:
    """Return the limit of the evaluation; None where it differs between incidents."""
    limits = {
        limit
        for values in packs.values()
        if parameter in values and (limit := _seconds(values[parameter])) is not None
    }
    return limits.pop() if len(limits) == 1 else None


def _seconds(value: object) -> float | None:
    """Read a duration of a pack; None where it differs by service or date."""
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value).total_seconds()
    except ValueError:
        return None


def _day(instant: str) -> str:
    """Return the day in UTC."""
    return instant[:10] if instant.endswith("Z") else parse_instant(instant).date().isoformat()


@lru_cache(maxsize=512)  # days of a few hundred; there are very many incidents of each
def _week_of(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


@dataclass(slots=True)
class _Week:
    """The measures of one week."""

    measured: list[float] = field(default_factory=list)
    never: int = 0
    unknown: int = 0

    def group(self, title: str) -> MeasureGroup:
        """Return them as they are drawn."""
        return MeasureGroup(
            title=title, seconds=tuple(self.measured), never=self.never, unknown=self.unknown
        )


@dataclass(slots=True, kw_only=True)
class _Measured:
    """One response time, week by week."""

    measure: _Measure
    scale: _Scale
    weeks: dict[str, _Week] = field(default_factory=dict)

    def add(self, body: JsonObject, title: str) -> None:
        """Add an incident of the urgency to a week."""
        if not self.measure.applies(body):
            return
        week = self.weeks.get(title)
        if week is None:
            week = self.weeks[title] = _Week()
        seconds = body.get(self.measure.sla_seconds, body.get(self.measure.seconds, ...))
        if seconds is ...:
            week.unknown += 1
        elif seconds is not None:
            week.measured.append(seconds)
        elif not self.scale.is_in_time(body):
            week.never += 1

    def distribution(self) -> Distribution:
        """Return it as it is drawn."""
        measure, weeks = self.measure, self.weeks
        return Distribution(
            title=measure.title,
            about=measure.about,
            groups=tuple(weeks[title].group(title) for title in sorted(weeks)),
            limit=self.scale.limit,
            event=measure.event,
            by="Week",
        )
