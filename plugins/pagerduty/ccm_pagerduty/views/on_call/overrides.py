"""Overrides of a schedule: for which part of its on-call time somebody else stands in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, union
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.on_call.rendered_shifts import windows_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.intervals import Windows
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering

NOT_READ = "the overrides of the schedule are not in the evidence"


def override_fields(body: JsonObject, rendering: ScheduleRendering) -> JsonObject:
    """Return when a schedule is overridden, and for how much of its on-call time.

    Both are of what the rendering and the overrides were read for; nothing where that is no time.

    Args:
        body: The overrides of the schedule.
        rendering: Its final schedule, in which the overrides are applied.
    """
    read = Window(parse_instant(body["since"]), parse_instant(body["until"]))
    observed = rendering.window.intersection(read)
    if observed is None:
        return {}
    overridden = _clipped(map(_window, body["overrides"]), observed)
    on_duty = (shift.window for shift in rendering.shifts if shift.user is not None)
    on_call = union((*_clipped(on_duty, observed), *overridden))
    return {
        "overridden": windows_fields(overridden),
        "overridden_percent": _percent(overridden, on_call),
    }


def _window(override: JsonObject) -> Window | None:
    since, until = parse_instant(override["start"]), parse_instant(override["end"])
    return Window(since, until) if since < until else None


def _clipped(windows: Iterable[Window | None], observed: Window) -> Windows:
    parts = (window.intersection(observed) for window in windows if window is not None)
    return union(part for part in parts if part is not None)


def _percent(part: Windows, whole: Windows) -> int:
    """Return a part as a percentage, rounded up: a limit of whole percents is never met by less."""
    seconds, of = (
        sum((window.length for window in windows), timedelta()) for windows in (part, whole)
    )
    return -(-100 * seconds // of) if of else 0
