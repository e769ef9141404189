"""What the account names and does not list: the sign of a credential that sees a part of it.

PagerDuty leaves out what a credential may not see and does not say so. But what is seen still names
what is not: a policy its services, a user their teams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import SourceError
from ccm_core.sdk.types import Diagnosis, LookupOutcome
from ccm_pagerduty.credential import ACCOUNT_KEY, APP_TOKEN
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.listings import (
    POLICIES,
    SCHEDULES,
    SERVICES,
    SHIFT_BASED,
    TEAMS,
    USERS,
)
from ccm_pagerduty.lookup_by_id import look_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.client import PagerDutySession
    from ccm_pagerduty.diagnosis.listings import Listing

LOOKED_UP = 20
"""Objects that are asked for one by one, to tell hidden ones from deleted ones."""
NAMED = 3
"""Ids that a line quotes of each kind."""

SERVICE, POLICY = "pagerduty.service", "pagerduty.escalation_policy"
SCHEDULE, TEAM = "pagerduty.schedule", "pagerduty.team"
_NOUNS = {
    SERVICE: ("service", "services"),
    POLICY: ("escalation policy", "escalation policies"),
    SCHEDULE: ("schedule", "schedules"),
    TEAM: ("team", "teams"),
}
_LISTS = {
    SERVICE: (SERVICES,),
    POLICY: (POLICIES,),
    SCHEDULE: (SCHEDULES, SHIFT_BASED),
    TEAM: (TEAMS,),
}
"""By kind: the lists that together have every object of it."""
_FIELDS = {
    SERVICES: (("teams", TEAM), ("escalation_policy", POLICY)),
    POLICIES: (("services", SERVICE), ("teams", TEAM)),
    SCHEDULES: (("escalation_policies", POLICY), ("teams", TEAM)),
    USERS: (("teams", TEAM),),
}
"""By list: which fields name objects of which kind."""
_HIDING = {LookupOutcome.HIDDEN, LookupOutcome.NOT_FOUND, LookupOutcome.UNLISTED}


async def visibility(session: PagerDutySession, listed: Mapping[str, Listing]) -> Diagnosis:
    """Say what is named and not listed, how many and which."""
    absent = outside(listed)
    hidden, untold = await _hidden(session, absent)
    if hidden:
        return _partial(session, hidden, untold)
    looked = [paths for paths in _LISTS.values() if all(listed[one].whole for one in paths)]
    found = "everything that is named is listed"
    if len(looked) < len(_LISTS):
        found += ", as far as the lists could be read and compared"
    return Diagnosis(subject="visibility", good=True, found=found)


def outside(listed: Mapping[str, Listing]) -> dict[str, set[str]]:
    """Give by kind the ids that are named and not listed; only of lists that are known whole."""
    there = {
        kind: {key for path in paths for key in listed[path].ids}
        for kind, paths in _LISTS.items()
        if all(listed[path].whole for path in paths)
    }
    found: dict[str, set[str]] = {}
    for path, one in listed.items():
        for item in one.items:
            for kind, key in _named(path, item):
                if kind in there and key not in there[kind]:
                    found.setdefault(kind, set()).add(key)
    return found


def _named(path: str, item: JsonObject) -> Iterator[tuple[str, str]]:
    for field, kind in _FIELDS.get(path, ()):
        value = item.get(field)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                yield kind, one["id"]
    for rule in _objects(item.get("escalation_rules")):
        for target in _objects(rule.get("targets")):
            if str(target.get("type")).startswith("schedule") and isinstance(target.get("id"), str):
                yield SCHEDULE, target["id"]


def _objects(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


async def _hidden(
    session: PagerDutySession, absent: Mapping[str, set[str]]
) -> tuple[dict[str, list[str]], int]:
    """Ask for some of what is named, and drop what is known to be gone."""
    hidden: dict[str, list[str]] = {}
    asked = untold = 0
    for kind, keys in absent.items():
        for key in sorted(keys):
            asked += 1
            lookup_outcome = await _asked(session, kind, key) if asked <= LOOKED_UP else None
            if lookup_outcome is None or lookup_outcome in _HIDING:
                hidden.setdefault(kind, []).append(key)
                untold += lookup_outcome is None
    return hidden, untold


async def _asked(session: PagerDutySession, kind: str, key: str) -> LookupOutcome | None:
    try:
        return await look_up(session, kind, key)
    except SourceError:
        return None


def _partial(session: PagerDutySession, hidden: Mapping[str, list[str]], untold: int) -> Diagnosis:
    count = sum(map(len, hidden.values()))
    which = "; ".join(_which(kind, keys) for kind, keys in hidden.items())
    asked = f" ({count - untold} of them were asked for)" if untold else ""
    of_account = session.credential.kind in {ACCOUNT_KEY, APP_TOKEN}
    return Diagnosis(
        subject="visibility",
        good=False,
        cause=Cause.TEAM_SCOPE,
        found=f"{count} object{'' if count == 1 else 's'} named and not listed{asked}, hidden from "
        f"this credential or deleted: {which}. There may be more that nothing names",
        next_step="if they were deleted, mend what names them"
        if of_account
        else "use a read-only API key of the account, or of somebody who is in these teams; if the "
        "objects were deleted, mend what names them",
    )


def _which(kind: str, keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{len(keys)} {_NOUNS[kind][len(keys) != 1]} ({', '.join(keys[:NAMED])}{more})"
