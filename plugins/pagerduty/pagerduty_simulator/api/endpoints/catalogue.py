"""Services, policies, teams, users, abilities, priorities."""

from __future__ import annotations

from collections.abc import Iterable

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.names import ABILITIES
from pagerduty_simulator.account.objects import Membership, User
from pagerduty_simulator.api.context import World, named, page
from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer, declined, json_answer
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


def services(world: World, asked: Asked) -> Answer:
    """List services."""
    account, teams = world.account, world.teams_asked(asked)
    include, zone = asked.many("include"), asked.zone(account.time_zone)
    note_latest_incidents(account)
    exact = asked.one("name")
    items = [
        each
        for each in account.services.values()
        if world.sees(each.team_ids)
        and _of_teams(teams, each.team_ids)
        and exact in {None, each.name}
    ]
    listed = named(asked, items, lambda each: each.name)
    return page(
        world, asked, "services", listed, lambda each: service_object(account, each, include, zone)
    )


def service(world: World, asked: Asked) -> Answer:
    """Give one service."""
    account = world.account
    found = account.services.get(asked.ids[0])
    one = world.found(found, found.team_ids if found else (), scoped=True)
    note_latest_incidents(account)
    zone = asked.zone(account.time_zone)
    return json_answer({"service": service_object(account, one, asked.many("include"), zone)})


def escalation_policies(world: World, asked: Asked) -> Answer:
    """List escalation policies."""
    account, teams, users = world.account, world.teams_asked(asked), set(asked.many("user_ids"))
    include = asked.many("include")
    items = [
        each
        for each in account.policies.values()
        if world.sees(each.team_ids)
        and _of_teams(teams, each.team_ids)
        and (not users or users & {target.id for level in each.levels for target in level.targets})
    ]
    listed = named(asked, items, lambda each: each.name)
    return page(
        world,
        asked,
        "escalation_policies",
        listed,
        lambda each: policy_object(account, each, include),
    )


def escalation_policy(world: World, asked: Asked) -> Answer:
    """Give one escalation policy."""
    found = world.account.policies.get(asked.ids[0])
    one = world.found(found, found.team_ids if found else (), scoped=True)
    written = policy_object(world.account, one, asked.many("include"))
    return json_answer({"escalation_policy": written})


def teams(world: World, asked: Asked) -> Answer:
    """List teams; 402 where the plan has none."""
    world.needs("teams")
    items = [each for each in world.account.teams.values() if world.sees((each.id,))]
    listed = named(asked, items, lambda each: each.name)
    return page(world, asked, "teams", listed, lambda each: team_object(world.account, each))


def team(world: World, asked: Asked) -> Answer:
    """Give one team."""
    world.needs("teams")
    one = world.found(world.account.teams.get(asked.ids[0]), asked.ids, scoped=True)
    return json_answer({"team": team_object(world.account, one)})


def team_members(world: World, asked: Asked) -> Answer:
    """List who is in a team, and as what."""
    world.needs("teams")
    world.found(world.account.teams.get(asked.ids[0]), asked.ids, scoped=True)
    whole = "users" in asked.many("include")

    def write(member: Membership) -> JsonObject:
        user = world.account.users.get(member.user_id)
        return {
            "user": user_object(world.account, user)
            if whole and user
            else user_reference(world.account, member.user_id),
            "role": member.role,
        }

    members = [each for each in world.account.memberships if each.team_id == asked.ids[0]]
    return page(world, asked, "members", members, write)


def users(world: World, asked: Asked) -> Answer:
    """List users. Members of hidden teams still show."""
    account, teams, include = world.account, world.teams_asked(asked), asked.many("include")
    items: Iterable[User] = account.users.values()
    if teams is not None:
        wanted = {each.user_id for each in account.memberships if each.team_id in teams}
        items = [each for each in items if each.id in wanted]
    listed = named(asked, items, lambda each: each.name)
    return page(world, asked, "users", listed, lambda each: user_object(account, each, include))


def user(world: World, asked: Asked) -> Answer:
    """Give one user; a deleted one is gone."""
    one = world.found(world.account.users.get(asked.ids[0]))
    own = asked.credential is not None and asked.credential.user_id == one.id
    include = asked.many("include")
    written = user_object(world.account, one, include)
    if own or _PERSONAL_CALENDARS in include:
        written |= own_profile(world.account, one)
    return json_answer({"user": written})


def users_me(world: World, asked: Asked) -> Answer:
    """Give the user whose key it is; an account key is refused, and ``error`` is a string."""
    if asked.credential is None or asked.credential.user_id is None:
        message = "The request can not be completed with an account-level access token."
        return json_answer({"error": message}, 400)
    one = world.found(world.account.users.get(asked.credential.user_id))
    return json_answer({"user": own_profile(world.account, one)})


def contact_methods(world: World, asked: Asked) -> Answer:
    """List how to reach a user, addresses included; not paged."""
    one = world.found(world.account.users.get(asked.ids[0]))
    methods = [contact_method_object(one, each) for each in one.contact_methods]
    return json_answer({"contact_methods": methods})


def abilities(world: World, asked: Asked) -> Answer:
    """List what the plan can do; not paged."""
    del asked
    return json_answer({"abilities": world.account.abilities})


def ability(world: World, asked: Asked) -> Answer:
    """Say whether the plan has an ability: 204, 402, or 404 for a name nobody knows."""
    if asked.ids[0] in world.account.abilities:
        return Answer(status=204, content_type=None)
    raise declined(402 if asked.ids[0] in ABILITIES else 404)


def priorities(world: World, asked: Asked) -> Answer:
    """List incident priorities; 402 where the plan has none."""
    world.needs("incident_priority_activated")
    ranked = list(enumerate(world.account.priorities))
    return page(world, asked, "priorities", ranked, lambda each: priority_object(each[1], each[0]))


def _of_teams(wanted: frozenset[str] | None, team_ids: Iterable[str]) -> bool:
    return wanted is None or not wanted.isdisjoint(team_ids)
