"""Sections that plugins add: figures on the page, honest about the evidence behind them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ccm_core.model.evidence.collection import Outcome
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.types import Section


@pytest.fixture
def page(given, figures):
    """Render a report with one section."""
    section = Section(
        name="acme.coverage", title="On-call coverage", connection="acme", figures=figures()
    )

    def render(**changes):
        return HtmlReport().render(replace(given, sections=[replace(section, **changes)])).decode()

    return render


def test_every_figure_is_there(page):
    """The section, its link, and the words of its figures."""
    found = page()
    assert '<a href="#section-acme-acme.coverage">On-call coverage</a>' in found
    assert "1 of 2 has a gap, 1 not known" in found
    assert "1 gap, 5 h" in found
    assert "100 % within 15 min" in found
    assert "nobody" in found


def test_evidence_that_cannot_be_relied_on_is_told_above(page, make):
    """Figures over evidence with a problem say so before anything is seen."""
    lost = make.standing("acme.schedule", Outcome.FAILED, problem="acme.schedule failed: 500")
    found = page(problems=(lost,))
    warning = found.index("Evidence behind this cannot be relied on")
    assert warning < found.index("1 of 2 has a gap, 1 not known")
    assert "acme.schedule failed: 500" in found


def test_nothing_to_show_is_no_good_news(page, make):
    """An empty section whose evidence is missing says that it proves nothing."""
    lost = make.standing("acme.schedule", None, problem="acme.schedule was never collected.")
    found = page(figures=(), problems=(lost,))
    assert "There is nothing to show. That does not mean that there is nothing" in found


def test_a_section_that_failed_says_so(page):
    """A plugin's bug is told where its figures would be; the rest of the report stands."""
    found = page(figures=(), failure="KeyError: 'levels'")
    assert "This section could not be drawn.</b> KeyError: &#39;levels&#39;" in found
    assert "What needs doing" in found


@pytest.mark.parametrize(
    "name",
    [
        pytest.param('"><script>alert(1)</script>', id="markup"),
        pytest.param("javascript:alert(1)", id="address"),
        pytest.param("\u202etxt\x00\x1b[2J", id="control"),
        pytest.param("x" * 500, id="long"),
    ],
)
def test_hostile_names_are_text(page, figures, name):
    """Whatever an object is called, it stays text in every figure."""
    found = page(figures=figures(name))
    assert "<script>alert" not in found
    assert 'href="javascript:' not in found
    assert not re.search("[\x00\x1b\u202e]", found)


def test_sections_of_two_connections_are_told_apart(given):
    """Each says whose it is, and one link leads to the first of them."""
    one = Section(name="acme.coverage", title="On-call coverage", connection="eu")
    found = HtmlReport().render(replace(given, sections=[replace(one, connection="us"), one]))
    assert found.decode().count(">On-call coverage</a>") == 1
    assert re.findall(r'On-call coverage <span class="number">(\w+)', found.decode()) == [
        "eu",
        "us",
    ]
