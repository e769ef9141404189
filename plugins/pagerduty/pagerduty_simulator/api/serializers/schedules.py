"""Layer-based and shift-based schedules as PagerDuty sends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.schedule_rendering import (
    Span,
    coverage,
    cut,
    final_spans,
    layer_spans,
    override_spans,
)
from pagerduty_simulator.api.serializers.references import (
    API,
    identity_fields,
    instant,
    policy_reference,
    team_references,
    user_reference,
)

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.account.objects import (
        AccountSchedule,
        Policy,
        Restriction,
        ScheduleLayer,
    )

_DAY = 86_400


class RenderWindow(NamedTuple):
    """The window for which a schedule is rendered, and how."""

    since: int
    until: int
    zone: tzinfo
    overflow: bool = False


def short_schedule(account: Account, schedule: AccountSchedule) -> JsonObject:
    """Return a layer-based schedule as listed without includes."""
    return {
        **identity_fields(account, "schedule", schedule.id, schedule.name),
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "description": schedule.description,
        "escalation_policies": policies_using(account, schedule.id),
        "users": [user_reference(account, user_id) for user_id in scheduled_user_ids(schedule)],
        "teams": team_references(account, schedule.team_ids),
    }


def layers_object(
    account: Account, schedule: AccountSchedule, zone: tzinfo, window: RenderWindow | None
) -> list[JsonObject]:
    """Return the layers, rendered where there is a window."""
    return [_layer(account, schedule, layer, zone, window) for layer in schedule.layers]


def final_object(
    account: Account, schedule: AccountSchedule, window: RenderWindow | None
) -> JsonObject:
    """Return the final schedule."""
    spans = final_spans(schedule, window.since, window.until) if window else ()
    return {"name": "Final Schedule", **_rendered(account, spans, window)}


def overrides_object(
    account: Account, schedule: AccountSchedule, window: RenderWindow | None
) -> JsonObject:
    """Return the overrides."""
    spans = override_spans(schedule, window.since, window.until) if window else []
    return {"name": "Overrides", **_rendered(account, spans, window)}


def override_object(account: Account, span: Span, zone: tzinfo) -> JsonObject:
    """Return an override of a layer-based schedule."""
    return {
        "id": span.source,
        "start": instant(span.start, zone),
        "end": instant(span.end, zone),
        "user": user_reference(account, span.user_id or ""),
    }


def shift_override(
    account: Account, schedule: AccountSchedule, span: Span, zone: tzinfo
) -> JsonObject:
    """Return an override of a shift-based schedule, with whom it replaces."""
    rotations = replace(schedule, overrides=())
    replaced = final_spans(rotations, span.start, span.end)
    path = f"schedules/{schedule.id}/overrides/{span.source}"
    return {
        "id": span.source,
        "type": "override_shift",
        "rotation_id": schedule.layers[0].id if schedule.layers else "",
        "start_time": instant(span.start, zone),
        "end_time": instant(span.end, zone),
        "overridden_member": _member(replaced[0].user_id if replaced else None),
        "overriding_member": _member(span.user_id),
        "self": f"{API}/v3/{path}",
        "html_url": f"https://{account.subdomain}.pagerduty.com/schedules/{schedule.id}",
    }


def calendar_feeds(account: Account, schedule: AccountSchedule) -> JsonObject:
    """Return the secret addresses of a schedule's calendar."""
    feed = f"{account.subdomain}.pagerduty.com/private/{schedule.id.lower() * 8}/feed/{schedule.id}"
    return {"http_cal_url": f"https://{feed}", "web_cal_url": f"webcal://{feed}"}


def shift_schedule(
    account: Account,
    schedule: AccountSchedule,
    include: Iterable[str],
    window: RenderWindow | None,
) -> JsonObject:
    """Return a shift-based schedule."""
    body = {
        **identity_fields(account, "schedule_v3", schedule.id, schedule.name),
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "description": schedule.description,
        "teams": team_references(account, schedule.team_ids),
        "escalation_policies": policies_using(account, schedule.id),
        "rotations": [_rotation(account, schedule, layer) for layer in schedule.layers],
        **calendar_feeds(account, schedule),
    }
    if "users" in include:
        body["users"] = [
            user_reference(account, user_id) for user_id in scheduled_user_ids(schedule)
        ]
    if "final_schedule" in include and window:
        body["final_schedule"] = _computed(schedule, window)
    return body


def scheduled_user_ids(schedule: AccountSchedule) -> list[str]:
    """Return the ids of all users on a schedule, each once."""
    users = [user for layer in schedule.layers for user in layer.user_ids if user is not None]
    return list(dict.fromkeys([*users, *(override.user_id for override in schedule.overrides)]))


def policies_using(account: Account, schedule_id: str) -> list[JsonObject]:
    """Return references to the policies that use a schedule."""
    return [
        policy_reference(account, policy)
        for policy in account.policies.values()
        if any(_names(policy, schedule_id))
    ]


def _names(policy: Policy, schedule_id: str) -> Iterator[bool]:
    for level in policy.levels:
        for target in level.targets:
            yield target.type == "schedule" and target.id == schedule_id


def _rendered(account: Account, spans: Sequence[Span], window: RenderWindow | None) -> JsonObject:
    if window is None:
        return {"rendered_schedule_entries": [], "rendered_coverage_percentage": None}
    since, until, zone, overflow = window
    entries = [
        {
            "start": instant(span.start, zone),
            "end": instant(span.end, zone),
            "user": user_reference(account, span.user_id or ""),
        }
        for span in (spans if overflow else cut(spans, since, until))
    ]
    return {
        "rendered_schedule_entries": entries,
        "rendered_coverage_percentage": coverage(spans, since, until),
    }


def _layer(
    account: Account,
    schedule: AccountSchedule,
    layer: ScheduleLayer,
    zone: tzinfo,
    window: RenderWindow | None,
) -> JsonObject:
    spans = layer_spans(layer, schedule.time_zone, window.since, window.until) if window else []
    return {
        "id": layer.id,
        "name": layer.name,
        **_rendered(account, spans, window),
        "start": instant(layer.start, zone),
        "end": None if layer.end is None else instant(layer.end, zone),
        "users": [
            {"user": user_reference(account, user_id)} for user_id in layer.user_ids if user_id
        ],
        "restrictions": [_restriction(restriction) for restriction in layer.restrictions],
        "rotation_virtual_start": instant(layer.start, zone),
        "rotation_turn_length_seconds": layer.turn_seconds,
    }


def _restriction(restriction: Restriction) -> JsonObject:
    weekly = restriction.start_day_of_week
    return {
        "type": "daily_restriction" if weekly is None else "weekly_restriction",
        "start_time_of_day": restriction.start_time_of_day,
        "duration_seconds": restriction.duration_seconds,
        **({} if weekly is None else {"start_day_of_week": weekly}),
    }


def _computed(schedule: AccountSchedule, window: RenderWindow) -> JsonObject:
    since, until, zone, overflow = window
    spans = final_spans(schedule, since, until)
    overrides = {override.id for override in schedule.overrides}
    rotation = schedule.layers[0].id if schedule.layers else ""
    assignments = [
        {
            "type": "computed_shift_assignment",
            "start_time": instant(span.start, zone),
            "end_time": instant(span.end, zone),
            "member": _member(span.user_id),
            "source": {
                "type": "schedule_rotation_override",
                "rotation_id": rotation,
                "override_id": span.source,
            }
            if span.source in overrides
            else {"type": "schedule_rotation", "rotation_id": span.source},
        }
        for span in (spans if overflow else cut(spans, since, until))
    ]
    return {
        "type": "final_schedule",
        "rendered_coverage_percentage": coverage(spans, since, until),
        "computed_shift_assignments": assignments,
    }


def _member(user_id: str | None) -> JsonObject:
    return (
        {"type": "empty_member"} if user_id is None else {"type": "user_member", "user_id": user_id}
    )


def _rotation(account: Account, schedule: AccountSchedule, layer: ScheduleLayer) -> JsonObject:
    path = f"schedules/{schedule.id}/rotations/{layer.id}"
    return {
        "id": layer.id,
        "type": "schedule_rotation",
        "self": f"{API}/v3/{path}",
        "html_url": f"https://{account.subdomain}.pagerduty.com/schedules/{schedule.id}",
        "events": [
            _event(schedule, layer, number) for number in range(max(1, len(layer.restrictions)))
        ],
    }


def _event(schedule: AccountSchedule, layer: ScheduleLayer, number: int) -> JsonObject:
    zone = ZoneInfo(schedule.time_zone)
    start, length, daily = layer.start, layer.turn_seconds, layer.turn_seconds == _DAY
    if layer.restrictions:
        restriction = layer.restrictions[number]
        hours, minutes, seconds = map(int, restriction.start_time_of_day.split(":"))
        day = datetime.fromtimestamp(layer.start, zone)
        at = day.replace(hour=hours, minute=minutes, second=seconds)
        start, length = int(at.timestamp()), restriction.duration_seconds
        daily = restriction.start_day_of_week is None
    strategy: JsonObject = {
        "type": "every_member_assignment_strategy"
        if layer.everyone
        else "rotating_member_assignment_strategy",
        "members": [_member(user_id) for user_id in layer.user_ids],
    }
    if not layer.everyone:
        strategy["shifts_per_member"] = (
            max(1, layer.turn_seconds // _DAY) if layer.restrictions else 1
        )
    return {
        "id": f"{layer.id}E{number}",
        "type": "schedule_event",
        "name": layer.name,
        "start_time": {"date_time": instant(start), "time_zone": schedule.time_zone},
        "end_time": {"date_time": instant(start + length), "time_zone": schedule.time_zone},
        "effective_since": instant(layer.start, UTC),
        "effective_until": None if layer.end is None else instant(layer.end, UTC),
        "recurrence": [f"RRULE:FREQ={'DAILY' if daily else 'WEEKLY'}"],
        "assignment_strategy": strategy,
    }
