"""Replacing the credential of a saved connection: another secret, or another consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.app.rotate_credential import CredentialRotation
from ccm_core.errors import CcmError, UsageError
from ccm_core.sdk.secret import Secret
from ccm_core.web.answers import Answer, HtmlPage, Redirect
from ccm_core.web.integrations.connection_pages import asked_connection, connection_path
from ccm_core.web.integrations.form_fields import label_of
from ccm_core.web.integrations.logged_change import logged_change
from ccm_core.web.integrations.patience import within_patience
from ccm_core.web.integrations.start_setup import begin_again

if TYPE_CHECKING:
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.web.visit import Visit

_CONSENT = "The consent that is saved stays in use until another one is saved."


def rotate_page(visit: Visit) -> Answer:
    """Show how a new key or client secret is made, and take it."""
    return _rotate(visit, asked_connection(visit))


def rotate(visit: Visit) -> Answer:
    """Test a new secret, and replace the old one by it."""
    settings = asked_connection(visit)
    field, entered = visit.field("field"), visit.field("secret.new")
    try:
        if not entered:
            raise UsageError("Nothing was entered: paste the new secret.")
        rotation = CredentialRotation.begin(visit.workspace, settings.name, field or None)
        new = Secret(entered)
        rotation.refuse_the_same(new)
        test = within_patience(rotation.test(new))
        about = f"{rotation.field} of connection {settings.name}"
        with logged_change(visit, about, before="the old one", after="a new one, tested"):
            rotation.save(new)
    except CcmError as error:
        return _rotate(visit, settings, problem=str(error))
    problems = sum(not line.ok for line in test.diagnoses)
    path = connection_path(settings.name)
    return Redirect(path=f"{path}?problems={problems}" if problems else path, done="rotated")


def reauthorise(visit: Visit) -> Answer:
    """Begin another consent with the saved client; the old tokens stay until the new are saved."""
    settings = asked_connection(visit)
    method = visit.workspace.auth_method(settings)
    if not method.needs_consent:
        raise UsageError(f"{settings.name} needs nobody's consent: rotate its secret instead.")
    return begin_again(visit, settings, {}, reason=_CONSENT, keep_client=True)


def _rotate(visit: Visit, settings: ConnectionSettings, *, problem: str = "") -> HtmlPage:
    method = visit.workspace.auth_method(settings)
    return HtmlPage(
        template="integrations/rotate.html",
        status=409 if problem else 200,
        values={
            "settings": settings,
            "connector": visit.workspace.catalog.connectors[settings.connector],
            "method": method,
            "fields": [
                (key, reference.entry is not None, str(reference))
                for key, reference in reversed(list(settings.secrets.items()))
            ],
            "label_of": label_of,
            "path": connection_path(settings.name),
            "problem": problem,
        },
    )
