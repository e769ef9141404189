"""Schedules without layers: nobody is on call by them, so there is no gap between shifts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.listings import SCHEDULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.diagnosis.listings import Listing

NAMED = 5
"""Schedules that a line names."""


def without_people(listed: Mapping[str, Listing]) -> Diagnosis:
    """Say which layer-based schedules have no layer with people in it."""
    schedules = listed[SCHEDULES].items
    empty = [one for one in schedules if not any(map(_staffed, _layers(one)))]
    if not empty:
        found = "every layer-based one that was looked at has layers with people in them"
        return Diagnosis(
            subject="schedules",
            good=True,
            found=found if schedules else "there are none to look at",
        )
    names = [f"{one.get('name') or 'without a name'} ({one.get('id')})" for one in empty]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return Diagnosis(
        subject="schedules",
        good=False,
        cause=Cause.SCHEDULE_WITHOUT_LAYERS,
        found=f"{len(empty)} of {len(schedules)} have no layer with people in it: "
        f"{', '.join(names[:NAMED])}{more}. Nobody is ever on call by them: all of the time is one "
        "gap, and no gap between shifts can be found",
        next_step="add a layer with people, or take the schedule out of the policies that name it",
    )


def _layers(schedule: JsonObject) -> list[JsonObject]:
    listed = schedule.get("schedule_layers")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _staffed(layer: JsonObject) -> bool:
    places = layer.get("users")
    return isinstance(places, list) and any(
        isinstance(one, dict) and one.get("user") for one in places
    )
