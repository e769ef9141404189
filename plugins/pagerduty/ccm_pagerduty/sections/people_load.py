"""What interrupted people: by person and by team, each in the person's own time zone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import time_zone
from ccm_core.sdk.report_figures import Cell, Table, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from ccm_core.sdk.types import JsonObject

BUSINESS, EVENING, NIGHT, WEEKEND = "business hours", "evening", "night", "weekend"
_HOURS = (BUSINESS, EVENING, NIGHT, WEEKEND)
_MORNING, _OPENS, _CLOSES, _LATE, _SATURDAY = 6, 9, 17, 22, 6
MOST_ESCALATED = 0.3
"""Above this share the first level is overloaded or absent."""
_MOST_IN_A_ROW = 7
"""Days in a row from which on somebody had no day off from being paged."""
_ABOUT = (
    "An incident of high urgency interrupts whoever was notified of it, once each; drills do not "
    "count. By the clock of each person: night is from 22:00 to 06:00, the weekend Saturday and "
    "Sunday, business hours Monday to Friday from 09:00 to 17:00, and evening the rest."
)


def hours_of(at: datetime) -> str:
    """Return in which hours a local time is."""
    if at.hour >= _LATE or at.hour < _MORNING:
        return NIGHT
    if at.isoweekday() >= _SATURDAY:
        return WEEKEND
    return BUSINESS if _OPENS <= at.hour < _CLOSES else EVENING


@dataclass(slots=True, kw_only=True)
class _Person:
    """What interrupted one person, by the clock of the person."""

    title: str
    zone: ZoneInfo | None
    """None: the evidence does not tell it, and the company's is used."""
    teams: Sequence[str] = ()
    incidents: list[int] = field(default_factory=list)
    """The number of each incident among those of the section."""
    hours: Counter[str] = field(default_factory=Counter)
    """How many in which hours."""
    nights: set[date] = field(default_factory=set)
    """The nights with an interruption, however many there were, by the day on which they end."""
    days: set[date] = field(default_factory=set)
    """Those with an interruption."""

    def interrupt(self, at: datetime, incident: int) -> None:
        """Add an incident that the person was notified of."""
        hours = hours_of(at)
        self.incidents.append(incident)
        self.hours[hours] += 1
        self.days.add(at.date())
        if hours == NIGHT:
            self.nights.add((at + _UNTIL_MIDNIGHT).date())

    @property
    def days_in_a_row(self) -> int:
        """Return the longest row of days with an interruption on each."""
        longest, row, before = 0, 0, None
        for day in sorted(self.days):
            row = row + 1 if before is not None and day - before == _DAY else 1
            longest, before = max(longest, row), day
        return longest

    def cells(self, title: str) -> tuple[Cell, ...]:
        """Return it as it is shown."""
        days = self.days_in_a_row
        tone = Tone.UNKNOWN if self.zone is None else Tone.PLAIN
        return (
            Cell(text=title),
            Cell(text=", ".join(self.teams) or "none"),
            Cell(text=str(len(self.incidents))),
            *(Cell(text=str(self.hours[hours]), tone=tone) for hours in _HOURS),
            Cell(text=str(len(self.nights)), tone=tone),
            Cell(text=str(days), tone=Tone.BAD if days > _MOST_IN_A_ROW else tone),
        )


_DAY = timedelta(days=1)
_UNTIL_MIDNIGHT = timedelta(hours=24 - _LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incident:
    """What a team's rates are made of."""

    escalated: bool
    reassigned: bool
    self_resolved: bool


@dataclass(slots=True)
class PeopleLoad:
    """Adds incidents up, person by person."""

    zone: ZoneInfo
    """The company's."""
    users: Mapping[str, JsonObject]
    """Rows of users, by id."""
    names: bool
    """Whether people are named; else each has a number."""
    _people: dict[str, _Person] = field(default_factory=dict)
    _incidents: list[_Incident] = field(default_factory=list)

    def add(self, body: JsonObject, notified: Iterable[tuple[JsonObject, datetime]]) -> None:
        """Add an incident of high urgency with whom it was sent to, each with the first moment."""
        number = len(self._incidents)
        self._incidents.append(
            _Incident(
                escalated=(body.get("escalations") or 0) > 0,
                reassigned=(body.get("assignments") or 0) > 1,
                self_resolved=bool(body.get("self_resolved")),
            )
        )
        for ref, at in notified:
            person = self._people.get(ref["id"])
            if person is None:
                person = self._people[ref["id"]] = self._person(ref)
            person.interrupt(at.astimezone(person.zone or self.zone), number)

    def _person(self, ref: JsonObject) -> _Person:
        user = self.users.get(ref["id"], {})
        return _Person(
            title=str(user.get("title") or ref["title"]),
            zone=_zone(user.get("time_zone")),
            teams=[str(team["title"]) for team in user.get("teams", ())],
        )

    def tables(self) -> Iterable[Table]:
        """Yield the load by person and by team, the most interrupted first."""
        people = sorted(self._people.values(), key=_most_interrupted)
        if not people:
            return
        yield Table(
            title="Interruptions, by person",
            about=_ABOUT,
            columns=(
                *("Person", "Teams", "Interruptions"),
                *(hours.capitalize() for hours in _HOURS),
                *("Nights", "Days in a row"),
            ),
            rows=tuple(
                person.cells(person.title if self.names else f"Person {number}")
                for number, person in enumerate(people, start=1)
            ),
        )
        yield Table(
            title="Interruptions, by team of the people",
            about="Somebody in several teams counts for each. Shares are of the incidents that "
            "interrupted anybody of the team; the busiest person is balanced where the share is "
            "near that of one among all.",
            columns=(
                *("Team", "People", "Interruptions", "Of the busiest person"),
                *("Escalated", "Reassigned", "Nobody acted"),
            ),
            rows=tuple(self._teams(people)),
        )

    def _teams(self, people: Sequence[_Person]) -> Iterable[tuple[Cell, ...]]:
        members: dict[str, list[_Person]] = {}
        for person in people:
            for team in person.teams or ("no team",):
                members.setdefault(team, []).append(person)
        counts = {team: sum(len(one.incidents) for one in of) for team, of in members.items()}
        for team in sorted(members, key=lambda name: (-counts[name], name.casefold())):
            of_team, count = members[team], counts[team]
            numbers = {number for person in of_team for number in person.incidents}
            incidents = [self._incidents[number] for number in numbers]
            escalated = sum(one.escalated for one in incidents) / len(incidents)
            yield (
                Cell(text=team),
                Cell(text=str(len(of_team))),
                Cell(text=str(count)),
                _share(len(of_team[0].incidents) / count),
                _share(escalated, is_bad=escalated > MOST_ESCALATED),
                _share(sum(one.reassigned for one in incidents) / len(incidents)),
                _share(sum(one.self_resolved for one in incidents) / len(incidents)),
            )


def _zone(name: object) -> ZoneInfo | None:
    """Read a time zone by its IANA or Rails name; None: there is none, or nobody knows it."""
    if not isinstance(name, str):
        return None
    try:
        return time_zone(name)
    except ValueError:
        return None


def _share(share: float, *, is_bad: bool = False) -> Cell:
    return Cell(text=f"{share:.0%}", tone=Tone.BAD if is_bad else Tone.PLAIN)


def _most_interrupted(person: _Person) -> tuple[int, str]:
    return -len(person.incidents), person.title.casefold()
