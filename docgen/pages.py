"""The pages that are generated, wholly or between two markers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docgen import command_index, healthy_account_page, rule_page, sdk_modules
from docgen.section import replace_section

ROOT = Path(__file__).parents[1]

SECTIONS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/reference/commands.md": {"commands": command_index.table},
    "docs/reference/healthy-account.md": {
        "features": healthy_account_page.features,
        "twins": healthy_account_page.twins,
    },
    "docs/reference/hooks.md": {"sdk modules": sdk_modules.table},
}
"""By page: the names of its generated sections, and what writes each."""


def generated_pages() -> dict[str, str]:
    """Return the text that each generated page must have, by its path in the repository."""
    pages = {"docs/reference/pagerduty-rules.md": rule_page.page()}
    for path, sections in SECTIONS.items():
        text = (ROOT / path).read_text("utf-8")
        for name, table in sections.items():
            text = replace_section(text, name, table())
        pages[path] = text
    return pages
