"""Diagnoses schedules without users: nobody is on call by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.sample_lists import SCHEDULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.diagnosis.sample_lists import SampleList

MAX_NAMES = 5
"""Schedules that a line names."""


def without_users(listings: Mapping[str, SampleList]) -> Diagnosis:
    """Return which layer-based schedules have no layer with users."""
    schedules = listings[SCHEDULES].items
    empty = [schedule for schedule in schedules if not any(map(_staffed, _layers(schedule)))]
    if not empty:
        message = f"all {len(schedules)} layer-based schedules have a layer with users"
        return Diagnosis(
            subject="schedules",
            ok=True,
            message=message if schedules else "the account lists no layer-based schedules",
        )
    names = [f"{schedule.get('name') or 'unnamed'} ({schedule.get('id')})" for schedule in empty]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return Diagnosis(
        subject="schedules",
        ok=False,
        cause=Cause.SCHEDULE_WITHOUT_LAYERS,
        message=f"{len(empty)} of {len(schedules)} have no layer with users: "
        f"{', '.join(names[:MAX_NAMES])}{more}. Nobody is ever on call by them: the whole "
        "period is one coverage gap",
        next_step="add a layer with users, or remove the schedule from its escalation policies",
    )


def _layers(schedule: JsonObject) -> list[JsonObject]:
    layers = schedule.get("schedule_layers")
    if not isinstance(layers, list):
        return []
    return [layer for layer in layers if isinstance(layer, dict)]


def _staffed(layer: JsonObject) -> bool:
    slots = layer.get("users")
    return isinstance(slots, list) and any(
        isinstance(slot, dict) and slot.get("user") for slot in slots
    )
