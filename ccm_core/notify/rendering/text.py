"""A message as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ccm_core.notify.message import Entry, Fact, Message
from ccm_core.notify.rendering.wording import heading, labelled, left_out, line, safe_url


def render_text(message: Message) -> str:
    """Return the body of a message, without its title."""
    return "\n".join(_lines(message)).strip() or line(message.title)


def _lines(message: Message) -> Iterator[str]:
    yield from map(line, message.summary)
    for section in message.sections:
        yield from ("", f"{heading(section)}:")
        for entry in section.entries:
            yield from _entry(entry)
        if rest := left_out(section):
            yield f"- {rest}"
    if message.links:
        yield ""
    for link in message.links:
        yield f"{link.text}: {safe_url(link.url)}"


def _entry(entry: Entry) -> Iterator[str]:
    yield f"- {labelled(entry)}"
    yield from (f"    {line(fact.name)}: {_value(fact)}" for fact in entry.facts)
    is_shown = any(fact.url == entry.url for fact in entry.facts)
    if (url := safe_url(entry.url)) and not is_shown:
        yield f"    Link: {url}"
    if entry.command:
        yield f"    {line(entry.command)}"


def _value(fact: Fact) -> str:
    url = safe_url(fact.url)
    return f"{line(fact.value)} {url}" if url else line(fact.value)
