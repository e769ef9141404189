"""A generated section of a page that is otherwise written by people."""

from __future__ import annotations

import re


def replace_section(page: str, name: str, text: str) -> str:
    """Return a page with the text between the two markers of a section replaced.

    Args:
        page: The whole page.
        name: The section's name, as in ``<!-- generated: NAME -->``.
        text: The new text, without a line break at its end.

    Raises:
        ValueError: The page does not have the two markers once.
    """
    begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    section = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    replaced, count = section.subn(lambda _match: f"{text}\n", page)
    if count != 1:
        raise ValueError(f"expected {begin} and {end} once, got them {count} times")
    return replaced


def markdown_table(*rows: tuple[str, ...]) -> str:
    """Return a table in Markdown; the first row is its heading."""
    heading, *lines = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([heading, "|---" * len(rows[0]) + "|", *lines])
