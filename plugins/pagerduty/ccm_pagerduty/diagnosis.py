"""What ``ccm check`` says about a connection, one line for each thing, with the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import Denied, NotAvailable, RateLimited, Refused, SourceError
from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.credential import ACCOUNT_KEY, APP_TOKEN, USER_KEY, USER_TOKEN
from ccm_pagerduty.faults import AbilityMissing, ScopeMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import Credential
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

_OF_USERS = {USER_KEY: "an API key of a user", USER_TOKEN: "a token of a user"}
ATTEMPTS = 2
SKEW_MOST = 30.0
"""Seconds by which the clocks may differ before windows miss what just happened."""
SEES_EVERYTHING = frozenset({"owner", "admin"})
ONE = (("limit", "1"),)

# Most specific first: the first class that fits decides.
_STEPS: tuple[tuple[type[SourceError], str], ...] = (
    (Refused, "check the key and the region"),
    (ScopeMissing, "give the credential the scopes that are named, and authorise again"),
    (Denied, "ask an administrator for a read-only API key of the account"),
    (RateLimited, "something else spends this credential's requests; lower its rate, or set share"),
)


async def check(session: PagerDutySession) -> Sequence[Diagnosis]:
    """Look at the credential, at every endpoint that is read, and at the clock."""
    endpoints = [await _endpoint(session, path, wrapper) for path, wrapper in ENDPOINTS]
    return (_credential(session.credential), *endpoints, _clock(session.traffic.clock_skew))


def _credential(credential: Credential) -> Diagnosis:
    whose = _OF_USERS.get(credential.kind)
    if credential.kind == ACCOUNT_KEY:
        found, step = "an API key of the account; it sees what the account has", None
    elif credential.kind == APP_TOKEN:
        found, step = "a token of an app; it sees what the account has, within its scopes", None
    elif whose and credential.role in SEES_EVERYTHING:
        found, step = f"{whose} with the base role {credential.role}", None
    elif whose:
        found = (
            f"{whose} with the base role {credential.role or 'unknown'}; "
            "it sees only what this user sees, and lists do not say what they leave out"
        )
        step = "use a read-only API key of the account, or a scoped app that asks for itself"
    else:
        found, step = "an API key; the account does not say whose", None
    return Diagnosis(subject="credential", good=step is None, found=found, next_step=step)


async def _endpoint(session: PagerDutySession, path: str, wrapper: str) -> Diagnosis:
    try:
        await session.get(path, wrapper, ONE, attempts=ATTEMPTS)
    except SourceError as error:
        return Diagnosis(subject=path, good=False, found=str(error), next_step=_step(path, error))
    return Diagnosis(subject=path, good=True, found="can be read")


def _step(path: str, error: SourceError) -> str:
    if isinstance(error, AbilityMissing):
        return f"nothing, if the plan is meant to be without {path[1:]}; rules that need it say so"
    if isinstance(error, NotAvailable) and path == "/v3/schedules":
        return "nothing, if the account has no shift-based schedules; it cannot be told from here"
    return next(
        (step for shape, step in _STEPS if isinstance(error, shape)),
        "try again; if it stays, give the request id to PagerDuty's support",
    )


def _clock(skew: float | None) -> Diagnosis:
    if skew is None:
        return Diagnosis(subject="clock", good=True, found="the source does not tell its time")
    if abs(skew) <= SKEW_MOST:
        return Diagnosis(subject="clock", good=True, found="agrees with the source's")
    side = "ahead of" if skew > 0 else "behind"
    return Diagnosis(
        subject="clock",
        good=False,
        found=f"this machine is {abs(skew):.0f} seconds {side} the source",
        next_step="let the machine keep its time by NTP",
    )
