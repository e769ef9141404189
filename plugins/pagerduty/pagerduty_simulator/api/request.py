"""One request, read: its parameters, its window, its page."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.responses import rejection

_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRequest:
    """A request as the endpoints see it. Parameters nobody knows are ignored, as PagerDuty does."""

    method: str
    path: str
    template: str | None
    """Such as ``/incidents/{id}/log_entries``; None where there is no such endpoint."""
    ids: tuple[str, ...] = ()
    """The parts of the path that stand for ``{…}``."""
    params: tuple[tuple[str, str], ...] = ()
    credential: SimulatedCredential | None = None

    def value(self, name: str) -> str | None:
        """Give the last value of a parameter."""
        return next((value for key, value in reversed(self.params) if key == name), None)

    def values(self, name: str) -> tuple[str, ...]:
        """Give all values of a ``name[]`` parameter."""
        return tuple(value for key, value in self.params if key == f"{name}[]")

    def flag(self, name: str) -> bool:
        """Tell whether a boolean parameter is on. Python's ``True`` is not how one says it."""
        return self.value(name) in _TRUE

    def integer(self, name: str, default: int) -> int:
        """Read a number that is not negative.

        Raises:
            RejectedRequest: It is something else.
        """
        text = self.value(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise rejection(400, f"{name.capitalize()} must be a non-negative integer")
        return int(text)

    def zone(self, default: str | tzinfo = UTC) -> tzinfo:
        """Give the time zone in which times are to be written.

        Raises:
            RejectedRequest: No such zone.
        """
        name = self.value("time_zone") or default
        if isinstance(name, tzinfo):
            return name
        try:
            return UTC if name == "UTC" else ZoneInfo(name)
        except (LookupError, ValueError, OSError) as cause:
            raise rejection(400, "Time zone is invalid.") from cause

    def instant(self, name: str, account_zone: str) -> int | None:
        """Read a point in time; without offset it is the request's or the account's wall time.

        Raises:
            RejectedRequest: It is no point in time.
        """
        text = self.value(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as cause:
            raise rejection(400, f"{name.capitalize()} is invalid.", code=2004) from cause
        if found.tzinfo is None:
            found = found.replace(tzinfo=self.zone(account_zone))
        return int(found.timestamp())


def add_months(instant: int, months: int) -> int:
    """Move by calendar months; the 31st becomes the last day where there is none."""
    found = datetime.fromtimestamp(instant, UTC)
    year, month = divmod(found.year * 12 + found.month - 1 + months, 12)
    day = min(found.day, monthrange(year, month + 1)[1])
    return int(found.replace(year=year, month=month + 1, day=day).timestamp())
