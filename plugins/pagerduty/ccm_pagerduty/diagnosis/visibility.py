"""Diagnoses hidden objects: those that the account references and does not list.

PagerDuty silently omits what a credential may not see. But visible objects still refer to hidden
ones: a policy to its services, a user to their teams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import SourceError
from ccm_core.sdk.types import Diagnosis, LookupOutcome
from ccm_pagerduty.credential_owner import ACCOUNT_KEY, APP_TOKEN
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.sample_lists import (
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
    from ccm_pagerduty.diagnosis.sample_lists import SampleList

MAX_LOOKUPS = 20
"""Objects that are requested one by one, to distinguish hidden from deleted ones."""
MAX_NAMES = 3
"""Ids of each kind that a line names."""

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
"""By kind: the lists that together contain every object of it."""
_FIELDS = {
    SERVICES: (("teams", TEAM), ("escalation_policy", POLICY)),
    POLICIES: (("services", SERVICE), ("teams", TEAM)),
    SCHEDULES: (("escalation_policies", POLICY), ("teams", TEAM)),
    USERS: (("teams", TEAM),),
}
"""By list: the fields that refer to objects, with their kinds."""
_HIDDEN = {LookupOutcome.HIDDEN, LookupOutcome.NOT_FOUND}


_NOTHING_LISTED = Diagnosis(
    subject="visibility",
    ok=False,
    cause=Cause.NOTHING_LISTED,
    message="/users lists 0 users, expected at least 1: every account has an owner. Nothing shows "
    "what the credential sees",
    next_step="check that the credential and base_url are of the account; use a read-only API key "
    "of the account",
)


async def visibility(session: PagerDutySession, listings: Mapping[str, SampleList]) -> Diagnosis:
    """Return how many objects are referenced and not listed, and which."""
    if nothing_listed(listings):
        return _NOTHING_LISTED
    hidden, left_out, unchecked = await _look_up_all(session, unlisted(listings))
    if hidden:
        return _partial(session, hidden, unchecked)
    if left_out:
        return _short_list(left_out)
    message = "every referenced object is listed"
    if not all(listings[path].complete for paths in _LISTS.values() for path in paths):
        message += ", as far as the lists could be read and compared"
    return Diagnosis(subject="visibility", ok=True, message=message)


def nothing_listed(listings: Mapping[str, SampleList]) -> bool:
    """Return whether there is no user: every account has one, its owner."""
    return listings[USERS].complete and not listings[USERS].items


def unlisted(listings: Mapping[str, SampleList]) -> dict[str, set[str]]:
    """Return by kind the ids that are referenced and not listed, for completely read lists."""
    listed = {
        kind: {key for path in paths for key in listings[path].ids}
        for kind, paths in _LISTS.items()
        if all(listings[path].complete for path in paths)
    }
    missing: dict[str, set[str]] = {}
    for path, listing in listings.items():
        for body in listing.items:
            for kind, key in _references(path, body):
                if kind in listed and key not in listed[kind]:
                    missing.setdefault(kind, set()).add(key)
    return missing


def _references(path: str, body: JsonObject) -> Iterator[tuple[str, str]]:
    for field, kind in _FIELDS.get(path, ()):
        value = body.get(field)
        for ref in value if isinstance(value, list) else [value]:
            if isinstance(ref, dict) and isinstance(ref.get("id"), str):
                yield kind, ref["id"]
    for rule in _objects(body.get("escalation_rules")):
        for target in _objects(rule.get("targets")):
            if str(target.get("type")).startswith("schedule") and isinstance(target.get("id"), str):
                yield SCHEDULE, target["id"]


def _objects(value: object) -> list[JsonObject]:
    return [child for child in value if isinstance(child, dict)] if isinstance(value, list) else []


async def _look_up_all(
    session: PagerDutySession, missing: Mapping[str, set[str]]
) -> tuple[dict[str, list[str]], dict[str, list[str]], int]:
    """Look up some of the missing objects, and drop those that were deleted.

    Returns those that may be hidden, those that exist all the same, and how many were not looked
    up.
    """
    hidden: dict[str, list[str]] = {}
    left_out: dict[str, list[str]] = {}
    lookups = unchecked = 0
    for kind, keys in missing.items():
        for key in sorted(keys):
            lookups += 1
            outcome = await _look_up(session, kind, key) if lookups <= MAX_LOOKUPS else None
            if outcome is None or outcome in _HIDDEN:
                hidden.setdefault(kind, []).append(key)
                unchecked += outcome is None
            elif outcome is LookupOutcome.UNLISTED:
                left_out.setdefault(kind, []).append(key)
    return hidden, left_out, unchecked


async def _look_up(session: PagerDutySession, kind: str, key: str) -> LookupOutcome | None:
    try:
        return await look_up(session, kind, key)
    except SourceError:
        return None


def _partial(
    session: PagerDutySession, hidden: Mapping[str, list[str]], unchecked: int
) -> Diagnosis:
    count = sum(map(len, hidden.values()))
    objects = "; ".join(_names(kind, keys) for kind, keys in hidden.items())
    checked = f" ({count - unchecked} of them were looked up)" if unchecked else ""
    of_account = session.credential.kind in {ACCOUNT_KEY, APP_TOKEN}
    return Diagnosis(
        subject="visibility",
        ok=False,
        cause=Cause.TEAM_SCOPE,
        message=f"{count} object{'' if count == 1 else 's'} referenced and not listed{checked}, "
        f"hidden from this credential or deleted: {objects}. There may be more without a reference",
        next_step="if they were deleted, fix the references to them"
        if of_account
        else "use a read-only API key of the account, or of a member of these teams; if the "
        "objects were deleted, fix the references to them",
    )


def _short_list(left_out: Mapping[str, list[str]]) -> Diagnosis:
    count = sum(map(len, left_out.values()))
    objects = "; ".join(_names(kind, keys) for kind, keys in left_out.items())
    return Diagnosis(
        subject="visibility",
        ok=False,
        cause=Cause.SHORT_LIST,
        message=f"{count} object{'' if count == 1 else 's'} left out by their lists, though each "
        f"can be read by its id: {objects}",
        next_step="try again; if their lists still lack them, report it to PagerDuty's support",
    )


def _names(kind: str, keys: list[str]) -> str:
    more = f" and {len(keys) - MAX_NAMES} more" if len(keys) > MAX_NAMES else ""
    return f"{len(keys)} {_NOUNS[kind][len(keys) != 1]} ({', '.join(keys[:MAX_NAMES])}{more})"
