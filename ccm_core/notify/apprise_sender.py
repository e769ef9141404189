"""Sends a message to an address. The only module that uses Apprise."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
    _load_service(address.reveal())
    if not service.add(address.reveal()):
        return "expected an address of a service that Apprise supports; see its list of services"
    is_sent = service.notify(
        title=message.title,
        body="\n".join(message.lines),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return None if is_sent else "the service did not accept the message"


def _load_service(address: str) -> None:
    """Let Apprise load the module of one service, where it has the name of the address's schema.

    It loads those of all services else, which takes longer than everything that is done then.
    """
    from apprise import plugins

    manager: Any = plugins.N_MGR
    schema = address.partition("://")[0].casefold()
    for name in _modules(schema) if schema.isalnum() else ():
        if manager and schema in manager:
            return
        if find_spec(f"apprise.plugins.{name}") is not None:
            # It loads what is named like a file of a folder.
            with TemporaryDirectory() as folder:
                Path(folder, f"{name}.py").touch()
                manager.load_modules(path=folder)
    if not manager or schema not in manager:
        manager.unload_modules()  # so that it loads all


def _modules(schema: str) -> Iterator[str]:
    for name in dict.fromkeys((schema, schema.removesuffix("s"))):
        yield from (name, f"custom_{name}")
    if schema in ("mailto", "mailtos"):
        yield "email"
