"""Schedules of both worlds, and who is on call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.objects import Level, Policy, Schedule
from pagerduty_simulator.account.schedule_rendering import final_spans
from pagerduty_simulator.api.context import World, named, page, window_if_any
from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer, Declined, declined, json_answer
from pagerduty_simulator.api.serializers.core import policy_object, user_object, user_or_stub
from pagerduty_simulator.api.serializers.references import (
    instant,
    policy_reference,
    schedule_reference,
    target_schedule_reference,
)
from pagerduty_simulator.api.serializers.schedules import (
    Rendering,
    calendar_feeds,
    final_object,
    layers_object,
    members,
    overrides_object,
    shift_schedule,
    short_schedule,
)

_DAY = 86_400
_SHIFTS_USUAL, _SHIFTS_MOST = 100, 1000
_DAYS_AHEAD = 90 + 1  # one day of grace: the account's clock stands still, the caller's does not


class OnCall(NamedTuple):
    """Somebody on call for one level of one policy."""

    policy: Policy
    level: int
    user_id: str
    schedule_id: str | None = None
    start: int | None = None
    end: int | None = None


def schedules(world: World, asked: Asked) -> Answer:
    """List the layer-based schedules; shift-based ones are not among them."""
    account, include = world.account, asked.many("include")
    zone = asked.zone(account.time_zone)
    rendering = _rendering(world, asked, zone)

    def write(each: Schedule) -> JsonObject:
        written = short_schedule(account, each)
        if "schedule_layers" in include:
            written["schedule_layers"] = layers_object(account, each, zone, rendering)
        if "overrides_subschedule" in include:
            written["overrides_subschedule"] = overrides_object(account, each, rendering)
        if "final_schedule" in include:
            written["final_schedule"] = final_object(account, each, rendering)
        return written | (calendar_feeds(account, each) if include else {})

    return page(world, asked, "schedules", _listed(world, asked, "layers"), write)


def schedule(world: World, asked: Asked) -> Answer:
    """Give one layer-based schedule, rendered where a window is given."""
    account, found = world.account, _of_form(world, asked, "layers")
    zone = asked.zone(found.time_zone)
    rendering = _rendering(world, asked, zone)
    written = short_schedule(account, found) | {
        "schedule_layers": layers_object(account, found, zone, rendering),
        "overrides_subschedule": overrides_object(account, found, rendering),
        "final_schedule": final_object(account, found, rendering),
        **calendar_feeds(account, found),
    }
    return json_answer({"schedule": written})


def schedule_users(world: World, asked: Asked) -> Answer:
    """List who is on call within a window, or everyone on the schedule where none is given."""
    account, found = world.account, _of_form(world, asked, "layers")
    window = window_if_any(world, asked)
    ids = members(found)
    if window is not None:
        ids = list(dict.fromkeys(span.user_id or "" for span in final_spans(found, *window)))
    users = [account.users[each] for each in ids if each in account.users]
    return json_answer({"users": [user_object(account, each) for each in users]})


def shift_schedules(world: World, asked: Asked) -> Answer:
    """List the shift-based schedules, as references."""
    return page(
        world,
        asked,
        "schedules",
        _listed(world, asked, "shifts"),
        lambda each: schedule_reference(world.account, each),
        usual=_SHIFTS_USUAL,
        most=_SHIFTS_MOST,
    )


def shift_based_schedule(world: World, asked: Asked) -> Answer:
    """Give one shift-based schedule, with its final schedule where that is included."""
    found = _of_form(world, asked, "shifts")
    rendering = _rendering(world, asked, asked.zone())
    written = shift_schedule(world.account, found, asked.many("include"), rendering)
    return json_answer({"schedule": written})


def oncalls(world: World, asked: Asked) -> Answer:
    """List who is on call for policies, duplicates included: one shift per policy and level."""
    account, include = world.account, asked.many("include")
    zone = asked.zone(account.time_zone)

    def write(each: OnCall) -> JsonObject:
        whole_policy = "escalation_policies" in include
        return {
            "escalation_policy": policy_object(account, each.policy)
            if whole_policy
            else policy_reference(account, each.policy),
            "escalation_level": each.level,
            "schedule": _schedule(world, each.schedule_id, whole="schedules" in include),
            "user": user_or_stub(account, each.user_id, whole="users" in include),
            "start": None if each.start is None else instant(each.start, zone),
            "end": None if each.end is None else instant(each.end, zone),
        }

    return page(world, asked, "oncalls", _on_calls(world, asked), write)


def _on_calls(world: World, asked: Asked) -> list[OnCall]:
    since, until = _on_call_window(world, asked)
    policies, users = set(asked.many("escalation_policy_ids")), set(asked.many("user_ids"))
    schedules = {None if each == "null" else each for each in asked.many("schedule_ids")}
    found = [
        each
        for policy in world.account.policies.values()
        if world.sees(policy.team_ids) and (not policies or policy.id in policies)
        for position, level in enumerate(policy.levels, start=1)
        for each in _on_level(world, policy, position, level, (since, until))
        if (not users or each.user_id in users) and (not schedules or each.schedule_id in schedules)
    ]
    if not asked.flag("earliest"):
        return found
    first = {(each.policy.id, each.level, each.user_id): each for each in reversed(found)}
    return [each for each in found if first[each.policy.id, each.level, each.user_id] is each]


def _on_level(
    world: World, policy: Policy, position: int, level: Level, window: tuple[int, int]
) -> Iterator[OnCall]:
    for target in level.targets:
        if target.type == "user":
            yield OnCall(policy, position, target.id)
        elif found := world.account.schedules.get(target.id):
            for span in final_spans(found, *window):
                if span.user_id is not None:
                    yield OnCall(policy, position, span.user_id, target.id, span.start, span.end)


def _on_call_window(world: World, asked: Asked) -> tuple[int, int]:
    now = world.account.epoch
    since = asked.instant("since", world.account.time_zone)
    until = asked.instant("until", world.account.time_zone)
    since = now if since is None else since
    until = max(now, since) if until is None else until
    if until < since:
        raise declined(400, "Until cannot be before since.", code=2005)
    if until > now + _DAYS_AHEAD * _DAY:
        raise declined(400, "Until cannot be more than 90 days in the future.", code=2005)
    return since, until


def _schedule(world: World, schedule_id: str | None, *, whole: bool) -> JsonObject | None:
    if schedule_id is None:
        return None
    found = world.account.schedules.get(schedule_id)
    if whole and found is not None and found.form == "layers":
        return short_schedule(world.account, found)
    return target_schedule_reference(world.account, schedule_id)


def _listed(world: World, asked: Asked, form: str) -> list[Schedule]:
    teams = world.teams_asked(asked)
    items = [
        each
        for each in world.account.schedules.values()
        if each.form == form
        and world.sees(each.team_ids)
        and (teams is None or not teams.isdisjoint(each.team_ids))
    ]
    return named(asked, items, lambda each: each.name)


def _of_form(world: World, asked: Asked, form: str) -> Schedule:
    found = world.account.schedules.get(asked.ids[0])
    one = world.found(found, found.team_ids if found else (), scoped=True)
    if one.form == form:
        return one
    if form == "layers":
        raise declined(400, "This is a shift-based schedule. Use the /v3/schedules API instead.")
    errors = {"schedule.id": ["is a layer-based schedule, use the /schedules API instead"]}
    error = {"message": "Invalid request", "code": 2001, "errors": errors}
    raise Declined(json_answer({"error": error}, 400))


def _rendering(world: World, asked: Asked, zone: tzinfo) -> Rendering | None:
    window = window_if_any(world, asked)
    return None if window is None else Rendering(*window, zone, asked.flag("overflow"))
