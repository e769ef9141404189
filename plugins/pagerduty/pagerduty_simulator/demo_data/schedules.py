"""The schedules of the simulated account: most cover every second, a few do not."""

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
from pagerduty_simulator.demo_data.users import responders

_HOUR = 3600
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_MINUTE = 60
_SHIFTS_EVERY = 3  # one schedule in three is shift-based

UNUSED = 22
"""The schedule that no policy uses."""
_FOREIGN_ROTATION = 15

_DAY_AND_NIGHT = frozenset(range(3, 1000, 5))
_DAILY = frozenset(range(6, 1000, 7))
_EVERYONE_AT_ONCE = frozenset(range(5, 1000, 9))

Rotation = tuple[int, list[str], int]
"""The schedule's number, the users in order, and the instant of the first handoff."""


def add_schedules(account: Account, count: int, random: Random) -> None:
    """Add layer-based and shift-based schedules."""
    for number in range(count):
        schedule = _schedule(account, number, random)
        account.schedules[schedule.id] = schedule


def _schedule(account: Account, number: int, random: Random) -> AccountSchedule:
    teams = list(account.teams)
    team = teams[number % len(teams)]
    foreign = teams[(number + 1) % len(teams)] if number == _FOREIGN_ROTATION else team
    zone = TIME_ZONES[(number % len(teams)) % len(TIME_ZONES)]
    begin = _begin(account, zone, number)
    user_ids = _rotation_users(account, foreign, random)
    layers = _FLAWS.get(number, _healthy)(account, (number, user_ids, begin))
    name = account.teams[team].name
    part = ("Primary", "Secondary", "Weekend", "Escalation")[number // len(teams) % 4]
    return AccountSchedule(
        id=object_id("schedule", number),
        name=f"{name} {part}" if number != UNUSED else f"{name} Holiday Cover 2024",
        time_zone=zone,
        form="shifts" if number % _SHIFTS_EVERY == _SHIFTS_EVERY - 1 else "layers",
        layers=layers,
        overrides=_overrides(account, number, user_ids),
        description=f"{part} on-call of {name}" if number % 4 else None,
        team_ids=(team,),
    )


def _rotation_users(account: Account, team: str, random: Random) -> list[str]:
    users = responders(account, team) or list(account.users)
    return random.sample(users, min(len(users), random.randint(3, 6)))


def _begin(account: Account, zone: str, number: int) -> int:
    """Return a Monday at nine, about a year ago, in the schedule's own time zone."""
    day = (account.now - timedelta(days=360 + number)).astimezone(ZoneInfo(zone))
    monday = day.date() - timedelta(days=day.weekday())
    nine = datetime(monday.year, monday.month, monday.day, 9, tzinfo=ZoneInfo(zone))
    return int(nine.astimezone(UTC).timestamp())


def _healthy(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    number, user_ids, _ = rotation
    if number in _DAY_AND_NIGHT:
        return _day_and_night(account, rotation, night_seconds=12 * _HOUR)
    everyone = number in _EVERYONE_AT_ONCE
    turn_seconds = _DAY if number in _DAILY else _WEEK
    return (
        _layer(rotation, 0, turn_seconds=turn_seconds, user_ids=tuple(user_ids), everyone=everyone),
    )


def _day_and_night(
    account: Account, rotation: Rotation, *, night_seconds: int
) -> tuple[ScheduleLayer, ...]:
    del account
    _, user_ids, _ = rotation
    day = Restriction(start_time_of_day="08:00:00", duration_seconds=12 * _HOUR)
    night = Restriction(start_time_of_day="20:00:00", duration_seconds=night_seconds)
    half = max(1, len(user_ids) // 2)
    return (
        _layer(rotation, 0, name="Days", restrictions=(day,), user_ids=tuple(user_ids[:half])),
        _layer(
            rotation,
            1,
            name="Nights",
            restrictions=(night,),
            user_ids=tuple(user_ids[half:] or user_ids),
        ),
    )


def _gap_between_layers(
    account: Account, rotation: Rotation, *, days_ago: int, seconds: int
) -> tuple[ScheduleLayer, ...]:
    """Return two layers: one ended, and the next began a little too late."""
    _, user_ids, begin = rotation
    ended = begin + (account.epoch - days_ago * _DAY - begin) // _DAY * _DAY
    return (
        _layer(rotation, 0, user_ids=tuple(user_ids), end=ended),
        _layer((rotation[0], user_ids, ended + seconds), 1, user_ids=tuple(reversed(user_ids))),
    )


def _long_gap(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    return _gap_between_layers(account, rotation, days_ago=9, seconds=26 * _HOUR)


def _short_gap(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    return _gap_between_layers(account, rotation, days_ago=12, seconds=3 * _MINUTE)


def _gap_between_restrictions(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    """Return nights that end half an hour before the days begin."""
    return _day_and_night(account, rotation, night_seconds=11 * _HOUR + 30 * _MINUTE)


def _no_layers(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    del account, rotation
    return ()


def _with_empty_member(account: Account, rotation: Rotation) -> tuple[ScheduleLayer, ...]:
    del account
    return (_layer(rotation, 0, user_ids=(*rotation[1], None)),)


_FLAWS: dict[int, Callable[[Account, Rotation], tuple[ScheduleLayer, ...]]] = {
    4: _long_gap,
    9: _gap_between_restrictions,
    13: _short_gap,
    18: _no_layers,
    26: _with_empty_member,
}


def _layer(  # noqa: PLR0913 - one value per field
    rotation: Rotation,
    position: int,
    *,
    user_ids: tuple[str | None, ...],
    turn_seconds: int = _WEEK,
    name: str | None = None,
    end: int | None = None,
    restrictions: tuple[Restriction, ...] = (),
    everyone: bool = False,
) -> ScheduleLayer:
    number, _, begin = rotation
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


def _overrides(account: Account, number: int, user_ids: list[str]) -> tuple[ScheduleOverride, ...]:
    """Return an override of one evening last week, on one schedule in six."""
    if number % 6 != 0 or number in _FLAWS or not user_ids:
        return ()
    start = (account.epoch // _DAY - 6) * _DAY + 18 * _HOUR
    identifier = object_id("schedule_layer", number * 8 + 7)
    return (
        ScheduleOverride(id=identifier, start=start, end=start + 5 * _HOUR, user_id=user_ids[-1]),
    )
