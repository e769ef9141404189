"""The section "Load and drills": what interrupts people, and whether paths were exercised.

A path is exercised by a drill or an incident that a person took: it has reached somebody. Hours of
a service are those of the company: in the zone of the parameter ``business_hours``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.intervals import read_weekly_hours
from ccm_core.sdk.report_figures import Cell, Table, Tone
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.sections.counted_incidents import DEFAULT_CONDITIONS, is_drill
from ccm_pagerduty.sections.people_load import MOST_ESCALATED, NIGHT, PeopleLoad, hours_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject

INCIDENTS = "pagerduty.incident_response"
USERS = "pagerduty.user_access"
VIEWS = (INCIDENTS, USERS)
FIELDS = {
    INCIDENTS: (
        *("acknowledged_at", "acknowledged_by_person", "assignments", "drill", "escalations"),
        *("is_primary", "notified", "occurred_at", "highest_urgency", "self_resolved", "service"),
    )
}
CONDITIONS = {INCIDENTS: {"drill": DEFAULT_CONDITIONS["drill"]}}
DEFAULT_HOURS = "Mon-Fri 09:00-17:00 UTC"
_SATURDAY = 6
_ABOUT = (
    "High urgency in the evaluated period. At night is from 22:00 to 06:00, and the weekend "
    "Saturday and Sunday, by the clock of {zone}. Nobody acted: monitoring resolved it first. A "
    "path was exercised when a person took an incident or a drill."
)


@dataclass(slots=True)
class _Load:
    """What incidents of one service did to people."""

    service: str
    incidents: int = 0
    night: int = 0
    weekend: int = 0
    escalated: int = 0
    reassigned: int = 0
    self_resolved: int = 0
    unknown: int = 0
    exercised: str = ""
    exercised_at_night: str = ""
    drilled: str = ""

    def add(self, body: JsonObject, at: datetime) -> None:
        """Add an incident, with when it occurred by the company's clock."""
        is_night = hours_of(at) == NIGHT
        self._exercise(body, is_night=is_night)
        if is_drill(body):
            return
        self.incidents += 1
        self.night += is_night
        self.weekend += at.isoweekday() >= _SATURDAY
        self.escalated += (body.get("escalations") or 0) > 0
        self.reassigned += (body.get("assignments") or 0) > 1
        self.self_resolved += bool(body.get("self_resolved"))
        self.unknown += any(body.get(name) is None for name in ("escalations", "assignments"))

    def _exercise(self, body: JsonObject, *, is_night: bool) -> None:
        taken = body.get("acknowledged_at") if body.get("acknowledged_by_person") else None
        if taken is None:
            return
        self.exercised = max(self.exercised, taken)
        if is_night:
            self.exercised_at_night = max(self.exercised_at_night, taken)
        if is_drill(body):
            self.drilled = max(self.drilled, taken)

    def cells(self) -> tuple[Cell, ...]:
        """Return it as it is shown."""
        share = self.escalated / self.incidents if self.incidents else 0.0
        return (
            Cell(text=self.service),
            Cell(text=str(self.incidents)),
            self._share(self.night),
            self._share(self.weekend),
            self._share(self.escalated, is_bad=share > MOST_ESCALATED),
            self._share(self.reassigned),
            self._share(self.self_resolved),
            _date(self.exercised),
            _date(self.exercised_at_night),
            _date(self.drilled),
        )

    def _share(self, number: int, *, is_bad: bool = False) -> Cell:
        if not self.incidents:
            return Cell(text="none")
        tone = Tone.BAD if is_bad else Tone.UNKNOWN if self.unknown else Tone.PLAIN
        return Cell(text=f"{number / self.incidents:.0%}", tone=tone)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Return the load by service, most incidents first."""
    zone = _zone(request)
    loads: dict[str, _Load] = {}
    users = {row.subject.key: row.body for row in request.rows.get(USERS, ())}
    people = PeopleLoad(zone, users, _parameter(request, "load_by_name") is not False)
    for body in request.shown[INCIDENTS]:
        service, urgency = body.get("service"), body.get("highest_urgency")
        if urgency != "high":
            continue
        at = parse_instant(body["occurred_at"])
        if not request.horizon.since <= at <= request.now:
            continue
        if not is_drill(body):
            people.add(body, _notified(body))
        if service and body.get("is_primary", True):
            load = loads.setdefault(service["id"], _Load(service=service["title"]))
            load.add(body, at.astimezone(zone))
    if loads:
        yield _by_service(loads.values(), zone)
    yield from people.tables()


def _by_service(loads: Iterable[_Load], zone: ZoneInfo) -> Table:
    return Table(
        title="Interruptions and exercised paths, by service",
        about=_ABOUT.format(zone=zone.key),
        columns=(
            *("Service", "Incidents", "At night", "At the weekend", "Escalated", "Reassigned"),
            *("Nobody acted", "Path exercised", "At night", "By a drill"),
        ),
        rows=tuple(load.cells() for load in sorted(loads, key=_sort_key)),
    )


def _notified(body: JsonObject) -> Iterable[tuple[JsonObject, datetime]]:
    """Yield whom an incident was sent to, and when."""
    for person in body.get("notified") or ():
        yield person, parse_instant(person["at"])


def _parameter(request: SectionRequest, name: str) -> Any:
    """Return the value of a parameter, of the first pack that has it."""
    return next((values[name] for values in request.parameters.values() if name in values), None)


def _zone(request: SectionRequest) -> ZoneInfo:
    """Return the company's time zone: that of the parameter, where packs agree on one."""
    hours = {
        str(values["business_hours"])
        for values in request.parameters.values()
        if isinstance(values.get("business_hours"), str)
    }
    return read_weekly_hours(hours.pop() if len(hours) == 1 else DEFAULT_HOURS).zone


def _date(instant: str) -> Cell:
    return Cell(text=instant[:10]) if instant else Cell(text="not in the period", tone=Tone.UNKNOWN)


def _sort_key(load: _Load) -> tuple[Any, ...]:
    return (-load.incidents, load.service.casefold())
