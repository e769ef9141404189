"""Generated pages: what is committed is what ``make docs`` writes."""

from __future__ import annotations

import pytest

from docgen.pages import ROOT, generated_pages
from docgen.section import markdown_table, replace_section


def test_generated_pages_are_as_committed():
    """Write them again with ``make docs`` when the code that they describe changes."""
    pages = generated_pages()
    assert pages
    assert [path for path in pages if (ROOT / path).read_text("utf-8") != pages[path]] == []


def test_only_the_text_between_the_markers_of_a_section_is_replaced():
    """What people wrote around it stays, and a second time changes nothing."""
    page = "Above.\n<!-- generated: x -->\nold\n<!-- end: x -->\nBelow.\n"
    replaced = replace_section(page, "x", "new \\1")
    assert replaced == page.replace("old", "new \\1")
    assert replace_section(replaced, "x", "new \\1") == replaced


@pytest.mark.parametrize("page", ["", "<!-- end: x -->\n<!-- generated: x -->\n"])
def test_a_page_without_the_markers_of_a_section_is_refused(page: str):
    """Nothing is written over."""
    with pytest.raises(ValueError, match="generated: x"):
        replace_section(page, "x", "new")


def test_a_markdown_table_has_a_heading_and_a_line_for_each_row():
    """As Markdown has it."""
    assert markdown_table(("a", "b"), ("1", "2")) == "| a | b |\n|---|---|\n| 1 | 2 |"
