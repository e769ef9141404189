"""The hours in which a layer of a schedule is on call."""

from __future__ import annotations

from pagerduty_simulator.account.objects import Restriction

_HOUR = 3_600


def daily_hours(begin: int, hours: int) -> tuple[Restriction, ...]:
    """Return some hours of each day, from an hour on."""
    start = f"{begin:02d}:00:00"
    return (Restriction(start_time_of_day=start, duration_seconds=hours * _HOUR),)


def working_hours(begin: int) -> tuple[Restriction, ...]:
    """Return the hours until five of each day from Monday to Friday, from an hour on."""
    return tuple(
        Restriction(
            start_time_of_day=f"{begin:02d}:00:00",
            duration_seconds=(17 - begin) * _HOUR,
            start_day_of_week=day,
        )
        for day in range(1, 6)
    )
