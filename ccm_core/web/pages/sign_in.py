"""Signing in with the one-time link, and signing out."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ccm_core.errors import CcmError, UsageError
from ccm_core.model.console.activity import ActivityKind
from ccm_core.web.access.sessions import begin_session, secret_digest
from ccm_core.web.answers import Answer, HtmlPage, Redirect
from ccm_core.web.visit import Visit

REFUSED = "/sign-in?refused=yes"
"""Where a link that does not count leads; it is noted, as long as that is not too often."""


def sign_in_page(visit: Visit) -> Answer:
    """Show the ways to sign in: by the team's provider, and the button that spends the link."""
    if visit.identity is not None:
        return Redirect(path="/")
    return HtmlPage(
        template="sign_in.html",
        values={
            "link": visit.asked("link"),
            "refused": visit.asked("refused") == "yes",
            "provider": _provider(visit),
        },
    )


def _provider(visit: Visit) -> str | None:
    """Return the host by which a team signs in; None: the settings have none, or mistakes."""
    try:
        team = visit.workspace.settings.web.sign_in
    except CcmError:  # whoever is not signed in is not told what stands in them
        return None
    return None if team is None else urlsplit(team.issuer).hostname


def sign_in(visit: Visit) -> Answer:
    """Begin a session for whoever holds the one-time link."""
    console = visit.console
    if not console.link.spend(visit.field("link")):
        return Redirect(path=REFUSED)
    with visit.writing() as store:
        secret = begin_session(store.console, console.local, visit.now, console.limits)
        known = replace(visit, identity=console.local)
        entry = known.activity(ActivityKind.SIGNED_IN, "one-time link")
        store.console.append_activity(entry)
    return Redirect(path="/", session=secret)


def sign_out(visit: Visit) -> Answer:
    """End the session."""
    if visit.identity is None:
        raise UsageError("nobody is signed in")
    with visit.writing() as store:
        store.console.end_session(secret_digest(visit.secret))
        store.console.append_activity(visit.activity(ActivityKind.SIGNED_OUT, "session"))
    return Redirect(path="/sign-in", session="")
