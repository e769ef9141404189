"""Schedules of both worlds, and who is on call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.objects import AccountSchedule, Policy, PolicyLevel
from pagerduty_simulator.account.schedule_rendering import final_spans
from pagerduty_simulator.api.context import (
    EndpointContext,
    filter_by_name,
    optional_window,
    page_response,
)
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import (
    RejectedRequest,
    SimulatedResponse,
    json_response,
    rejection,
)
from pagerduty_simulator.api.serializers.core import policy_object, user_object, user_or_stub
from pagerduty_simulator.api.serializers.references import (
    instant,
    policy_reference,
    schedule_reference,
    target_schedule_reference,
)
from pagerduty_simulator.api.serializers.schedules import (
    RenderWindow,
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


def schedules(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the layer-based schedules; shift-based ones are not among them."""
    account, include = context.account, request.values("include")
    zone = request.zone(account.time_zone)
    rendering = _rendering(context, request, zone)

    def write(each: AccountSchedule) -> JsonObject:
        written = short_schedule(account, each)
        if "schedule_layers" in include:
            written["schedule_layers"] = layers_object(account, each, zone, rendering)
        if "overrides_subschedule" in include:
            written["overrides_subschedule"] = overrides_object(account, each, rendering)
        if "final_schedule" in include:
            written["final_schedule"] = final_object(account, each, rendering)
        return written | (calendar_feeds(account, each) if include else {})

    return page_response(context, request, "schedules", _listed(context, request, "layers"), write)


def schedule(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one layer-based schedule, rendered where a window is given."""
    account, found = context.account, _of_form(context, request, "layers")
    zone = request.zone(found.time_zone)
    rendering = _rendering(context, request, zone)
    written = short_schedule(account, found) | {
        "schedule_layers": layers_object(account, found, zone, rendering),
        "overrides_subschedule": overrides_object(account, found, rendering),
        "final_schedule": final_object(account, found, rendering),
        **calendar_feeds(account, found),
    }
    return json_response({"schedule": written})


def schedule_users(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List who is on call within a window, or everyone on the schedule where none is given."""
    account, found = context.account, _of_form(context, request, "layers")
    window = optional_window(context, request)
    ids = members(found)
    if window is not None:
        ids = list(dict.fromkeys(span.user_id or "" for span in final_spans(found, *window)))
    users = [account.users[each] for each in ids if each in account.users]
    return json_response({"users": [user_object(account, each) for each in users]})


def shift_schedules(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the shift-based schedules, as references."""
    return page_response(
        context,
        request,
        "schedules",
        _listed(context, request, "shifts"),
        lambda each: schedule_reference(context.account, each),
        default_limit=_SHIFTS_USUAL,
        max_limit=_SHIFTS_MOST,
    )


def shift_based_schedule(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one shift-based schedule, with its final schedule where that is included."""
    found = _of_form(context, request, "shifts")
    rendering = _rendering(context, request, request.zone())
    written = shift_schedule(context.account, found, request.values("include"), rendering)
    return json_response({"schedule": written})


def oncalls(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List who is on call for policies, duplicates included: one shift per policy and level."""
    account, include = context.account, request.values("include")
    zone = request.zone(account.time_zone)

    def write(each: OnCall) -> JsonObject:
        whole_policy = "escalation_policies" in include
        return {
            "escalation_policy": policy_object(account, each.policy)
            if whole_policy
            else policy_reference(account, each.policy),
            "escalation_level": each.level,
            "schedule": _schedule(context, each.schedule_id, whole="schedules" in include),
            "user": user_or_stub(account, each.user_id, whole="users" in include),
            "start": None if each.start is None else instant(each.start, zone),
            "end": None if each.end is None else instant(each.end, zone),
        }

    return page_response(context, request, "oncalls", _on_calls(context, request), write)


def _on_calls(context: EndpointContext, request: SimulatedRequest) -> list[OnCall]:
    since, until = _on_call_window(context, request)
    policies, users = set(request.values("escalation_policy_ids")), set(request.values("user_ids"))
    schedules = {None if each == "null" else each for each in request.values("schedule_ids")}
    found = [
        each
        for policy in context.account.policies.values()
        if context.can_see(policy.team_ids) and (not policies or policy.id in policies)
        for position, level in enumerate(policy.levels, start=1)
        for each in _on_level(context, policy, position, level, (since, until))
        if (not users or each.user_id in users) and (not schedules or each.schedule_id in schedules)
    ]
    if not request.flag("earliest"):
        return found
    first = {(each.policy.id, each.level, each.user_id): each for each in reversed(found)}
    return [each for each in found if first[each.policy.id, each.level, each.user_id] is each]


def _on_level(
    context: EndpointContext,
    policy: Policy,
    position: int,
    level: PolicyLevel,
    window: tuple[int, int],
) -> Iterator[OnCall]:
    for target in level.targets:
        if target.type == "user":
            yield OnCall(policy, position, target.id)
        elif found := context.account.schedules.get(target.id):
            for span in final_spans(found, *window):
                if span.user_id is not None:
                    yield OnCall(policy, position, span.user_id, target.id, span.start, span.end)


def _on_call_window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    now = context.account.epoch
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    since = now if since is None else since
    until = max(now, since) if until is None else until
    if until < since:
        raise rejection(400, "Until cannot be before since.", code=2005)
    if until > now + _DAYS_AHEAD * _DAY:
        raise rejection(400, "Until cannot be more than 90 days in the future.", code=2005)
    return since, until


def _schedule(
    context: EndpointContext, schedule_id: str | None, *, whole: bool
) -> JsonObject | None:
    if schedule_id is None:
        return None
    found = context.account.schedules.get(schedule_id)
    if whole and found is not None and found.form == "layers":
        return short_schedule(context.account, found)
    return target_schedule_reference(context.account, schedule_id)


def _listed(
    context: EndpointContext, request: SimulatedRequest, form: str
) -> list[AccountSchedule]:
    teams = context.requested_teams(request)
    items = [
        each
        for each in context.account.schedules.values()
        if each.form == form
        and context.can_see(each.team_ids)
        and (teams is None or not teams.isdisjoint(each.team_ids))
    ]
    return filter_by_name(request, items, lambda each: each.name)


def _of_form(context: EndpointContext, request: SimulatedRequest, form: str) -> AccountSchedule:
    found = context.account.schedules.get(request.ids[0])
    one = context.require(found, found.team_ids if found else (), scoped=True)
    if one.form == form:
        return one
    if form == "layers":
        raise rejection(400, "This is a shift-based schedule. Use the /v3/schedules API instead.")
    errors = {"schedule.id": ["is a layer-based schedule, use the /schedules API instead"]}
    error = {"message": "Invalid request", "code": 2001, "errors": errors}
    raise RejectedRequest(json_response({"error": error}, 400))


def _rendering(
    context: EndpointContext, request: SimulatedRequest, zone: tzinfo
) -> RenderWindow | None:
    window = optional_window(context, request)
    return None if window is None else RenderWindow(*window, zone, request.flag("overflow"))
