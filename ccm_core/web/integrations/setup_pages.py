"""Connecting a source, its last steps: the vendor's side, the secrets, consent, test, and save."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ccm_core.auth.oauth_messages import InsufficientScope
from ccm_core.errors import CcmError, SourceError, UsageError
from ccm_core.model.console.activity import ActivityKind
from ccm_core.sdk.oauth import CLIENT_ID
from ccm_core.sdk.secret import Secret
from ccm_core.web.access.sessions import secret_digest
from ccm_core.web.answers import Answer, HtmlPage, NotFound, Redirect
from ccm_core.web.integrations.connection_pages import connection_path
from ccm_core.web.integrations.form_fields import label_of
from ccm_core.web.integrations.logged_change import (
    connection_text,
    logged_change,
    settings_text,
)
from ccm_core.web.integrations.patience import within_patience
from ccm_core.web.integrations.start_setup import SECRET, callback_url, setup_path

if TYPE_CHECKING:
    from ccm_core.pipeline.credentials.oauth_consent import ConsentGrant
    from ccm_core.web.server_state.pending_setups import PendingConsent, PendingSetup
    from ccm_core.web.visit import Visit

_OVER = (
    "This setup is over: it was saved or given up, it rested for half an hour, the server was "
    "started again, or it belongs to another session. Begin again under Integrations."
)
_UNKNOWN_STATE = (
    "This answer belongs to no link of this session, or to one that was used already. Begin again "
    "at the page of the connection that you set up, with a new link."
)
_LATE = "The link was made more than ten minutes ago, and counts no more: make a new one."


def setup_page(visit: Visit) -> Answer:
    """Show how far a setup is, and its next step."""
    return _with(visit, lambda pending: _page(visit, pending))


def enter_secrets(visit: Visit) -> Answer:
    """Take the secrets; then make the link to consent by, or test the connection."""

    def step(pending: PendingSetup) -> Answer:
        new = pending.setup.new
        entered = {key: visit.field(f"{SECRET}{key}") for key in new.method.secrets}
        missing = [
            key for key, text in entered.items() if not text and key not in new.method.optional
        ]
        if missing:
            words = ", ".join(key.replace("_", " ") for key in missing)
            raise UsageError(f"Nothing was entered for: {words}.")
        pending.enter({key: Secret(text) for key, text in entered.items() if text})
        if pending.needs_consent:
            pending.ask_consent(callback_url(visit), visit.now)
        else:
            _test(visit, pending)
        return Redirect(path=setup_path(pending.id))

    return _with(visit, _telling(step))


def new_link(visit: Visit) -> Answer:
    """Make another link to consent by."""

    def step(pending: PendingSetup) -> Answer:
        if not pending.has_secrets or not pending.setup.new.method.needs_consent:
            raise UsageError("Enter the client id and the client secret first.")
        pending.problem, pending.missing_scopes = "", ()
        pending.ask_consent(callback_url(visit), visit.now)
        return Redirect(path=setup_path(pending.id))

    return _with(visit, _telling(step))


def callback(visit: Visit) -> Answer:
    """Take what an identity server sent the browser back with: once, and only in its session."""
    session = secret_digest(visit.secret)
    taken = visit.console.setups.take_consent(session, visit.asked("state"), visit.now)
    if taken is None:
        visit.note(ActivityKind.REFUSED, "an answer of an identity server without its state")
        raise UsageError(_UNKNOWN_STATE)
    pending, consent = taken

    def step(pending: PendingSetup) -> Answer:
        if not consent.counts(visit.now):
            raise UsageError(_LATE)
        _consented(visit, pending, _granted(visit, pending, consent))
        return Redirect(path=setup_path(pending.id))

    with pending.lock:
        return _telling(step)(pending)


def test_setup(visit: Visit) -> Answer:
    """Test the connection with what was entered."""

    def step(pending: PendingSetup) -> Answer:
        if not pending.has_secrets or pending.needs_consent:
            raise UsageError("There is nothing to test yet: take the steps before.")
        _test(visit, pending)
        return Redirect(path=setup_path(pending.id))

    return _with(visit, _telling(step))


def save_setup(visit: Visit) -> Answer:
    """Save a connection that was tested, to the account that somebody confirmed."""

    def step(pending: PendingSetup) -> Answer:
        setup, name = pending.setup, pending.setup.new.name
        if pending.test is None:
            raise UsageError("Test the connection first: only one that was reached is saved.")
        if setup.new.method.needs_consent and visit.field("confirmed") != "yes":
            raise UsageError("Confirm first that this is the account that you mean.")
        setup.reread_file()
        before = connection_text(visit.workspace, name)
        after = settings_text(setup.settings)
        with logged_change(visit, f"connection {name}", before=before, after=after):
            setup.save()
        visit.console.setups.remove(pending.id)
        return Redirect(path=connection_path(name), done="saved")

    return _with(visit, _telling(step))


def cancel_setup(visit: Visit) -> Answer:
    """Give a setup up: what was entered is forgotten, and nothing is changed."""

    def step(pending: PendingSetup) -> Answer:
        visit.console.setups.remove(pending.id)
        return Redirect(path="/integrations")

    return _with(visit, step)


# -- what they share --------------------------------------------------------------------------


def _with(visit: Visit, step: Callable[[PendingSetup], Answer]) -> Answer:
    session = secret_digest(visit.secret)
    with visit.console.setups.step(session, visit.parts["setup"], visit.now) as pending:
        if pending is None:
            raise NotFound(_OVER)
        return step(pending)


def _telling(step: Callable[[PendingSetup], Answer]) -> Callable[[PendingSetup], Answer]:
    """Return a step whose failure is told on the page of the setup, which stays where it was."""

    def told(pending: PendingSetup) -> Answer:
        pending.problem = ""
        try:
            return step(pending)
        except CcmError as error:
            pending.problem = str(error)
            return Redirect(path=setup_path(pending.id))

    return told


def _test(visit: Visit, pending: PendingSetup) -> None:
    """Test a connection; where it cannot be used, its connector says why.

    Raises:
        UsageError: It opens another account than that of its evidence.
    """
    pending.test, pending.failed = None, ()
    name = pending.setup.new.name
    visit.note(ActivityKind.STARTED, f"test of connection {name}, before it is saved")
    try:
        pending.test = within_patience(pending.setup.test())
    except SourceError as error:
        pending.failed = tuple(within_patience(pending.setup.diagnose_refusal(error)))


def _granted(visit: Visit, pending: PendingSetup, consent: PendingConsent) -> ConsentGrant:
    """Return what somebody agreed to.

    Raises:
        UsageError: They did not.
        SourceError: Less was granted than was asked, or the identity server failed.
    """
    pairs = [(name, value) for name, values in visit.query.items() for value in values]
    address = f"{callback_url(visit)}?{urlencode(pairs)}"
    try:
        return within_patience(pending.setup.finish_consent(consent.request, address))
    except InsufficientScope as refused:
        pending.missing_scopes = refused.missing
        raise


def _consented(visit: Visit, pending: PendingSetup, granted: ConsentGrant) -> None:
    pending.grant, pending.missing_scopes = granted, ()
    pending.learned = pending.setup.adopt_account_settings(granted)
    _test(visit, pending)


def _page(visit: Visit, pending: PendingSetup) -> HtmlPage:
    setup = pending.setup
    method = setup.new.method
    consent = pending.consent
    counts = consent is not None and consent.counts(visit.now)
    return HtmlPage(
        template="integrations/setup.html",
        values={
            "path": setup_path(pending.id),
            "name": setup.new.name,
            "connector": setup.new.connector,
            "method": method,
            "replaces": setup.replaces,
            "reason": pending.reason,
            "settings": setup.settings.settings,
            "scopes": setup.scopes,
            "callback": callback_url(visit) if method.needs_consent else "",
            "secrets": [
                (
                    f"{SECRET}{key}",
                    label_of(key),
                    key in method.optional,
                    key == CLIENT_ID,
                )
                for key in method.secrets
            ],
            "has_secrets": pending.has_secrets,
            "needs_consent": pending.needs_consent,
            "link": consent.request.url.reveal() if consent and counts else "",
            "until": consent.until if consent and counts else None,
            "missing": pending.missing_scopes,
            "granted": pending.grant.tokens.scopes if pending.grant else None,
            "account": pending.grant.account if pending.grant else None,
            "learned": pending.learned,
            "test": pending.test,
            "failed": pending.failed,
            "problem": pending.problem,
        },
    )
