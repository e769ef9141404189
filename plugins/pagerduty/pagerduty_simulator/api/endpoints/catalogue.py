"""Services, policies, teams, users, abilities, priorities."""

from __future__ import annotations

from collections.abc import Iterable

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.names import ABILITIES
from pagerduty_simulator.account.objects import Membership, User
from pagerduty_simulator.api.context import EndpointContext, filter_by_name, page_response
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.core import (
    contact_method_object,
    note_latest_incidents,
    own_profile,
    policy_object,
    priority_object,
    service_object,
    team_object,
    user_object,
)
from pagerduty_simulator.api.serializers.references import user_reference

_PERSONAL_CALENDARS = "calendar_urls"


def services(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List services."""
    account, teams = context.account, context.requested_teams(request)
    include, zone = request.values("include"), request.zone(account.time_zone)
    note_latest_incidents(account)
    exact = request.value("name")
    items = [
        each
        for each in account.services.values()
        if context.can_see(each.team_ids)
        and _of_teams(teams, each.team_ids)
        and exact in {None, each.name}
    ]
    listed = filter_by_name(request, items, lambda each: each.name)
    return page_response(
        context,
        request,
        "services",
        listed,
        lambda each: service_object(account, each, include, zone),
    )


def service(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one service."""
    account = context.account
    found = account.services.get(request.ids[0])
    one = context.require(found, found.team_ids if found else (), scoped=True)
    note_latest_incidents(account)
    zone = request.zone(account.time_zone)
    return json_response({"service": service_object(account, one, request.values("include"), zone)})


def escalation_policies(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List escalation policies."""
    account, teams, users = (
        context.account,
        context.requested_teams(request),
        set(request.values("user_ids")),
    )
    include = request.values("include")
    items = [
        each
        for each in account.policies.values()
        if context.can_see(each.team_ids)
        and _of_teams(teams, each.team_ids)
        and (not users or users & {target.id for level in each.levels for target in level.targets})
    ]
    listed = filter_by_name(request, items, lambda each: each.name)
    return page_response(
        context,
        request,
        "escalation_policies",
        listed,
        lambda each: policy_object(account, each, include),
    )


def escalation_policy(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one escalation policy."""
    found = context.account.policies.get(request.ids[0])
    one = context.require(found, found.team_ids if found else (), scoped=True)
    written = policy_object(context.account, one, request.values("include"))
    return json_response({"escalation_policy": written})


def teams(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List teams; 402 where the plan has none."""
    context.require_ability("teams")
    items = [each for each in context.account.teams.values() if context.can_see((each.id,))]
    listed = filter_by_name(request, items, lambda each: each.name)
    return page_response(
        context, request, "teams", listed, lambda each: team_object(context.account, each)
    )


def team(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one team."""
    context.require_ability("teams")
    one = context.require(context.account.teams.get(request.ids[0]), request.ids, scoped=True)
    return json_response({"team": team_object(context.account, one)})


def team_members(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List who is in a team, and as what."""
    context.require_ability("teams")
    context.require(context.account.teams.get(request.ids[0]), request.ids, scoped=True)
    whole = "users" in request.values("include")

    def write(member: Membership) -> JsonObject:
        user = context.account.users.get(member.user_id)
        return {
            "user": user_object(context.account, user)
            if whole and user
            else user_reference(context.account, member.user_id),
            "role": member.role,
        }

    members = [each for each in context.account.memberships if each.team_id == request.ids[0]]
    return page_response(context, request, "members", members, write)


def users(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List users. Members of hidden teams still show."""
    account, teams, include = (
        context.account,
        context.requested_teams(request),
        request.values("include"),
    )
    items: Iterable[User] = account.users.values()
    if teams is not None:
        wanted = {each.user_id for each in account.memberships if each.team_id in teams}
        items = [each for each in items if each.id in wanted]
    listed = filter_by_name(request, items, lambda each: each.name)
    return page_response(
        context, request, "users", listed, lambda each: user_object(account, each, include)
    )


def user(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one user; a deleted one is gone."""
    one = context.require(context.account.users.get(request.ids[0]))
    own = request.credential is not None and request.credential.user_id == one.id
    include = request.values("include")
    written = user_object(context.account, one, include)
    if own or _PERSONAL_CALENDARS in include:
        written |= own_profile(context.account, one)
    return json_response({"user": written})


def users_me(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give the user whose key it is; an account key is refused, and ``error`` is a string."""
    if request.credential is None or request.credential.user_id is None:
        message = "The request can not be completed with an account-level access token."
        return json_response({"error": message}, 400)
    one = context.require(context.account.users.get(request.credential.user_id))
    return json_response({"user": own_profile(context.account, one)})


def contact_methods(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List how to reach a user, addresses included; not paged."""
    one = context.require(context.account.users.get(request.ids[0]))
    methods = [contact_method_object(one, each) for each in one.contact_methods]
    return json_response({"contact_methods": methods})


def abilities(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List what the plan can do; not paged."""
    del request
    return json_response({"abilities": context.account.abilities})


def ability(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Say whether the plan has an ability: 204, 402, or 404 for a name nobody knows."""
    if request.ids[0] in context.account.abilities:
        return SimulatedResponse(status=204, content_type=None)
    raise rejection(402 if request.ids[0] in ABILITIES else 404)


def priorities(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List incident priorities; 402 where the plan has none."""
    context.require_ability("incident_priority_activated")
    ranked = list(enumerate(context.account.priorities))
    return page_response(
        context, request, "priorities", ranked, lambda each: priority_object(each[1], each[0])
    )


def _of_teams(wanted: frozenset[str] | None, team_ids: Iterable[str]) -> bool:
    return wanted is None or not wanted.isdisjoint(team_ids)
