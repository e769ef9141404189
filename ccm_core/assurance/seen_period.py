"""What was seen of a period over a connection: since when it was watched, and what it read back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period import parse_period

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_USUAL = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a period over one connection."""

    period: Window
    """As far as it has elapsed."""
    watched_since: datetime | None
    """When it was collected first, from one lookback before the period on; None: never."""
    lookback: timedelta
    """How far back that collection read what had occurred."""
    cadences: Mapping[str, timedelta]

    @classmethod
    def of(
        cls,
        period: Window,
        collected: Iterable[datetime],
        lookback: timedelta,
        cadences: Mapping[str, timedelta],
    ) -> Seen:
        """Return what was seen over a connection, by when its collections ended."""
        earliest = _go_back(period.since, lookback)
        moments = (at for at in collected if at >= earliest)
        return cls(
            period=period,
            watched_since=min(moments, default=None),
            lookback=lookback,
            cadences=cadences,
        )

    def part_of(self, name: str) -> Window | None:
        """Return the part of a month that was watched or read back; None: nothing, or no month."""
        try:
            month = parse_period(name).window
        except ValueError:
            return None
        since = max(month.since, self.period.since)
        if self.watched_since is not None:
            since = max(since, _go_back(self.watched_since, self.lookback))
        until = min(month.until, self.period.until)
        return Window(since, until) if since < until else None

    def has_whole(self, name: str) -> bool:
        """Return whether all of a month was seen, or the name is that of no month."""
        try:
            month = parse_period(name).window
        except ValueError:
            return True
        return self.part_of(name) == month


def slowest_cadence(seen: Seen | None, kinds: Collection[str]) -> timedelta:
    """Return how often the slowest of some kinds is collected."""
    return slowest_of(seen.cadences if seen is not None else {}, kinds)


def slowest_of(cadences: Mapping[str, timedelta], kinds: Collection[str]) -> timedelta:
    """Return the slowest of the cadences of some kinds; a day where there is none."""
    return max((cadences[kind] for kind in kinds if kind in cadences), default=_USUAL)


def _go_back(moment: datetime, span: timedelta) -> datetime:
    return moment - min(span, moment - _EARLIEST)
