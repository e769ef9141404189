"""When nobody is on call by a schedule, stretch by stretch, each with the reason.

The final schedule says when; the layers say why.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from ccm_core.sdk.intervals import Window, subtract
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.intervals import split_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.intervals import Windows
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering

Reason = TypeVar("Reason")


class GapCause(StrEnum):
    """Why nobody is on call."""

    EMPTY_SLOT = "empty_slot"
    """The schedule itself puts nobody there."""
    REMOVED_USER = "deleted_user"
    """Whoever holds the shift was deleted before it ended."""
    NO_LAYERS = "no_layers"
    BEFORE_START = "before_start"
    """Before the first layer begins."""
    END_OF_SCHEDULE = "end_of_schedule"
    """After the last layer has ended."""
    RESTRICTION = "restriction"
    """Every layer that runs then is restricted to other hours."""
    HOLE = "gap_between_layers"
    """Layers run, or none does between two of them, and nobody's turn falls there."""
    NO_SHIFT = "no_shift"
    """A shift-based schedule has no shift there."""
    STAKEHOLDER = "stakeholder"
    """Whoever is there may look and cannot respond."""
    INVITED = "pending_invitation"
    """Whoever is there has not accepted the invitation."""
    NO_TARGET = "no_target"
    """A level of an escalation policy names neither a user nor a schedule."""


Gaps = tuple[tuple[Window, GapCause], ...]
"""Disjoint stretches in order, each with its cause."""


def explain_gaps(
    schedule: JsonObject, rendered: ScheduleRendering, holes: Windows, unable: Gaps = ()
) -> Gaps:
    """Say of stretches in which nobody is on call why that is.

    Args:
        schedule: The schedule's record.
        rendered: Its final schedule.
        holes: The stretches.
        unable: When somebody is there who cannot answer, and why they cannot.
    """
    empty = [shift.window for shift in rendered.shifts if shift.user is None]
    known_fields = [*unable, *((window, GapCause.REMOVED_USER) for window in _after_removal(rendered))]
    known_fields += [(window, GapCause.EMPTY_SLOT) for window in empty]
    marks = [*_edges(window for window, _ in known_fields), *_layer_bounds(schedule)]
    return merge_adjacent((piece, _cause(schedule, piece.since, known_fields)) for piece in split_at(holes, marks))


def merge_adjacent(pieces: Iterable[tuple[Window, Reason]]) -> tuple[tuple[Window, Reason], ...]:
    """Put touching pieces with one reason together again."""
    found: list[tuple[Window, Reason]] = []
    for window, reason in pieces:
        if found and found[-1][1] == reason and found[-1][0].until == window.since:
            found[-1] = (Window(found[-1][0].since, window.until), reason)
        else:
            found.append((window, reason))
    return tuple(found)


def layers(schedule: JsonObject) -> list[JsonObject] | None:
    """Give the layers that have somebody in them; None where the evidence does not say."""
    listed = schedule.get("schedule_layers")
    return None if listed is None else [layer for layer in listed if _staffed(layer)]


def _staffed(layer: JsonObject) -> bool:
    return any(place.get("user") for place in layer.get("users") or ())


def _after_removal(rendered: ScheduleRendering) -> Windows:
    held = [shift.covered for shift in rendered.shifts if shift.user is not None]
    whole_seconds = [shift.window for shift in rendered.shifts if shift.user is not None]
    return subtract(whole_seconds, (window for window in held if window is not None))


def _cause(schedule: JsonObject, at: datetime, known_fields: Iterable[tuple[Window, GapCause]]) -> GapCause:
    """Give the cause at an instant; of several that are known, the first."""
    for window, cause in known_fields:
        if at in window:
            return cause
    if schedule.get("form") == "shifts":
        return GapCause.NO_SHIFT
    return _layer_cause(layers(schedule) or [], at)


def _layer_cause(staffed: list[JsonObject], at: datetime) -> GapCause:
    if not staffed:
        return GapCause.NO_LAYERS
    spans = [(_bound(layer, "start"), _bound(layer, "end")) for layer in staffed]
    if all(start is not None and at < start for start, _ in spans):
        return GapCause.BEFORE_START
    if all(end is not None and end <= at for _, end in spans):
        return GapCause.END_OF_SCHEDULE
    running = [layer for layer, span in zip(staffed, spans, strict=True) if _runs(span, at)]
    restricted = running and all(layer.get("restrictions") for layer in running)
    return GapCause.RESTRICTION if restricted else GapCause.HOLE


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
