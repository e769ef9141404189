"""A ticket's description in the markup of each system. Pure.

Names of resources come from a source: whatever is in them, they mention nobody, link nothing and
format nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ccm_core.tickets.types import TicketLine, TicketText

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")
_MENTION = re.compile(r"(?<=[@#])(?=\w)|(?<=://)(?=\w)|(?<=www)(?=\.)|(?<=GH)(?=-\d)")
"""Where a mention, a reference or a link begins that GitHub would make of a text."""
_BREAK = "\u200b"
_WIKI = re.compile(r"([\\*_{}\[\]()#+\-!|~^?@&])")
_MARKER = re.compile(r"<!-- ccm-finding: ([a-z0-9-]{1,60}) -->")


def markdown(text: TicketText, finding: str) -> str:
    """Return the description as GitHub's Markdown, with the marker that a ticket is found by."""
    rows = [f"- **{row.label}:** {_markdown_link(row)}" for row in text.rows]
    parts = [escaped_markdown(text.lead), "\n".join(rows), escaped_markdown(text.footer)]
    return "\n\n".join([*parts, marker(finding)])


def marker(finding: str) -> str:
    """Return the line by which a ticket of GitHub is found again; it is not shown."""
    return f"<!-- ccm-finding: {finding} -->"


def marked_findings(body: object) -> frozenset[str]:
    """Return the ids of the findings that a body is marked with."""
    return frozenset(_MARKER.findall(body)) if isinstance(body, str) else frozenset()


def escaped_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, and that mentions and links nothing."""
    return _MARKDOWN.sub(r"\\\1", _MENTION.sub(_BREAK, text))


def document(text: TicketText) -> dict[str, Any]:
    """Return the description in the Atlassian Document Format."""
    items = [{"type": "listItem", "content": [_paragraph(*_spans(row))]} for row in text.rows]
    return _document(
        _paragraph(_span(text.lead)),
        {"type": "bulletList", "content": items},
        _paragraph(_span(text.footer, {"type": "em"})),
    )


def document_of_line(line: str) -> dict[str, Any]:
    """Return one line, such as a comment, in the Atlassian Document Format."""
    return _document(_paragraph(_span(line)))


def wiki(text: TicketText) -> str:
    """Return the description in the wiki markup of Jira Data Center."""
    rows = [f"* *{row.label}:* {_wiki_link(row)}" for row in text.rows]
    return "\n\n".join([escaped_wiki(text.lead), "\n".join(rows), escaped_wiki(text.footer)])


def escaped_wiki(text: str) -> str:
    """Return a text that Jira's wiki markup shows as it is."""
    return _WIKI.sub(r"\\\1", text)


def _markdown_link(row: TicketLine) -> str:
    text = escaped_markdown(row.text)
    return f"[{text}](<{_safe_url(row.url)}>)" if row.url else text


def _wiki_link(row: TicketLine) -> str:
    text = escaped_wiki(row.text)
    return f"{text} ([open|{_safe_url(row.url)}])" if row.url else text


def _safe_url(url: str) -> str:
    """Return a URL without what would end the link that it is written in."""
    return re.sub(r"[\s<>\[\]|\\{}\"']", lambda match: f"%{ord(match[0]):02X}", url)


def _document(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def _paragraph(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(spans)}


def _spans(row: TicketLine) -> Iterator[dict[str, Any]]:
    yield _span(f"{row.label}: ", {"type": "strong"})
    link = [{"type": "link", "attrs": {"href": _safe_url(row.url)}}] if row.url else []
    yield _span(row.text or "-", *link)


def _span(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    span: dict[str, Any] = {"type": "text", "text": text}
    return {**span, "marks": list(marks)} if marks else span
