"""The gaps of one schedule, each with the reason why nobody is on call in it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract, union
from ccm_core.sdk.time import parse_instant
from ccm_pagerduty.views.intervals import complement, cut
from ccm_pagerduty.views.shifts import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.intervals import Windows
    from ccm_pagerduty.views.shifts import Rendering


class Cause(StrEnum):
    """Why nobody is on call."""

    EMPTY_SLOT = "empty_slot"
    """The schedule itself puts nobody there."""
    REMOVED_USER = "removed_user"
    """Whoever holds the shift was deleted before it ended."""
    NO_LAYERS = "no_layers"
    BEFORE_START = "before_start"
    """Before the first layer begins."""
    END_OF_SCHEDULE = "end_of_schedule"
    """After the last layer has ended."""
    RESTRICTION = "restriction"
    """Every layer that runs then is restricted to other hours."""
    HOLE = "hole_between_layers"
    """Layers run, or none does between two of them, and nobody's turn falls there."""
    NO_SHIFT = "no_shift"
    """A shift-based schedule has no shift there."""


def coverage(rendered: Rendering) -> Windows:
    """Give when somebody holds a shift; what overlaps or touches is one stretch."""
    return union(held for shift in rendered.shifts if (held := shift.held) is not None)


def gaps(schedule: JsonObject, rendered: Rendering, within: Window) -> list[JsonObject]:
    """Give the dated gaps within a window, each with its cause, in order."""
    empty = [shift.window for shift in rendered.shifts if shift.user is None]
    removed = _after_removal(rendered)
    holes = complement(within, coverage(rendered))
    marks = [*_edges(empty), *_edges(removed), *_layer_bounds(schedule)]
    causes = ((piece, _cause(schedule, piece.since, empty, removed)) for piece in cut(holes, marks))
    return [shown(window) | {"cause": cause.value} for window, cause in _joined(causes)]


def layers(schedule: JsonObject) -> list[JsonObject] | None:
    """Give the layers that have somebody in them; None where the evidence does not say."""
    listed = schedule.get("schedule_layers")
    return None if listed is None else [layer for layer in listed if _staffed(layer)]


def _staffed(layer: JsonObject) -> bool:
    return any(place.get("user") for place in layer.get("users") or ())


def _after_removal(rendered: Rendering) -> Windows:
    held = [shift.held for shift in rendered.shifts if shift.user is not None]
    whole = [shift.window for shift in rendered.shifts if shift.user is not None]
    return subtract(whole, (window for window in held if window is not None))


def _cause(
    schedule: JsonObject, at: datetime, empty: Iterable[Window], removed: Iterable[Window]
) -> Cause:
    if any(at in window for window in removed):
        return Cause.REMOVED_USER
    if any(at in window for window in empty):
        return Cause.EMPTY_SLOT
    if schedule.get("form") == "shifts":
        return Cause.NO_SHIFT
    return _layer_cause(layers(schedule) or [], at)


def _layer_cause(staffed: list[JsonObject], at: datetime) -> Cause:
    if not staffed:
        return Cause.NO_LAYERS
    spans = [(_bound(layer, "start"), _bound(layer, "end")) for layer in staffed]
    if all(start is not None and at < start for start, _ in spans):
        return Cause.BEFORE_START
    if all(end is not None and end <= at for _, end in spans):
        return Cause.END_OF_SCHEDULE
    running = [layer for layer, span in zip(staffed, spans, strict=True) if _runs(span, at)]
    restricted = running and all(layer.get("restrictions") for layer in running)
    return Cause.RESTRICTION if restricted else Cause.HOLE


def _runs(span: tuple[datetime | None, datetime | None], at: datetime) -> bool:
    start, end = span
    return (start is None or start <= at) and (end is None or at < end)


def _bound(layer: JsonObject, name: str) -> datetime | None:
    text = layer.get(name)
    return None if text is None else parse_instant(text)


def _layer_bounds(schedule: JsonObject) -> Iterable[datetime]:
    for layer in layers(schedule) or ():
        for bound in (_bound(layer, "start"), _bound(layer, "end")):
            if bound is not None:
                yield bound


def _edges(windows: Iterable[Window]) -> Iterable[datetime]:
    for window in windows:
        yield window.since
        yield window.until


def _joined(pieces: Iterable[tuple[Window, Cause]]) -> list[tuple[Window, Cause]]:
    """Put touching pieces with one cause together again."""
    joined: list[tuple[Window, Cause]] = []
    for window, cause in pieces:
        if joined and joined[-1][1] is cause and joined[-1][0].until == window.since:
            joined[-1] = (Window(joined[-1][0].since, window.until), cause)
        else:
            joined.append((window, cause))
    return joined
