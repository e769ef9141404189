"""The schedules of the made-up account: max_limit cover every second, a few do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.names import TIME_ZONES
from pagerduty_simulator.account.objects import (
    AccountSchedule,
    Restriction,
    ScheduleLayer,
    ScheduleOverride,
)
from pagerduty_simulator.demo_data.people import responders

_HOUR = 3600
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_MINUTE = 60
_SHIFTS_EVERY = 3  # one schedule in three is shift-based

UNUSED = 22
"""The schedule that no policy names."""
_FOREIGN_ROTATION = 15

_DAY_AND_NIGHT = frozenset(range(3, 1000, 5))
_DAILY = frozenset(range(6, 1000, 7))
_EVERYONE_AT_ONCE = frozenset(range(5, 1000, 9))

Rota = tuple[int, list[str], int]
"""The schedule's number, who takes turns, and the instant it begins."""


def add_schedules(account: Account, count: int, random: Random) -> None:
    """Add schedules of both worlds."""
    for number in range(count):
        schedule = _schedule(account, number, random)
        account.schedules[schedule.id] = schedule


def _schedule(account: Account, number: int, random: Random) -> AccountSchedule:
    teams = list(account.teams)
    team = teams[number % len(teams)]
    foreign = teams[(number + 1) % len(teams)] if number == _FOREIGN_ROTATION else team
    zone = TIME_ZONES[(number % len(teams)) % len(TIME_ZONES)]
    begin = _begin(account, zone, number)
    people = _people(account, foreign, random)
    layers = _FLAWS.get(number, _healthy)(account, (number, people, begin))
    name = account.teams[team].name
    part = ("Primary", "Secondary", "Weekend", "Escalation")[number // len(teams) % 4]
    return AccountSchedule(
        id=object_id("schedule", number),
        name=f"{name} {part}" if number != UNUSED else f"{name} Holiday Cover 2024",
        time_zone=zone,
        form="shifts" if number % _SHIFTS_EVERY == _SHIFTS_EVERY - 1 else "layers",
        layers=layers,
        overrides=_overrides(account, number, people),
        description=f"{part} on-call of {name}" if number % 4 else None,
        team_ids=(team,),
    )


def _people(account: Account, team: str, random: Random) -> list[str]:
    people = responders(account, team) or list(account.users)
    return random.sample(people, min(len(people), random.randint(3, 6)))


def _begin(account: Account, zone: str, number: int) -> int:
    """Give a Monday at nine, a year or so ago, by the schedule's own clock."""
    day = (account.now - timedelta(days=360 + number)).astimezone(ZoneInfo(zone))
    monday = day.date() - timedelta(days=day.weekday())
    nine = datetime(monday.year, monday.month, monday.day, 9, tzinfo=ZoneInfo(zone))
    return int(nine.astimezone(UTC).timestamp())


def _healthy(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    number, people, _ = rota
    if number in _DAY_AND_NIGHT:
        return _day_and_night(account, rota, night_seconds=12 * _HOUR)
    everyone = number in _EVERYONE_AT_ONCE
    turn = _DAY if number in _DAILY else _WEEK
    return (_layer(rota, 0, turn_seconds=turn, user_ids=tuple(people), everyone=everyone),)


def _day_and_night(
    account: Account, rota: Rota, *, night_seconds: int
) -> tuple[ScheduleLayer, ...]:
    del account
    _, people, _ = rota
    day = Restriction(start_time_of_day="08:00:00", duration_seconds=12 * _HOUR)
    night = Restriction(start_time_of_day="20:00:00", duration_seconds=night_seconds)
    half = max(1, len(people) // 2)
    return (
        _layer(rota, 0, name="Days", restrictions=(day,), user_ids=tuple(people[:half])),
        _layer(
            rota, 1, name="Nights", restrictions=(night,), user_ids=tuple(people[half:] or people)
        ),
    )


def _hole(
    account: Account, rota: Rota, *, days_ago: int, seconds: int
) -> tuple[ScheduleLayer, ...]:
    """One layer was ended and the next began a little too late."""
    _, people, begin = rota
    ended = begin + (account.epoch - days_ago * _DAY - begin) // _DAY * _DAY
    return (
        _layer(rota, 0, user_ids=tuple(people), end=ended),
        _layer((rota[0], people, ended + seconds), 1, user_ids=tuple(reversed(people))),
    )


def _rotation_hole(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    return _hole(account, rota, days_ago=9, seconds=26 * _HOUR)


def _three_minutes(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    return _hole(account, rota, days_ago=12, seconds=3 * _MINUTE)


def _restriction_hole(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    """The nights end half an hour before the days begin."""
    return _day_and_night(account, rota, night_seconds=11 * _HOUR + 30 * _MINUTE)


def _no_layers(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    del account, rota
    return ()


def _empty_member(account: Account, rota: Rota) -> tuple[ScheduleLayer, ...]:
    del account
    return (_layer(rota, 0, user_ids=(*rota[1], None)),)


_FLAWS: dict[int, Callable[[Account, Rota], tuple[ScheduleLayer, ...]]] = {
    4: _rotation_hole,
    9: _restriction_hole,
    13: _three_minutes,
    18: _no_layers,
    26: _empty_member,
}


def _layer(  # noqa: PLR0913 - one value per field
    rota: Rota,
    position: int,
    *,
    user_ids: tuple[str | None, ...],
    turn_seconds: int = _WEEK,
    name: str | None = None,
    end: int | None = None,
    restrictions: tuple[Restriction, ...] = (),
    everyone: bool = False,
) -> ScheduleLayer:
    number, _, begin = rota
    return ScheduleLayer(
        id=object_id("schedule_layer", number * 8 + position),
        name=name or f"Layer {position + 1}",
        start=begin,
        end=end,
        turn_seconds=turn_seconds,
        user_ids=user_ids,
        restrictions=restrictions,
        everyone=everyone,
    )


def _overrides(account: Account, number: int, people: list[str]) -> tuple[ScheduleOverride, ...]:
    """Somebody covered an evening last week, on one schedule in six."""
    if number % 6 != 0 or number in _FLAWS or not people:
        return ()
    start = (account.epoch // _DAY - 6) * _DAY + 18 * _HOUR
    identifier = object_id("schedule_layer", number * 8 + 7)
    return (
        ScheduleOverride(id=identifier, start=start, end=start + 5 * _HOUR, user_id=people[-1]),
    )
