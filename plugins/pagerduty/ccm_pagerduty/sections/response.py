"""The section "Incident response times": MTTA and MTTR by urgency and week, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import read_clock
from ccm_core.sdk.report_figures import Distribution, MeasureGroup
from ccm_core.sdk.timestamps import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

INCIDENTS = "pagerduty.incident_response"
VIEWS = (INCIDENTS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """One response time of the incidents of one urgency."""

    title: str
    about: str
    urgency: str
    seconds: str
    """The field with the time; ``null`` where the event did not happen."""
    event: str
    """What ends the time."""
    parameter: str
    """The parameter of the rule packs with the limit."""


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
        event="acknowledged",
        parameter="ack_within_high",
    ),
    _Measure(
        title="Low urgency: time to acknowledge (MTTA)",
        about="The same for low-urgency incidents.",
        urgency="low",
        seconds="time_to_acknowledge",
        event="acknowledged",
        parameter="ack_within_low",
    ),
    _Measure(
        title="High urgency: time to resolve (MTTR)",
        about="From the first trigger to the final resolution.",
        urgency="high",
        seconds="time_to_resolve",
        event="resolved",
        parameter="resolve_within_high",
    ),
)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield one distribution for each measure that applies to any incident."""
    for measure in _MEASURES:
        rows = [row.body for row in request.rows[INCIDENTS] if _applies(row, measure)]
        if rows:
            limit = _limit(measure.parameter, request.parameters)
            scale = _Scale(limit=limit, now=request.now)
            yield Distribution(
                title=measure.title,
                about=measure.about,
                groups=_weeks(rows, measure, scale),
                limit=limit,
                event=measure.event,
                by="Week",
            )


def _applies(row: Row, measure: _Measure) -> bool:
    body = row.body
    if body.get("urgency") != measure.urgency or not body.get("is_primary", True):
        return False
    unacknowledged = body.get("self_resolved") and body.get("time_to_acknowledge") is None
    return not (unacknowledged and measure.seconds == "time_to_acknowledge")


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


def _weeks(
    rows: Sequence[JsonObject], measure: _Measure, scale: _Scale
) -> tuple[MeasureGroup, ...]:
    weeks: dict[str, list[JsonObject]] = {}
    for body in rows:
        year, week, _ = parse_instant(body["occurred_at"]).isocalendar()
        weeks.setdefault(f"{year}-W{week:02}", []).append(body)
    return tuple(_week(title, weeks[title], measure, scale) for title in sorted(weeks))


def _week(title: str, rows: Sequence[JsonObject], measure: _Measure, scale: _Scale) -> MeasureGroup:
    measured: list[float] = []
    never = unknown = 0
    for body in rows:
        seconds = body.get(f"sla_{measure.seconds}", body.get(measure.seconds, ...))
        if seconds is ...:
            unknown += 1
        elif seconds is not None:
            measured.append(seconds)
        elif not scale.is_in_time(body):
            never += 1
    return MeasureGroup(title=title, seconds=tuple(measured), never=never, unknown=unknown)
