"""Final schedules as PagerDuty rendered them, read as time windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.views.intervals import whole_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One entry of a final schedule."""

    window: Window
    user: JsonObject | None
    """None: the slot exists and nobody is assigned to it."""

    @property
    def covered(self) -> Window | None:
        """Return the part in which somebody is on call; a deleted user is until the deletion."""
        return None if self.user is None else until_deletion(self.window, self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRendering:
    """A final schedule over the requested period."""

    window: Window
    shifts: tuple[Shift, ...]


def read_rendering(body: JsonObject) -> ScheduleRendering | None:
    """Read a rendering, or return None where the schedule was not rendered.

    Without rendering, PagerDuty returns no entries and a null percentage: that says nothing
    about who is on call. No entries with a percentage above zero contradict each other, and say
    nothing either.
    """
    window = whole_seconds(Window(parse_instant(body["since"]), parse_instant(body["until"])))
    entries, percentage = body.get("entries"), body.get("rendered_coverage_percentage")
    if window is None or entries is None:
        return None
    if not entries and (percentage is None or percentage > 0):
        return None
    return ScheduleRendering(window=window, shifts=tuple(_shifts(entries, window)))


def until_deletion(window: Window, user: JsonObject) -> Window | None:
    """Return the part of a window before a user's deletion: all of it, where that is undated."""
    deleted_at = user.get("deleted_at")
    until = window.until if deleted_at is None else min(window.until, parse_instant(deleted_at))
    return Window(window.since, until) if window.since < until else None


def after(window: Window, instant: datetime) -> Window | None:
    """Return the part of a window from an instant on."""
    since = max(window.since, instant)
    return Window(since, window.until) if since < window.until else None


def window_fields(window: Window) -> JsonObject:
    """Return a window as rows show it."""
    return {"since": format_instant(window.since), "until": format_instant(window.until)}


def windows_fields(windows: Iterable[Window]) -> list[JsonObject]:
    """Return windows as rows show them."""
    return [window_fields(window) for window in windows]


def _shifts(entries: Iterable[JsonObject], within: Window) -> Iterable[Shift]:
    for entry in entries:
        since, until = parse_instant(entry["start"]), parse_instant(entry["end"])
        window = Window(since, until).intersection(within) if since < until else None
        if window is not None:
            yield Shift(window=window, user=entry.get("user"))
