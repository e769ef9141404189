"""Sends a message to an address. The only place that talks, and the only door to Apprise."""

from __future__ import annotations

import warnings

from ccm_core.errors import UsageError
from ccm_core.notify.types import Notification
from ccm_core.sdk.secret import Secret


def send(message: Notification, address: Secret) -> str | None:
    """Send a message to one Apprise address, such as ``slack://...`` or ``mailto://...``.

    Returns:
        What went wrong, without the address; None where it was sent.

    Raises:
        UsageError: Apprise is not installed.
    """
    with warnings.catch_warnings():
        # What it says of modules that Python will drop concerns its authors.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _sent(message, address)


def _sent(message: Notification, address: Secret) -> str | None:
    try:
        import apprise
    except ModuleNotFoundError as cause:
        raise UsageError(
            "notifications need one more package; run: pip install 'ccm-core[notify]'"
        ) from cause
    service = apprise.Apprise()
    if not service.add(address.reveal()):
        return "no service is meant by this address; see the addresses that Apprise knows"
    sent = service.notify(
        title=message.title,
        body="\n".join(message.lines),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return None if sent else "the service did not take the message"
