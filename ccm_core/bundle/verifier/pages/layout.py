"""How a page of an evidence package is laid out: no script, no link to elsewhere, text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MOST_ROWS = 200
"""Of more rows than this the rest is counted; the tables for spreadsheets have all."""
INDEX = "index.html"
PAGES = {
    INDEX: "Overview",
    "pages/period.html": "Period report",
    "pages/exceptions.html": "Exceptions",
    "pages/populations.html": "Populations",
    "pages/samples.html": "Samples",
    "pages/method.html": "How do you know that the method works?",
}
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}"
    "nav{border-bottom:1px solid #8886;padding-bottom:.75rem}nav a,nav strong{margin-right:1rem;"
    "display:inline-block}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8886;text-align:left;"
    "padding:.25rem .75rem .25rem 0;vertical-align:top}td{overflow-wrap:break-word;"
    "min-width:4.5rem}p,li,h1,h2,td code{overflow-wrap:anywhere}"
    "h2 small{display:block;font-size:.9rem;font-weight:400}"
    "td code{display:inline-block;min-width:9rem}time{white-space:nowrap}"
    "pre{overflow-x:auto;border:1px solid #8886;padding:.5rem}small{opacity:.75}"
    ".note{border-left:.25rem solid #8886;padding-left:.75rem}"
    "dt{font-weight:600}dd{margin:0 0 .5rem}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_page(name: str, title: str, body: Iterable[str]) -> bytes:
    """Return a page.

    Args:
        name: Its name in the package.
        title: What it is; plain text.
        body: Its parts, escaped already.
    """
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="color-scheme" content="light dark">\n<title>{text(title)}</title>',
        f"<style>{STYLE}</style>\n</head>\n<body>\n<header>",
        navigation(name),
        f"<h1>{text(title)}</h1>\n</header>\n<main>",
        *body,
        (
            "</main>\n<footer><p>Times are in UTC. This page was made from the evidence in the "
            "package; the verifier makes it anew, and refuses a package in which it differs.</p>"
            "</footer>\n</body>\n</html>\n"
        ),
    ]
    return "\n".join(parts).encode()


def navigation(name: str) -> str:
    """Return links to the other pages."""
    up = "" if name == INDEX else "../"
    links = (
        f"<strong>{text(title)}</strong>"
        if page == name
        else f'<a href="{up}{page}">{text(title)}</a>'
        for page, title in PAGES.items()
    )
    return f"<nav>{''.join(links)}</nav>"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    count: int,
    more: str = "assurance.json",
    most: int = MOST_ROWS,
) -> Iterator[str]:
    """Yield a table of cells that are escaped already."""
    columns = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    yield f'<div class="wide"><table>\n<thead><tr>{columns}</tr></thead>\n<tbody>'
    for _, row in zip(range(most), rows):
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody>\n</table></div>"
    if count > most:
        yield f"<p>{count - most} more: see <code>{more}</code> in the package.</p>"


def subject_cell(row: Mapping[str, Any]) -> str:
    """Return the cell of a subject."""
    subject = row["subject"]
    place = f"{text(subject['kind'])} {text(subject['key'])} of {text(row['connection'])}"
    return f"{text(subject['title'])} <small>{place}</small>"


def test_cell(rule: str, titles: Mapping[str, str]) -> str:
    """Return the cell of a test: what it asserts, and its id."""
    if rule not in titles:
        return text(rule)
    return f"{text(titles[rule])} <small>{text(rule)}</small>"


def percent(share: float) -> str:
    """Return a share in percent, never rounded up: only the whole is 100 %."""
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def listed(names: Iterable[str]) -> str:
    """Return names in one line."""
    return ", ".join(map(text, names)) or "none"


def instant(value: str) -> str:
    """Return an instant in UTC as people read it, to the second; escaped."""
    return f"<time>{text(value[:19].replace('T', ' '))}</time>" if value else ""


def counted(number: int, word: str) -> str:
    """Return a number of things."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def plain(value: object) -> str:
    """Return a text of the source on one line, without what steers a terminal or turns text."""
    shown = str(value)
    if shown.isprintable():  # nearly every text is, and populations have millions
        return shown
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in shown)


def text(value: object) -> str:
    """Return a text of the source as it may stand in a page: escaped, and without controls."""
    return html.escape(plain(value))
