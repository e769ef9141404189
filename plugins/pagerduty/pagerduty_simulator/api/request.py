"""One API request: its parameters, its window, its page."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.responses import rejection

_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRequest:
    """A request as the endpoints see it. Unknown parameters are ignored, as PagerDuty does."""

    method: str
    path: str
    template: str | None
    """Such as ``/incidents/{id}/log_entries``; None where no endpoint has this path."""
    ids: tuple[str, ...] = ()
    """The parts of the path that stand for ``{…}``."""
    params: QueryParams = field(default_factory=QueryParams)
    credential: SimulatedCredential | None = None

    def value(self, name: str) -> str | None:
        """Return the last value of a parameter."""
        return self.params.get(name)

    def values(self, name: str) -> tuple[str, ...]:
        """Return all values of a ``name[]`` parameter."""
        return tuple(self.params.getlist(f"{name}[]"))

    def flag(self, name: str) -> bool:
        """Return whether a boolean parameter is on. ``True``, as Python writes it, is not."""
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
        """Return the time zone of the times in the response.

        Raises:
            RejectedRequest: The zone does not exist.
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
            moment = datetime.fromisoformat(text)
        except ValueError as cause:
            raise rejection(400, f"{name.capitalize()} is invalid.", code=2004) from cause
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone(account_zone))
        return int(moment.timestamp())


def add_months(instant: int, months: int) -> int:
    """Add calendar months; the 31st becomes the last day of a shorter month."""
    moment = datetime.fromtimestamp(instant, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())
