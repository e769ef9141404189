"""Coverage gaps of a schedule, each with its cause.

The final schedule shows when nobody is on call; the layers show why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from ccm_core.sdk.intervals import Window, subtract, union
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.intervals import split_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.intervals import Windows
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering

Label = TypeVar("Label")


class GapCause(StrEnum):
    """Why nobody is on call."""

    EMPTY_SLOT = "empty_slot"
    """The schedule itself assigns nobody."""
    DELETED_USER = "deleted_user"
    """The user of the shift was deleted before it ended."""
    NO_LAYERS = "no_layers"
    BEFORE_START = "before_start"
    """Before the first layer begins."""
    END_OF_SCHEDULE = "end_of_schedule"
    """After the last layer has ended."""
    RESTRICTION = "restriction"
    """Every layer of that time is restricted to other hours."""
    BETWEEN_LAYERS = "gap_between_layers"
    """Layers exist around that time and none assigns a user to it."""
    NO_SHIFT = "no_shift"
    """A shift-based schedule has no shift at that time."""
    STAKEHOLDER = "stakeholder"
    """The user on call can view incidents and cannot respond."""
    PENDING_INVITATION = "pending_invitation"
    """The user on call has not accepted the invitation."""
    NO_CONTACT_METHOD = "no_contact_method"
    """The user on call has no contact method that is enabled and not blocked."""
    NO_NOTIFICATION_RULE = "no_notification_rule"
    """The user on call has no notification rule of high urgency with such a contact method."""
    NOTIFIED_LATE = "notified_late"
    """The first notification of the user on call is sent after the level has been left."""
    NO_TARGET = "no_target"
    """A level of an escalation policy names neither a user nor a schedule."""
    DELETED_SCHEDULE = "deleted_schedule"
    """The schedule that a level names was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why somebody, or a schedule, does not cover a time."""

    cause: GapCause
    who: str
    """The title of the user or of the schedule."""

    @property
    def reason(self) -> str:
        """Return it in words, such as ``Ann: no notification rule``."""
        words = self.cause.value.replace("_", " ")
        return f"{self.who}: {words}" if self.who else words


Gaps = tuple[tuple[Window, Absence], ...]
"""Disjoint gaps in order, each with its cause."""


def explain_gaps(
    schedule: JsonObject, rendering: ScheduleRendering, gaps: Windows, unable: Gaps = ()
) -> Gaps:
    """Return the gaps of a schedule, split by cause.

    Args:
        schedule: The schedule's record.
        rendering: Its final schedule.
        gaps: When nobody who can respond is on call.
        unable: When somebody is on call who cannot respond, and why they cannot.
    """
    name = title_of(schedule)
    slot = Absence(cause=GapCause.EMPTY_SLOT, who=name)
    causes = [*unable, *_after_deletion(rendering)]
    causes += [(shift.window, slot) for shift in rendering.shifts if shift.user is None]
    instants = [*_edges(window for window, _ in causes), *_layer_bounds(schedule)]
    return merge_adjacent(
        (part, _cause(schedule, part.since, causes)) for part in split_at(gaps, instants)
    )


def merge_adjacent(parts: Iterable[tuple[Window, Label]]) -> tuple[tuple[Window, Label], ...]:
    """Join adjacent windows that have the same label."""
    merged: list[tuple[Window, Label]] = []
    for window, label in parts:
        if merged and merged[-1][1] == label and merged[-1][0].until == window.since:
            merged[-1] = (Window(merged[-1][0].since, window.until), label)
        else:
            merged.append((window, label))
    return tuple(merged)


def staffed_layers(schedule: JsonObject) -> list[JsonObject] | None:
    """Return the layers that have users; None where the evidence does not list layers."""
    layers = schedule.get("schedule_layers")
    return None if layers is None else [layer for layer in layers if _staffed(layer)]


def _staffed(layer: JsonObject) -> bool:
    return any(slot.get("user") for slot in layer.get("users") or ())


def _after_deletion(rendering: ScheduleRendering) -> Iterable[tuple[Window, Absence]]:
    """Yield what remains of shifts after their users were deleted."""
    shifts = [shift for shift in rendering.shifts if shift.user is not None]
    covered = union(window for shift in shifts if (window := shift.covered) is not None)
    for shift in shifts:
        absence = Absence(cause=GapCause.DELETED_USER, who=title_of(shift.user or {}))
        for window in subtract([shift.window], covered):
            yield window, absence


def _cause(schedule: JsonObject, at: datetime, causes: Iterable[tuple[Window, Absence]]) -> Absence:
    """Return the first cause that applies at an instant."""
    for window, absence in causes:
        if at in window:
            return absence
    if schedule.get("form") == "shifts":
        cause = GapCause.NO_SHIFT
    else:
        cause = _layer_cause(staffed_layers(schedule) or [], at)
    return Absence(cause=cause, who=title_of(schedule))


def _layer_cause(layers: list[JsonObject], at: datetime) -> GapCause:
    if not layers:
        return GapCause.NO_LAYERS
    spans = [(_bound(layer, "start"), _bound(layer, "end")) for layer in layers]
    if all(start is not None and at < start for start, _ in spans):
        return GapCause.BEFORE_START
    if all(end is not None and end <= at for _, end in spans):
        return GapCause.END_OF_SCHEDULE
    running = [layer for layer, span in zip(layers, spans, strict=True) if _runs(span, at)]
    restricted = running and all(layer.get("restrictions") for layer in running)
    return GapCause.RESTRICTION if restricted else GapCause.BETWEEN_LAYERS


def _runs(span: tuple[datetime | None, datetime | None], at: datetime) -> bool:
    start, end = span
    return (start is None or start <= at) and (end is None or at < end)


def _bound(layer: JsonObject, name: str) -> datetime | None:
    text = layer.get(name)
    return None if text is None else parse_instant(text)


def _layer_bounds(schedule: JsonObject) -> Iterable[datetime]:
    for layer in staffed_layers(schedule) or ():
        for bound in (_bound(layer, "start"), _bound(layer, "end")):
            if bound is not None:
                yield bound


def _edges(windows: Iterable[Window]) -> Iterable[datetime]:
    for window in windows:
        yield window.since
        yield window.until
