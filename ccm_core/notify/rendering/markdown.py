"""A message as CommonMark, which Apprise turns into what each service takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccm_core.notify.message import Entry, Fact, Message
from ccm_core.notify.rendering.wording import heading, labelled, left_out, line, safe_url

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")
_MENTION = re.compile(r"(?<=[@#])(?=\S)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where services find a mention, a channel or a link in a text."""
_BREAK = "\u200b"


def render_markdown(message: Message) -> str:
    """Return the body of a message, without its title."""
    return "\n".join(_lines(message)).strip() or escaped(message.title)


def escaped(text: str) -> str:
    """Return a text that is shown as it is, and that formats, mentions and links nothing."""
    return _MARKUP.sub(r"\\\1", _MENTION.sub(_BREAK, line(text)))


def _lines(message: Message) -> Iterator[str]:
    for text in message.summary:
        yield from (escaped(text), "")
    for section in message.sections:
        yield from (f"**{escaped(heading(section))}**", "")
        for entry in section.entries:
            yield from _entry(entry)
        if rest := left_out(section):
            yield f"- {escaped(rest)}"
        yield ""
    for link in message.links:
        yield _link(link.text, link.url)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"- {_link(labelled(entry), entry.url)}"
    yield from (f"    - {escaped(fact.name)}: {_value(fact)}" for fact in entry.facts)
    if entry.command:
        yield f"    - `{line(entry.command).replace('`', '')}`"


def _value(fact: Fact) -> str:
    return _link(fact.value, fact.url)


def _link(text: str, url: str) -> str:
    safe = safe_url(url)
    return f"[{escaped(text)}](<{safe}>)" if safe else escaped(text)
