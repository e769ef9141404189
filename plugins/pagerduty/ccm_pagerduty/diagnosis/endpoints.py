"""Every endpoint that is read, asked for one object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import (
    AuthenticationFailed,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    SourceError,
)
from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing
from ccm_pagerduty.diagnosis.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_pagerduty.client import PagerDutySession

ENDPOINTS = (
    ("/services", "services"),
    ("/escalation_policies", "escalation_policies"),
    ("/schedules", "schedules"),
    ("/v3/schedules", "schedules"),
    ("/oncalls", "oncalls"),
    ("/incidents", "incidents"),
    ("/log_entries", "log_entries"),
    ("/users", "users"),
    ("/teams", "teams"),
    ("/abilities", "abilities"),
)
"""Everything that is read, with the key that holds the items."""

ATTEMPTS = 2
ONE = (("limit", "1"),)
LOG_ENTRIES = "/log_entries"
WITHOUT_LOG_ENTRIES = "acknowledgements are told by log entries alone, so they will be missing"

# Most specific first: the first class that fits decides.
_CAUSES: tuple[tuple[type[SourceError], Cause], ...] = (
    (AuthenticationFailed, Cause.KEY_REFUSED),
    (ScopeMissing, Cause.INSUFFICIENT_SCOPE),
    (PermissionDenied, Cause.DENIED),
    (AbilityMissing, Cause.PLAN_WITHOUT),
    (NotAvailable, Cause.NOT_THERE),
    (RateLimited, Cause.RATE_LIMITED),
)
_STEPS = {
    Cause.KEY_REFUSED: "check the key and the region",
    Cause.INSUFFICIENT_SCOPE: "give the credential the scopes that are named, and authorise again",
    Cause.DENIED: "ask an administrator for a read-only API key of the account",
    Cause.RATE_LIMITED: "something else spends this credential's requests; lower its rate, or set "
    "share",
}
_LOG_ENTRY_STEPS = {
    Cause.RATE_LIMITED: "leave log entries more of the limit: lower the rate of what else uses the "
    "credential, set share, or set log_entries: auto; then run `ccm collect`",
    Cause.INSUFFICIENT_SCOPE: "give the credential the scope incidents.read, and authorise again",
    Cause.DENIED: "let the credential read incidents and their log entries: use a read-only API "
    "key of the account",
}
_AGAIN = "try again; if it stays, give the request id to PagerDuty's support"


def cause_of(error: SourceError) -> Cause:
    """Name the cause of an error."""
    return next((one for shape, one in _CAUSES if isinstance(error, shape)), Cause.SOURCE_ERROR)


async def endpoints(session: PagerDutySession) -> Sequence[Diagnosis]:
    """Ask every endpoint."""
    told, values = [], {}
    for path, wrapper in ENDPOINTS:
        one, values[path] = await _endpoint(session, path, wrapper)
        told.append(one)
    return [
        await _log_entries(session, one, values["/incidents"])
        if one.subject == LOG_ENTRIES
        else one
        for one in told
    ]


async def _endpoint(session: PagerDutySession, path: str, wrapper: str) -> tuple[Diagnosis, Any]:
    try:
        fetched = await session.get(path, wrapper, ONE, attempts=ATTEMPTS)
    except SourceError as error:
        return _closed(path, error), None
    return Diagnosis(subject=path, good=True, found="can be read"), fetched.value


def _closed(path: str, error: SourceError) -> Diagnosis:
    cause = cause_of(error)
    return Diagnosis(
        subject=path,
        good=False,
        cause=cause,
        found=str(error),
        next_step=_step(path, cause),
    )


def _step(path: str, cause: Cause) -> str:
    if cause is Cause.PLAN_WITHOUT:
        return f"nothing, if the plan is meant to be without {path[1:]}; rules that need it say so"
    if cause is Cause.NOT_THERE and path == "/v3/schedules":
        return "nothing, if the account has no shift-based schedules; it cannot be told from here"
    return _STEPS.get(cause, _AGAIN)


async def _log_entries(session: PagerDutySession, told: Diagnosis, incidents: Any) -> Diagnosis:
    """Say what a closed list of log entries costs: nothing where each incident's can be read."""
    if told.good:
        return told
    first = incidents[0] if isinstance(incidents, list) and incidents else None
    if told.cause == Cause.DENIED and isinstance(first, dict):
        path = f"/incidents/{first.get('id')}/log_entries"
        one, _ = await _endpoint(session, path, "log_entries")
        if one.good:
            found = (
                "the account's list is refused, and each incident's can be read: ccm does that, "
                "with one request for each"
            )
            return Diagnosis(subject=LOG_ENTRIES, good=True, found=found)
    cause = Cause(told.cause or Cause.SOURCE_ERROR)
    return replace(
        told,
        cause=Cause.ACKNOWLEDGEMENTS_MISSING,
        found=f"{told.found}. {WITHOUT_LOG_ENTRIES[0].upper()}{WITHOUT_LOG_ENTRIES[1:]}",
        next_step=_LOG_ENTRY_STEPS.get(cause, told.next_step),
    )
