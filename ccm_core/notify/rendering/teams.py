"""A message as an Adaptive Card for Microsoft Teams. Pure.

All that comes from evidence is in runs of text, in which Teams looks for no Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.notify.message import Entry, Message, MessageSection
from ccm_core.notify.rendering.wording import heading, labelled, left_out, line, safe_url

_STYLES = {"critical": "attention", "high": "warning"}
_CARD = "application/vnd.microsoft.card.adaptive"


def render_teams(message: Message) -> JsonObject:
    """Return the message with its card."""
    actions = [
        {"type": "Action.OpenUrl", "title": line(link.text), "url": safe_url(link.url)}
        for link in message.links
        if safe_url(link.url)
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": line(message.title),
        "msteams": {"width": "full"},
        "body": list(_body(message)),
        **({"actions": actions} if actions else {}),
    }
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message) -> Iterator[JsonObject]:
    yield _block([_run(message.title, size="Large", weight="Bolder")])
    yield from (_block([_run(text)]) for text in message.summary)
    for section in message.sections:
        yield _block([_run(heading(section), weight="Bolder")], separator=True, spacing="Medium")
        yield from _entries(section)


def _entries(section: MessageSection) -> Iterator[JsonObject]:
    for entry in section.entries:
        style = {"style": _STYLES[entry.severity]} if entry.severity in _STYLES else {}
        yield {"type": "Container", **style, "items": list(_entry(entry))}
    if rest := left_out(section):
        yield _block([_run(rest, isSubtle=True)])


def _entry(entry: Entry) -> Iterator[JsonObject]:
    yield _block([_run(labelled(entry), entry.url, weight="Bolder")])
    for fact in entry.facts:
        value = _run(fact.value, fact.url)
        yield _block([_run(f"{fact.name}: ", isSubtle=True), value], spacing="None")
    if entry.command:
        yield _block([_run(entry.command, fontType="Monospace")], spacing="None")


def _run(text: str, url: str = "", **style: Any) -> JsonObject:
    safe = safe_url(url)
    action = {"selectAction": {"type": "Action.OpenUrl", "url": safe}} if safe else {}
    end = " " if text.endswith(" ") else ""  # between a name and its value
    return {"type": "TextRun", "text": f"{line(text)}{end}", **style, **action}


def _block(inlines: Iterable[JsonObject], **layout: Any) -> JsonObject:
    return {"type": "RichTextBlock", "inlines": list(inlines), **layout}
