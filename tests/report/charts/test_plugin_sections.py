"""Sections that plugins add: figures on the page, honest about the evidence behind them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ccm_core.model.evidence.collection import Outcome
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.types import Section


@pytest.fixture
def page(inputs, figures):
    """Render a report with one section."""
    section = Section(
        name="acme.coverage", title="On-call coverage", connection="acme", figures=figures()
    )

    def render(**changes):
        return HtmlReport().render(replace(inputs, sections=[replace(section, **changes)])).decode()

    return render


def test_a_section_has_all_its_figures(page):
    """The section, its link, and the words of its figures."""
    html = page()
    assert '<a href="#section-acme-acme.coverage">On-call coverage</a>' in html
    assert "1 of 2 has a gap, 1 not known" in html
    assert "1 gap, 5h" in html
    assert "100 % within 15m" in html
    assert "nobody" in html


def test_insufficient_evidence_of_a_section_is_shown_above_its_figures(page, make):
    """A warning precedes figures over insufficient evidence."""
    lost = make.standing("acme.schedule", Outcome.FAILED, problem="acme.schedule failed: 500")
    html = page(problems=(lost,))
    warning = html.index("Insufficient evidence for this section")
    assert warning < html.index("1 of 2 has a gap, 1 not known")
    assert "acme.schedule failed: 500" in html


def test_an_empty_section_with_missing_evidence_proves_nothing(page, make):
    """It says so."""
    lost = make.standing("acme.schedule", None, problem="acme.schedule was never collected.")
    html = page(figures=(), problems=(lost,))
    assert (
        "There is nothing to show. The evidence is not sufficient to say that there is nothing"
        in html
    )


def test_a_section_that_failed_shows_the_error(page):
    """Where its figures would be; the rest of the report is complete."""
    html = page(figures=(), failure="KeyError: 'levels'")
    assert "This section could not be drawn.</b> KeyError: &#39;levels&#39;" in html
    assert "Failing checks" in html


@pytest.mark.parametrize(
    "name",
    [
        pytest.param('"><script>alert(1)</script>', id="markup"),
        pytest.param("javascript:alert(1)", id="address"),
        pytest.param("\u202etxt\x00\x1b[2J", id="control"),
        pytest.param("x" * 500, id="long"),
    ],
)
def test_hostile_names_are_text_in_every_figure(page, figures, name):
    """Whatever an object is called."""
    html = page(figures=figures(name))
    assert "<script>alert" not in html
    assert 'href="javascript:' not in html
    assert not re.search("[\x00\x1b\u202e]", html)


def test_sections_of_two_connections_name_their_connection(inputs):
    """And one link leads to the first of them."""
    section = Section(name="acme.coverage", title="On-call coverage", connection="eu")
    html = HtmlReport().render(
        replace(inputs, sections=[replace(section, connection="us"), section])
    )
    assert html.decode().count(">On-call coverage</a>") == 1
    assert re.findall(r'On-call coverage <span class="number">(\w+)', html.decode()) == [
        "eu",
        "us",
    ]
