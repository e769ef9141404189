"""The section "Incident response times": MTTA and MTTR by urgency and month, with limits.

A time is what counts toward the limit: from the moment at which the urgency rose to its highest, in
the hours that count. Drills, and what the parameter `scope` does not select, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.intervals import in_business_hours, read_clock, read_weekly_hours
from ccm_core.sdk.report_figures import Distribution, MeasureGroup
from ccm_core.sdk.timestamps import format_instant, parse_duration, parse_instant
from ccm_pagerduty.sections.counted_incidents import DEFAULT_CONDITIONS, is_counted
from ccm_pagerduty.sections.months import incomplete_month, month_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ccm_core.sdk.intervals import Clock, WeeklyHours
    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject

INCIDENTS = "pagerduty.incident_response"
VIEWS = (INCIDENTS,)
KINDS = ("pagerduty.incident", "pagerduty.incident_log_entry")
"""Events that have to be there for all of a month."""
FIELDS = {
    INCIDENTS: (
        *("clock_to_acknowledge", "clock_to_resolve", "drill", "is_primary", "occurred_at", "open"),
        *("self_resolved", "response_urgency", "highest_urgency", "acknowledged_at", "resolved_at"),
        *("sla_time_to_acknowledge", "sla_time_to_resolve", "time_to_notify"),
        *("time_to_acknowledge", "time_to_resolve"),
    )
}
"""What is read of incidents, of which there are very many."""
DEFAULT_HOURS = "Mon-Fri 09:00-17:00 UTC"
"""Where no pack that has the parameter was used."""
CONDITIONS = {INCIDENTS: DEFAULT_CONDITIONS}
"""Parameters of the packs that leave incidents out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """One response time of the incidents of one urgency."""

    title: str
    about: str
    urgency: str
    by: str
    """The field with the urgency that decides."""
    seconds: str
    """The field with the time; ``null`` where the event did not happen."""
    sla_seconds: str | None
    """The same as it counts toward the limit, which is shown where it is there."""
    clock: str | None
    """The field with the clock that measures it where business hours count."""
    at: str | None
    """The field with the moment of the event."""
    event: str
    """What ends the time."""
    parameter: str | None
    """The parameter of the rule packs with the limit."""

    def applies(self, body: JsonObject) -> bool:
        """Return whether an incident of the urgency is measured."""
        return (
            self.event == "resolved"
            or not body.get("self_resolved")
            or body.get("time_to_acknowledge") is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What an incident is measured by."""

    limit: float | None
    """In seconds; None: it differs between incidents."""
    now: datetime
    hours: WeeklyHours
    """Business hours."""

    def is_in_time(self, body: JsonObject, measure: _Measure) -> bool:
        """Return whether an open incident may still meet the limit."""
        if not body.get("open"):
            return False
        always = read_clock([{"since": body["occurred_at"], "until": None, "hours": None}])
        clock = self._clock(body, measure) or always
        return self.limit is None or clock.elapsed(self.now).total_seconds() <= self.limit

    def counted(self, body: JsonObject, measure: _Measure) -> float | None:
        """Return the time in business hours until the event; None: they do not count."""
        at = body.get(measure.at) if measure.at else None
        clock = self._clock(body, measure) if at else None
        if at is None or clock is None:
            return None
        return clock.elapsed(parse_instant(at)).total_seconds()

    def _clock(self, body: JsonObject, measure: _Measure) -> Clock | None:
        clock = body.get(measure.clock) if measure.clock else None
        return None if clock is None else read_clock(in_business_hours(clock, self.hours))


_TAKEN = (
    "From the moment at which the urgency rose to its highest until a person acknowledged, snoozed "
    "or resolved the incident, in the hours that count for its service. Merged incidents count "
    "through their primary incident; incidents that monitoring resolved before a person took them, "
    "drills, and incidents outside of the parameter scope are left out, as in the checks."
)
_MEASURES = (
    _Measure(
        title="High urgency: time to acknowledge (MTTA)",
        about=_TAKEN,
        urgency="high",
        by="response_urgency",
        seconds="time_to_acknowledge",
        sla_seconds="sla_time_to_acknowledge",
        clock="clock_to_acknowledge",
        at="acknowledged_at",
        event="acknowledged",
        parameter="ack_within_high",
    ),
    _Measure(
        title="Low urgency: time to acknowledge (MTTA)",
        about="The same for low-urgency incidents, in support or business hours.",
        urgency="low",
        by="response_urgency",
        seconds="time_to_acknowledge",
        sla_seconds="sla_time_to_acknowledge",
        clock="clock_to_acknowledge",
        at="acknowledged_at",
        event="acknowledged",
        parameter="ack_within_low",
    ),
    _Measure(
        title="High urgency: time to first notification",
        about="From the trigger to the first notification that was sent to anybody.",
        urgency="high",
        by="response_urgency",
        seconds="time_to_notify",
        sla_seconds=None,
        clock=None,
        at=None,
        event="notified",
        parameter=None,
    ),
    _Measure(
        title="High urgency: time to resolve (MTTR)",
        about="From the moment at which the urgency rose to its highest to the final resolution, "
        "in the hours that count for its service.",
        urgency="high",
        by="highest_urgency",
        seconds="time_to_resolve",
        sla_seconds="sla_time_to_resolve",
        clock="clock_to_resolve",
        at="resolved_at",
        event="resolved",
        parameter="resolve_within_high",
    ),
)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield one distribution for each measure that applies to any incident."""
    hours = read_weekly_hours(
        _parameter("business_hours", request.parameters) or DEFAULT_HOURS,
        tuple(_parameter("holidays", request.parameters) or ()),
    )
    measured = [
        _Measured(
            measure=measure,
            scale=_Scale(
                limit=_limit(measure.parameter, request.parameters), now=request.now, hours=hours
            ),
        )
        for measure in _MEASURES
    ]
    since = format_instant(request.horizon.since)
    for body in request.shown[INCIDENTS]:  # once: there may be very many
        is_in_period = body["occurred_at"] >= since  # as the shares of a month count
        if is_in_period and body.get("is_primary", True) and is_counted(body):
            month = month_of(body["occurred_at"])
            for of_measure in measured:
                if body.get(of_measure.measure.by) == of_measure.measure.urgency:
                    of_measure.add(body, month)
    for of_measure in measured:
        if of_measure.months:
            yield of_measure.distribution(request)


def _parameter(name: str, packs: Mapping[str, JsonObject]) -> Any:
    """Return the plain value of a parameter, of the first pack that has it."""
    value = next((values[name] for values in packs.values() if name in values), None)
    return value["value"] if isinstance(value, dict) else value


def _limit(parameter: str | None, packs: Mapping[str, JsonObject]) -> float | None:
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


@dataclass(slots=True)
class _Month:
    """The measures of one month."""

    measured: list[float] = field(default_factory=list)
    never: int = 0
    unknown: int = 0


@dataclass(slots=True, kw_only=True)
class _Measured:
    """One response time, month by month."""

    measure: _Measure
    scale: _Scale
    months: dict[str, _Month] = field(default_factory=dict)

    def add(self, body: JsonObject, title: str) -> None:
        """Add an incident of the urgency to a month."""
        measure = self.measure
        if not measure.applies(body):
            return
        month = self.months.get(title)
        if month is None:
            month = self.months[title] = _Month()
        seconds = body.get(measure.sla_seconds or measure.seconds, ...)
        if seconds is ...:
            seconds = self.scale.counted(body, measure)
            if seconds is None:
                seconds = body.get(measure.seconds, ...)
        if seconds is ...:
            month.unknown += 1
        elif seconds is not None:
            month.measured.append(seconds)
        elif not self.scale.is_in_time(body, measure):
            month.never += 1

    def distribution(self, request: SectionRequest) -> Distribution:
        """Return it as it is drawn."""
        measure = self.measure
        return Distribution(
            title=measure.title,
            about=measure.about,
            groups=tuple(
                MeasureGroup(
                    title=title,
                    seconds=tuple(month.measured),
                    never=month.never,
                    unknown=month.unknown,
                    incomplete=incomplete_month(title, request.now, request.observed, KINDS),
                )
                for title, month in sorted(self.months.items())
            ),
            limit=self.scale.limit,
            event=measure.event,
            by="Month",
        )
