"""A message as an attachment of Slack's Block Kit. Pure.

All that comes from evidence is in elements of rich text, which Slack does not search for markup:
a name such as ``<!channel>`` notifies nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.notify.message import Entry, Fact, Message, MessageSection
from ccm_core.notify.rendering.text import render_text
from ccm_core.notify.rendering.wording import heading, labelled, left_out, line, safe_url

MAX_BLOCKS = 50
_MAX_HEADER = 150
_MAX_FALLBACK = 2000
_COLOURS = {"critical": "#9f1239", "high": "#b45309", "medium": "#1d4ed8"}
_OTHER = "#475569"


def render_slack(message: Message) -> JsonObject:
    """Return the attachment: a header, then one block of rich text for each section and entry."""
    return {
        "color": _COLOURS.get(message.severity, _OTHER),
        "fallback": escape(
            line(f"{message.title}. {render_text(message)}", _MAX_FALLBACK), quote=False
        ),
        "blocks": list(_blocks(message)),
    }


def _blocks(message: Message) -> Iterator[JsonObject]:
    yield {"type": "header", "text": _plain(message.title)}
    if message.summary:
        yield _rich([_section_of(_run(text) for text in _broken(message.summary))])
    for section in message.sections:
        yield from _section(section)
    for link in message.links:
        yield _rich([_section_of([_link(link.text, link.url)])])


def _plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": line(text, _MAX_HEADER), "emoji": False}


def _broken(lines: tuple[str, ...]) -> Iterator[str]:
    for number, text in enumerate(lines):
        yield f"\n{line(text)}" if number else line(text)


def _section(section: MessageSection) -> Iterator[JsonObject]:
    yield _rich([_section_of([_run(heading(section), bold=True)])])
    brief = [entry for entry in section.entries if not entry.facts]
    for entry in section.entries:
        if entry.facts:
            yield _rich([_section_of(_entry(entry))])
    if brief:
        items = [_section_of([_link(labelled(entry), entry.url)]) for entry in brief]
        bullets = {"type": "rich_text_list", "style": "bullet", "elements": items}
        yield _rich([bullets])
    if rest := left_out(section):
        yield _rich([_section_of([_run(rest)])])


def _entry(entry: Entry) -> Iterator[JsonObject]:
    yield _link(labelled(entry), entry.url, bold=True)
    for fact in entry.facts:
        yield from _fact(fact)
    if entry.command:
        yield from (_run("\n"), _run(line(entry.command), code=True))


def _fact(fact: Fact) -> Iterator[JsonObject]:
    yield _run(f"\n{line(fact.name)}: ")
    yield _link(line(fact.value), fact.url)


def _link(text: str, url: str, **style: bool) -> JsonObject:
    safe = safe_url(url)
    if not safe:
        return _run(line(text), **style)
    return {"type": "link", "url": safe, "text": line(text) or safe, **_style(style)}


def _run(text: str, **style: bool) -> JsonObject:
    return {"type": "text", "text": text or " ", **_style(style)}


def _style(style: dict[str, bool]) -> JsonObject:
    return {"style": style} if style else {}


def _section_of(elements: Any) -> JsonObject:
    return {"type": "rich_text_section", "elements": list(elements)}


def _rich(elements: list[JsonObject]) -> JsonObject:
    return {"type": "rich_text", "elements": elements}
