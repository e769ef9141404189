"""Sends a message to an address. The only module that uses Apprise."""

from __future__ import annotations

import warnings

from ccm_core.errors import UsageError
from ccm_core.notify.types import Notification
from ccm_core.sdk.secret import Secret


def send(message: Notification, address: Secret) -> str | None:
    """Send a message to one Apprise address, such as ``slack://...`` or ``mailto://...``.

    Returns:
        Why it was not sent, without the address; None where it was.

    Raises:
        UsageError: Apprise is not installed.
    """
    with warnings.catch_warnings():
        # Deprecated modules that Apprise imports concern its authors.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _send(message, address)


def _send(message: Notification, address: Secret) -> str | None:
    try:
        import apprise
    except ModuleNotFoundError as cause:
        raise UsageError(
            "notifications need one more package; run: pip install 'ccm-core[notify]'"
        ) from cause
    service = apprise.Apprise()
    if not service.add(address.reveal()):
        return "expected an address of a service that Apprise supports; see its list of services"
    is_sent = service.notify(
        title=message.title,
        body="\n".join(message.lines),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return None if is_sent else "the service did not accept the message"
