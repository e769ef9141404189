"""Sends a message to an address, in the richest form that its service takes.

The only module that uses Apprise.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.notify.message import Message
from ccm_core.notify.rendering.fitting import fitted
from ccm_core.notify.rendering.html import render_html
from ccm_core.notify.rendering.markdown import render_markdown
from ccm_core.notify.rendering.slack import MAX_BLOCKS, render_slack
from ccm_core.notify.rendering.teams import render_teams
from ccm_core.notify.rendering.text import render_text
from ccm_core.sdk.secret import Secret

_MAX_SLACK = 30_000
"""Bytes of an attachment; Apprise takes 35,000."""
_MAX_TEAMS = 24_000
"""Bytes of a card; Teams takes 28 KB."""
_MAX_MAIL = 200_000
"""Characters of a mail; mail programs cut what is much longer."""
_RESERVE = 40
"""Characters that a service's own markup may add."""
_REFUSED = "the service did not accept the message"
_PREFERS_MARKDOWN = {"NotifyDiscord"}
"""Services that take both and would be sent plain text."""


def send(message: Message, address: Secret) -> str | None:
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


def _send(message: Message, address: Secret) -> str | None:
    try:
        import apprise
    except ModuleNotFoundError as cause:
        raise UsageError(
            "notifications need one more package; run: pip install 'ccm-core[notify]'"
        ) from cause
    services = apprise.Apprise()
    _load_service(address.reveal())
    if not services.add(address.reveal()):
        return "expected an address of a service that Apprise supports; see its list of services"
    accepted = [_deliver(message, service) for service in services]
    return None if all(accepted) else _REFUSED


def _deliver(message: Message, service: Any) -> bool:
    card = _CARDS.get(type(service).__name__)
    if card is not None and card.is_taken(service):
        return card.deliver(message, service)
    form = _text_form(message, service)
    return _notify(service, message.title, form.body, form.format)


def _notify(service: Any, title: str, body: str, body_format: str) -> bool:
    import apprise

    single = apprise.Apprise()
    single.add(service)
    return bool(single.notify(title=title, body=body, body_format=body_format))


# -- cards ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A form that a service takes as a document of its own, which Apprise calls a template."""

    render: Callable[[Message], JsonObject]
    fits: Callable[[JsonObject], bool]

    def is_taken(self, service: Any) -> bool:
        """Return whether an address takes it: no workflow of Slack, no template of its own."""
        return not service.template and getattr(service, "mode", "") not in {"workflow", "trigger"}

    def deliver(self, message: Message, service: Any) -> bool:
        document = fitted(message, self.render, self.fits)
        if document is None:
            return False
        with TemporaryDirectory() as folder:
            file = Path(folder, "message.json")
            file.write_text(_template(document), encoding="utf-8")
            service.template.add(str(file))
            if hasattr(service, "use_blocks"):
                service.use_blocks = True
            return _notify(service, message.title, message.title, "text")


def _template(document: JsonObject) -> str:
    """Return a document in which nothing is taken for a variable of a template."""
    # Two braces in a row are in texts alone: a key or the end of an object follows any other.
    return json.dumps(document).replace("{{", "\\u007b\\u007b")


def _size(document: JsonObject) -> int:
    return len(_template(document))


_CARDS = {
    "NotifySlack": _Card(
        render=render_slack,
        fits=lambda card: len(card["blocks"]) <= MAX_BLOCKS and _size(card) <= _MAX_SLACK,
    ),
    "NotifyWorkflows": _Card(render=render_teams, fits=lambda card: _size(card) <= _MAX_TEAMS),
}


# -- texts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextForm:
    """A body and the format it has."""

    body: str
    format: str


def _text_form(message: Message, service: Any) -> _TextForm:
    most = min(int(service.body_maxlen), _MAX_MAIL) - len(message.title) - _RESERVE
    name = str(service.resolve_format(None).value)
    if type(service).__name__ in _PREFERS_MARKDOWN and name == "text":
        name = "markdown"
    renderers = {"html": render_html, "markdown": render_markdown, "text": render_text}
    body = fitted(message, renderers[name], lambda text: len(text) <= most)
    if body is not None:
        return _TextForm(body=body, format=name)
    return _TextForm(body=render_text(message)[: max(most, 1)], format="text")


# -- services -------------------------------------------------------------------------------------


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
