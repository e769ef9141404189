"""The pages that are generated, wholly or between two markers."""

from __future__ import annotations

from pathlib import Path

from docgen import command_index, rule_page, sdk_modules
from docgen.section import replace_section

ROOT = Path(__file__).parents[1]

SECTIONS = {
    "docs/reference/commands.md": ("commands", command_index.table),
    "docs/reference/hooks.md": ("sdk modules", sdk_modules.table),
}
"""By page: the name of its generated section, and what writes it."""


def generated_pages() -> dict[str, str]:
    """Return the text that each generated page must have, by its path in the repository."""
    pages = {"docs/reference/pagerduty-rules.md": rule_page.page()}
    for path, (name, table) in SECTIONS.items():
        pages[path] = replace_section((ROOT / path).read_text("utf-8"), name, table())
    return pages
