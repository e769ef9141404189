"""Signing in by the identity provider of a team: there, and back with an answer for one use."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ccm_core.errors import CcmError, SecretError, UsageError
from ccm_core.model.console.activity import ActivityKind
from ccm_core.sdk.secret import Secret
from ccm_core.web.access.identity import Identity
from ccm_core.web.access.sessions import begin_session, new_secret, secret_digest
from ccm_core.web.access.team_roles import MOST_VALUES, TeamMember, role_of, team_member
from ccm_core.web.answers import Answer, HtmlPage, NotFound, Redirect, ToProvider
from ccm_core.web.server_state.event_loop import run_in_thread
from ccm_core.web.server_state.pending_sign_ins import PendingSignIn

if TYPE_CHECKING:
    from ccm_core.auth.oidc_sign_in import OidcClient
    from ccm_core.config.settings import SignInSettings
    from ccm_core.model.console.activity import Activity
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.web.access.roles import Role
    from ccm_core.web.visit import Visit

_LOG = logging.getLogger("ccm_core.web")
CALLBACK = "/sign-in/callback"
_UNKNOWN_STATE = (
    "This answer belongs to no sign-in that was begun in this browser within the last ten minutes, "
    "or it was used already. Start again."
)
_CHANGED = "The settings of sign-in were changed in the meantime. Start again."
_BUSY = "Too many people are signing in at this moment. Start again in a minute."
_NOT_READY = (
    "Sign-in is not set up as it has to be. Whoever operates ccm finds the reason in the log of "
    "`ccm serve`."
)


def begin_team_sign_in(visit: Visit) -> Answer:
    """Send somebody to the identity provider, with a cookie that binds the answer to the browser.

    Raises:
        UsageError: The settings have none, or mistakes.
    """
    settings = _settings(visit)
    browser = new_secret()
    try:
        with visit.console.sign_ins.asking() as has_turn:
            if not has_turn:
                return _refused(_BUSY, status=503)
            request = run_in_thread(_client(visit, settings).begin())
    except CcmError as error:
        return _refused(_words(error), status=502)
    pending = PendingSignIn(
        browser=secret_digest(browser), settings=settings, request=request, begun_at=visit.now
    )
    visit.console.sign_ins.add(pending)
    return ToProvider(url=request.authorization.url, browser=browser)


def finish_team_sign_in(visit: Visit) -> Answer:
    """Begin a session for whom the identity provider sent back, where the settings give a role.

    Raises:
        UsageError: The settings have no identity provider, or mistakes.
    """
    settings = _settings(visit)
    pending = visit.console.sign_ins.take(visit.asked("state"), visit.browser, visit.now)
    if pending is None:
        return _refused(_UNKNOWN_STATE)
    if pending.settings != settings:
        return _refused(_CHANGED)
    try:
        member = team_member(_claims(visit, pending), settings)
    except CcmError as error:
        return _failed(visit, settings, _words(error))
    if member.values is None:
        return _without_role(visit, member, _no_claim(member))
    role = role_of(settings, member.values, visit.now.date())
    if role is None:
        return _without_role(visit, member, _no_role(member))
    return _signed_in(visit, member, role)


def _settings(visit: Visit) -> SignInSettings:
    try:
        settings = visit.workspace.settings.web.sign_in
    except CcmError as error:
        raise UsageError(_not_ready(error)) from error
    if settings is None:
        raise NotFound("The settings have no web.sign_in.")
    return settings


def _client(visit: Visit, settings: SignInSettings) -> OidcClient:
    from ccm_core.auth.oidc_sign_in import OidcClient

    reference = settings.client_secret
    return OidcClient(
        issuer=settings.issuer,
        client_id=settings.client_id,
        client_secret=None
        if reference is None
        else visit.workspace.resolve_secret(reference, "client_secret"),
        scopes=settings.scopes,
        redirect_uri=f"{visit.console.origin}{CALLBACK}",
        user_agent=visit.workspace.host.user_agent,
        clock=visit.console.clock,
    )


def _claims(visit: Visit, pending: PendingSignIn) -> JsonObject:
    """Return the verified claims of the answer.

    Raises:
        CcmError: It is refused.
    """
    pairs = [(name, value) for name, values in visit.query.items() for value in values]
    redirected = Secret(f"{visit.console.origin}{CALLBACK}?{urlencode(pairs)}")
    with visit.console.sign_ins.asking() as has_turn:
        if not has_turn:
            raise UsageError(_BUSY)
        client = _client(visit, pending.settings)
        return run_in_thread(client.finish(redirected, pending.request))


def _signed_in(visit: Visit, member: TeamMember, role: Role) -> Redirect:
    identity = Identity(issuer=member.issuer, subject=member.subject, name=member.name, role=role)
    console, entry = visit.console, _entry(visit, member, ActivityKind.SIGNED_IN, role.words)
    with visit.writing() as store:
        if visit.secret:
            store.console.end_session(secret_digest(visit.secret))
        secret = begin_session(
            store.console,
            identity,
            visit.now,
            console.limits,
            claim=member.claim,
            claim_values=member.values or (),
        )
        store.console.append_activity(entry)
    return Redirect(path="/", session=secret)


def _entry(visit: Visit, member: TeamMember, kind: ActivityKind, after: str) -> Activity:
    entry = visit.activity(kind, f"sign-in by {member.issuer}", after=after)
    return replace(entry, issuer=member.issuer, subject=member.subject, name=member.name)


def _without_role(visit: Visit, member: TeamMember, reason: str) -> HtmlPage:
    """Refuse somebody whom the provider knows and the settings give no role."""
    with visit.writing() as store:
        entry = _entry(visit, member, ActivityKind.SIGN_IN_REFUSED, reason)
        store.console.append_activity(entry)
    return _refused(f"You are {member.name}, as {member.issuer} says, but {reason}.")


def _failed(visit: Visit, settings: SignInSettings, reason: str) -> HtmlPage:
    """Refuse an answer. Few of these are entries: anybody can cause one, without being known."""
    refusals = visit.console.refusals
    if not refusals.is_exhausted(visit.now):
        refusals.failed(visit.now)
        about = f"sign-in by {settings.issuer}"
        visit.note(ActivityKind.SIGN_IN_REFUSED, about, after=reason)
    return _refused(reason)


def _refused(reason: str, *, status: int = 403) -> HtmlPage:
    return HtmlPage(template="sign_in_refused.html", values={"reason": reason}, status=status)


def _words(error: CcmError) -> str:
    """Return what whoever is not signed in may know of an error; the log has the rest."""
    return _not_ready(error) if isinstance(error, SecretError) else str(error)


def _not_ready(error: CcmError) -> str:
    _LOG.warning("sign-in: %s", error)
    return _NOT_READY


def _no_claim(member: TeamMember) -> str:
    return (
        f"the ID token has no claim {member.claim!r} with a text, or a list of at most "
        f"{MOST_VALUES:,} texts; the identity provider has to be set up to put it there"
    )


def _no_role(member: TeamMember) -> str:
    return (
        f"web.sign_in.roles of the settings gives no role to any of your values of the claim "
        f"{member.claim!r}; an administrator can change that"
    )
