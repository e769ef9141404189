"""How soon people answered and ended incidents: by urgency and week, against the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.report_figures import Distribution, MeasureGroup
from ccm_core.sdk.timestamps import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

INCIDENTS = "pagerduty.incident_response"
VIEWS = (INCIDENTS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """One thing that is measured of incidents of one urgency."""

    title: str
    about: str
    urgency: str
    seconds: str
    """The field with the time that counts; ``null`` where it did not happen."""
    parameter: str
    """What the rule packs call the limit."""


_MEASURES = (
    _Measure(
        title="High urgency: until a person acknowledged",
        about="Merged incidents answer through their parent, and those that their own monitoring "
        "ended before anybody did are left out.",
        urgency="high",
        seconds="time_to_acknowledge",
        parameter="ack_within_high",
    ),
    _Measure(
        title="Low urgency: until a person acknowledged",
        about="The same for incidents that may wait.",
        urgency="low",
        seconds="time_to_acknowledge",
        parameter="ack_within_low",
    ),
    _Measure(
        title="High urgency: until it was resolved",
        about="From the first trigger to the last resolution.",
        urgency="high",
        seconds="time_to_resolve",
        parameter="resolve_within_high",
    ),
)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Give one distribution for each measure that any incident has."""
    for measure in _MEASURES:
        rows = [row.body for row in request.rows[INCIDENTS] if _concerned(row, measure)]
        if rows:
            limit = _limit(measure.parameter, request.parameters)
            yield Distribution(
                title=measure.title,
                about=measure.about,
                groups=_weeks(rows, measure, limit),
                limit=limit,
                by="Week",
            )


def _concerned(row: Row, measure: _Measure) -> bool:
    body = row.body
    if body.get("urgency") != measure.urgency or not body.get("is_primary", True):
        return False
    unanswered = body.get("self_resolved") and body.get("time_to_acknowledge") is None
    return not (unanswered and measure.seconds == "time_to_acknowledge")


def _limit(parameter: str, packs: Mapping[str, JsonObject]) -> float | None:
    """Give the limit that was judged with; None where none is one number for all."""
    found = {
        limit
        for values in packs.values()
        if parameter in values and (limit := _seconds(values[parameter])) is not None
    }
    return found.pop() if len(found) == 1 else None


def _seconds(value: object) -> float | None:
    """Read a duration as a pack writes it; one that differs by service or date is none of all."""
    if not isinstance(value, str):
        return None
    try:
        return parse_duration(value).total_seconds()
    except ValueError:
        return None


def _weeks(
    rows: Sequence[JsonObject], measure: _Measure, limit: float | None
) -> tuple[MeasureGroup, ...]:
    weeks: dict[str, list[JsonObject]] = {}
    for body in rows:
        year, week, _ = parse_instant(body["occurred_at"]).isocalendar()
        weeks.setdefault(f"{year}-W{week:02}", []).append(body)
    return tuple(_week(title, weeks[title], measure, limit) for title in sorted(weeks))


def _week(
    title: str, rows: Sequence[JsonObject], measure: _Measure, limit: float | None
) -> MeasureGroup:
    taken: list[float] = []
    never = unknown = 0
    for body in rows:
        seconds = body.get(f"sla_{measure.seconds}", body.get(measure.seconds, ...))
        if seconds is ...:
            unknown += 1
        elif seconds is not None:
            taken.append(seconds)
        elif not _in_time(body, limit):
            never += 1
    return MeasureGroup(title=title, seconds=tuple(taken), never=never, unknown=unknown)


def _in_time(body: JsonObject, limit: float | None) -> bool:
    """Whether what has not happened yet may still happen within the limit."""
    age: float = body["sla_age"] if "sla_age" in body else body["age"]
    return bool(body.get("open")) and (limit is None or age <= limit)
