"""Layer-based and shift-based schedules, and who is on call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from operator import attrgetter
from typing import NamedTuple

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.objects import AccountSchedule, Policy, PolicyLevel
from pagerduty_simulator.account.schedule_rendering import (
    Span,
    cut,
    final_spans,
    override_spans,
)
from pagerduty_simulator.api.context import EndpointContext, filter_by_name, optional_window
from pagerduty_simulator.api.paging import page_response
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
    override_object,
    overrides_object,
    scheduled_user_ids,
    shift_override,
    shift_schedule,
    short_schedule,
)

_DAY = 86_400
_SHIFTS_DEFAULT_LIMIT, _SHIFTS_MAX_LIMIT = 100, 1000
_SHIFT_OVERRIDES_MAX_LIMIT = 100
_DAYS_AHEAD = 90 + 1  # one day of grace: the account's clock stands still, the client's does not


class OnCall(NamedTuple):
    """A user on call for one level of one policy."""

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
    window = _render_window(context, request, zone)

    def serialize(schedule: AccountSchedule) -> JsonObject:
        body = short_schedule(account, schedule)
        if "schedule_layers" in include:
            body["schedule_layers"] = layers_object(account, schedule, zone, window)
        if "overrides_subschedule" in include:
            body["overrides_subschedule"] = overrides_object(account, schedule, window)
        if "final_schedule" in include:
            body["final_schedule"] = final_object(account, schedule, window)
        return body | (calendar_feeds(account, schedule) if include else {})

    rows = _visible_schedules(context, request, "layers")
    return page_response(context, request, "schedules", rows, serialize)


def schedule(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one layer-based schedule, rendered where the request has a window."""
    account, schedule = context.account, _requested_schedule(context, request, "layers")
    zone = request.zone(schedule.time_zone)
    window = _render_window(context, request, zone)
    body = short_schedule(account, schedule) | {
        "schedule_layers": layers_object(account, schedule, zone, window),
        "overrides_subschedule": overrides_object(account, schedule, window),
        "final_schedule": final_object(account, schedule, window),
        **calendar_feeds(account, schedule),
    }
    return json_response({"schedule": body})


def schedule_users(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the users on call within a window, or everyone on the schedule without a window."""
    account, schedule = context.account, _requested_schedule(context, request, "layers")
    window = optional_window(context, request)
    ids = scheduled_user_ids(schedule)
    if window is not None:
        ids = list(dict.fromkeys(span.user_id or "" for span in final_spans(schedule, *window)))
    users = [account.users[user_id] for user_id in ids if user_id in account.users]
    return json_response({"users": [user_object(account, user) for user in users]})


def schedule_overrides(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the overrides of a layer-based schedule in a window; it has no pages."""
    account, schedule = context.account, _requested_schedule(context, request, "layers")
    window = _required_window(context, request, request.zone(schedule.time_zone))
    overrides = [
        override_object(account, span, window.zone) for span in _overrides(schedule, window)
    ]
    return json_response({"overrides": overrides})


def shift_overrides(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the overrides of a shift-based schedule in a window, page by page."""
    account, schedule = context.account, _requested_schedule(context, request, "shifts")
    window = _required_window(context, request, request.zone(schedule.time_zone))
    return page_response(
        context,
        request,
        "overrides",
        _overrides(schedule, window),
        lambda span: shift_override(account, schedule, span, window.zone),
        max_limit=_SHIFT_OVERRIDES_MAX_LIMIT,
    )


def _required_window(
    context: EndpointContext, request: SimulatedRequest, zone: tzinfo
) -> RenderWindow:
    window = _render_window(context, request, zone)
    if window is None or not (request.value("since") and request.value("until")):
        raise rejection(400, "Since and until are required.", code=2003)
    return window


def _overrides(schedule: AccountSchedule, window: RenderWindow) -> list[Span]:
    spans = override_spans(schedule, window.since, window.until)
    return spans if window.overflow else cut(spans, window.since, window.until)


def shift_schedules(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the shift-based schedules, as references."""
    return page_response(
        context,
        request,
        "schedules",
        _visible_schedules(context, request, "shifts"),
        lambda schedule: schedule_reference(context.account, schedule),
        default_limit=_SHIFTS_DEFAULT_LIMIT,
        max_limit=_SHIFTS_MAX_LIMIT,
    )


def shift_based_schedule(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one shift-based schedule, with its final schedule where that is included."""
    schedule = _requested_schedule(context, request, "shifts")
    window = _render_window(context, request, request.zone())
    body = shift_schedule(context.account, schedule, request.values("include"), window)
    return json_response({"schedule": body})


def oncalls(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List who is on call for policies, duplicates included: one shift per policy and level."""
    account, include = context.account, request.values("include")
    zone = request.zone(account.time_zone)

    def serialize(on_call: OnCall) -> JsonObject:
        return {
            "escalation_policy": policy_object(account, on_call.policy)
            if "escalation_policies" in include
            else policy_reference(account, on_call.policy),
            "escalation_level": on_call.level,
            "schedule": _schedule_of(context, on_call.schedule_id, whole="schedules" in include),
            "user": user_or_stub(account, on_call.user_id, whole="users" in include),
            "start": None if on_call.start is None else instant(on_call.start, zone),
            "end": None if on_call.end is None else instant(on_call.end, zone),
        }

    return page_response(context, request, "oncalls", _on_calls(context, request), serialize)


def _on_calls(context: EndpointContext, request: SimulatedRequest) -> list[OnCall]:
    window = _on_call_window(context, request)
    policies = set(request.values("escalation_policy_ids"))
    users = set(request.values("user_ids"))
    schedules = {None if text == "null" else text for text in request.values("schedule_ids")}
    matches = [
        on_call
        for policy in context.account.policies.values()
        if context.can_see(policy.team_ids) and (not policies or policy.id in policies)
        for position, level in enumerate(policy.levels, start=1)
        for on_call in _on_level(context, policy, position, level, window)
        if (not users or on_call.user_id in users)
        and (not schedules or on_call.schedule_id in schedules)
    ]
    return _earliest(matches) if request.flag("earliest") else matches


def _earliest(on_calls: list[OnCall]) -> list[OnCall]:
    """Return the first shift of each user, policy and level."""
    first: dict[tuple[str, int, str], OnCall] = {}
    for on_call in on_calls:
        first.setdefault((on_call.policy.id, on_call.level, on_call.user_id), on_call)
    return list(first.values())


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
        elif schedule := context.account.schedules.get(target.id):
            for span in final_spans(schedule, *window):
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


def _schedule_of(
    context: EndpointContext, schedule_id: str | None, *, whole: bool
) -> JsonObject | None:
    if schedule_id is None:
        return None
    schedule = context.account.schedules.get(schedule_id)
    if whole and schedule is not None and schedule.form == "layers":
        return short_schedule(context.account, schedule)
    return target_schedule_reference(context.account, schedule_id)


def _visible_schedules(
    context: EndpointContext, request: SimulatedRequest, form: str
) -> list[AccountSchedule]:
    teams = context.requested_teams(request)
    rows = [
        schedule
        for schedule in context.account.schedules.values()
        if schedule.form == form
        and context.can_see(schedule.team_ids)
        and (teams is None or not teams.isdisjoint(schedule.team_ids))
    ]
    return filter_by_name(request, rows, attrgetter("name"))


def _requested_schedule(
    context: EndpointContext, request: SimulatedRequest, form: str
) -> AccountSchedule:
    match = context.account.schedules.get(request.ids[0])
    schedule = context.require(match, match.team_ids if match else (), scoped=True)
    if schedule.form == form:
        return schedule
    if form == "layers":
        raise rejection(400, "This is a shift-based schedule. Use the /v3/schedules API instead.")
    errors = {"schedule.id": ["is a layer-based schedule, use the /schedules API instead"]}
    error = {"message": "Invalid request", "code": 2001, "errors": errors}
    raise RejectedRequest(json_response({"error": error}, 400))


def _render_window(
    context: EndpointContext, request: SimulatedRequest, zone: tzinfo
) -> RenderWindow | None:
    window = optional_window(context, request)
    return None if window is None else RenderWindow(*window, zone, request.flag("overflow"))
