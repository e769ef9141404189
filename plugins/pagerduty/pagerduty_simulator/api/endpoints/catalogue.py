"""Services, policies, teams, users, abilities, priorities."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.names import ABILITIES
from pagerduty_simulator.account.objects import Membership, Policy, Service, User
from pagerduty_simulator.api.context import EndpointContext, filter_by_name
from pagerduty_simulator.api.paging import page_response
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.core import (
    cache_latest_incidents,
    contact_method_object,
    notification_rule_object,
    own_profile,
    policy_object,
    priority_object,
    service_object,
    team_object,
    user_object,
)
from pagerduty_simulator.api.serializers.references import user_reference

_PERSONAL_CALENDARS = "calendar_urls"
_name = attrgetter("name")


def services(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List services."""
    account, teams = context.account, context.requested_teams(request)
    include, zone = request.values("include"), request.zone(account.time_zone)
    cache_latest_incidents(account)
    exact_name = request.value("name")
    rows = [
        service
        for service in account.services.values()
        if context.can_see(service.team_ids)
        and _has_team(teams, service.team_ids)
        and exact_name in {None, service.name}
    ]

    def serialize(service: Service) -> JsonObject:
        return service_object(account, service, include, zone)

    sorted_rows = filter_by_name(request, rows, _name)
    return page_response(context, request, "services", sorted_rows, serialize)


def service(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one service."""
    account = context.account
    match = account.services.get(request.ids[0])
    service = context.require(match, match.team_ids if match else (), scoped=True)
    cache_latest_incidents(account)
    zone = request.zone(account.time_zone)
    body = service_object(account, service, request.values("include"), zone)
    return json_response({"service": body})


def escalation_policies(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List escalation policies."""
    account, teams = context.account, context.requested_teams(request)
    users, include = set(request.values("user_ids")), request.values("include")
    rows = [
        policy
        for policy in account.policies.values()
        if context.can_see(policy.team_ids)
        and _has_team(teams, policy.team_ids)
        and (not users or users & _target_ids(policy))
    ]

    def serialize(policy: Policy) -> JsonObject:
        return policy_object(account, policy, include)

    sorted_rows = filter_by_name(request, rows, _name)
    return page_response(context, request, "escalation_policies", sorted_rows, serialize)


def escalation_policy(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one escalation policy."""
    match = context.account.policies.get(request.ids[0])
    policy = context.require(match, match.team_ids if match else (), scoped=True)
    body = policy_object(context.account, policy, request.values("include"))
    return json_response({"escalation_policy": body})


def teams(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List teams; 402 where the plan has none."""
    context.require_ability("teams")
    account = context.account
    rows = [team for team in account.teams.values() if context.can_see((team.id,))]
    sorted_rows = filter_by_name(request, rows, _name)
    return page_response(
        context, request, "teams", sorted_rows, lambda team: team_object(account, team)
    )


def team(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one team."""
    context.require_ability("teams")
    match = context.account.teams.get(request.ids[0])
    team = context.require(match, request.ids, scoped=True)
    return json_response({"team": team_object(context.account, team)})


def team_members(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the members of a team, with their roles."""
    context.require_ability("teams")
    account = context.account
    context.require(account.teams.get(request.ids[0]), request.ids, scoped=True)
    whole = "users" in request.values("include")

    def serialize(member: Membership) -> JsonObject:
        user = account.users.get(member.user_id)
        return {
            "user": user_object(account, user)
            if whole and user
            else user_reference(account, member.user_id),
            "role": member.role,
        }

    members = [member for member in account.memberships if member.team_id == request.ids[0]]
    return page_response(context, request, "members", members, serialize)


def users(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List users. Members of hidden teams are still listed."""
    account, teams = context.account, context.requested_teams(request)
    include = request.values("include")
    rows: Iterable[User] = account.users.values()
    if teams is not None:
        members = {member.user_id for member in account.memberships if member.team_id in teams}
        rows = [user for user in rows if user.id in members]
    sorted_rows = filter_by_name(request, rows, _name)
    return page_response(
        context, request, "users", sorted_rows, lambda user: user_object(account, user, include)
    )


def user(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one user; a deleted one is not found."""
    user = context.require(context.account.users.get(request.ids[0]))
    own = request.credential is not None and request.credential.user_id == user.id
    include = request.values("include")
    body = user_object(context.account, user, include)
    if own or _PERSONAL_CALENDARS in include:
        body |= own_profile(context.account, user)
    return json_response({"user": body})


def users_me(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return the owner of the key; an account key is refused, and ``error`` is a string."""
    if request.credential is None or request.credential.user_id is None:
        message = "The request can not be completed with an account-level access token."
        return json_response({"error": message}, 400)
    user = context.require(context.account.users.get(request.credential.user_id))
    return json_response({"user": own_profile(context.account, user)})


def contact_methods(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the contact methods of a user, addresses included; not paged."""
    user = context.require(context.account.users.get(request.ids[0]))
    methods = [contact_method_object(user, method) for method in user.contact_methods]
    return json_response({"contact_methods": methods})


def notification_rules(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the notification rules of a user, by default those of high urgency; not paged."""
    user = context.require(context.account.users.get(request.ids[0]))
    urgency = request.value("urgency") or "high"
    if urgency not in {"high", "low", "all"}:
        raise rejection(400, "Urgency is invalid.")
    rules = [
        notification_rule_object(user, rule)
        for rule in user.notification_rules
        if urgency in {"all", rule.urgency}
    ]
    return json_response({"notification_rules": rules})


def abilities(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the abilities of the plan; not paged."""
    del request
    return json_response({"abilities": context.account.abilities})


def ability(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return whether the plan has an ability: 204, 402, or 404 for an unknown name."""
    if request.ids[0] in context.account.abilities:
        return SimulatedResponse(status=204, content_type=None)
    raise rejection(402 if request.ids[0] in ABILITIES else 404)


def priorities(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List incident priorities; 402 where the plan has none."""
    context.require_ability("incident_priority_activated")
    rows = [
        priority_object(priority, position)
        for position, priority in enumerate(context.account.priorities)
    ]
    return page_response(context, request, "priorities", rows, lambda body: body)


def _has_team(teams: frozenset[str] | None, team_ids: Iterable[str]) -> bool:
    return teams is None or not teams.isdisjoint(team_ids)


def _target_ids(policy: Policy) -> set[str]:
    return {target.id for level in policy.levels for target in level.targets}
