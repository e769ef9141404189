"""What every form of a message has in common: plain lines, safe links, what was left out. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ccm_core.control_characters import replace_controls
from ccm_core.notify.message import Entry, MessageSection

MAX_LINE = 240
"""Characters of a title or a value."""
_WEB = {"http", "https"}
_LINKABLE = re.compile(r"[!#-&(-;=?-\[\]_a-z~]{1,2000}")
"""ASCII without blanks, quotes, angle brackets and what else may end a link."""


def line(text: str, most: int = MAX_LINE) -> str:
    """Return a text on one line of bounded length, without what steers a display."""
    plain = " ".join(replace_controls(" ".join(text.split())).split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def safe_url(url: str) -> str:
    """Return a web address that can be linked as it is; empty: it cannot.

    Addresses of resources come from a source: what is not http(s), or has blanks, quotes or angle
    brackets in it, is not linked.
    """
    if not _LINKABLE.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in _WEB and parts.netloc else ""


def heading(section: MessageSection) -> str:
    """Return the heading of a section with how many there are in it."""
    return f"{section.heading} ({section.total:,})"


def left_out(section: MessageSection) -> str:
    """Return how many entries a section leaves out and what lists them; empty: none."""
    number = section.total - len(section.entries)
    if number <= 0:
        return ""
    listed = f": {section.rest}" if section.rest else ""
    return f"and {number:,} more{listed}" if section.entries else f"{number:,}{listed}"


def labelled(entry: Entry) -> str:
    """Return the title of an entry after its severity."""
    return line(f"{entry.severity}: {entry.title}" if entry.severity else entry.title)
