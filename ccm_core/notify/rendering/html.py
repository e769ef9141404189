"""A message as the HTML of a mail: tables and inline styles, as mail programs need. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ccm_core.notify.message import Entry, Fact, Message, MessageSection
from ccm_core.notify.rendering.wording import heading, left_out, line, safe_url

_COLOURS = {
    "critical": "#9f1239",
    "high": "#b45309",
    "medium": "#1d4ed8",
    "low": "#475569",
    "informational": "#475569",
}
_BODY = (
    "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:15px;"
    "line-height:1.5;color:#0f172a;max-width:680px"
)
_MUTED = "color:#475569"
_CODE = "font-family:ui-monospace,Consolas,monospace;font-size:13px;color:#334155"


def render_html(message: Message) -> str:
    """Return the body of a mail; the title is in it, as its heading."""
    return "".join(
        (
            f'<div lang="en" style="{_BODY}">',
            f'<h1 style="font-size:20px;margin:0 0 12px">{_text(message.title)}</h1>',
            *(f'<p style="margin:0 0 6px">{_text(text)}</p>' for text in message.summary),
            *(part for section in message.sections for part in _section(section)),
            *(
                f'<p style="margin:20px 0 0">{_link(link.text, link.url)}</p>'
                for link in message.links
            ),
            "</div>",
        )
    )


def _section(section: MessageSection) -> Iterator[str]:
    yield f'<h2 style="font-size:16px;margin:24px 0 8px">{_text(heading(section))}</h2>'
    for entry in section.entries:
        yield from _entry(entry)
    if rest := left_out(section):
        yield f'<p style="margin:8px 0;{_MUTED}">{_text(rest)}</p>'


def _entry(entry: Entry) -> Iterator[str]:
    title = f"{_severity(entry.severity)}{_link(entry.title, entry.url)}"
    if not entry.facts and not entry.command:
        yield f'<p style="margin:4px 0">{title}</p>'
        return
    colour = _COLOURS.get(entry.severity, "#475569")
    yield (
        '<table role="presentation" cellspacing="0" cellpadding="0" '
        f'style="border-left:4px solid {colour};margin:0 0 14px;width:100%"><tr>'
        '<td style="padding:2px 0 2px 12px">'
    )
    yield f'<div style="font-weight:600;margin:0 0 2px">{title}</div>'
    yield from map(_fact, entry.facts)
    if entry.command:
        yield f'<div style="{_CODE}">{_text(entry.command)}</div>'
    yield "</td></tr></table>"


def _severity(severity: str) -> str:
    if not severity:
        return ""
    colour = _COLOURS.get(severity, "#475569")
    return f'<span style="color:{colour};font-weight:700">{_text(severity)}</span> '


def _fact(fact: Fact) -> str:
    name = f'<span style="{_MUTED}">{_text(fact.name)}:</span>'
    return f"<div>{name} {_link(fact.value, fact.url)}</div>"


def _link(text: str, url: str) -> str:
    safe = safe_url(url)
    if not safe:
        return _text(text)
    return f'<a href="{escape(safe)}" style="color:#1d4ed8">{_text(text)}</a>'


def _text(text: str) -> str:
    return escape(line(text))
