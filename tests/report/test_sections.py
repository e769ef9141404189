"""Sections that plugins add: figures on the page, honest about the evidence behind them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.model.collection import Outcome
from ccm_core.model.window import Window
from ccm_core.report.html import HtmlReport
from ccm_core.report.interface import Section
from ccm_core.sdk.figures import Cell, Distribution, Group, Lane, Stretch, Table, Timeline, Tone


def figures(now, name="Primary"):
    """One of each."""
    window = Window(now - timedelta(days=30), now + timedelta(days=14))
    gap = Stretch(window=Window(now, now + timedelta(hours=5)), title=name)
    return (
        Timeline(
            title="Schedules",
            about=name,
            window=window,
            lanes=(Lane(title=name, group=name, url=name, known=(window,), gaps=(gap,)),),
        ),
        Distribution(
            title="Acknowledged", about=name, groups=(Group(title=name, seconds=(60,)),), limit=900
        ),
        Table(
            title="Services",
            about=name,
            columns=(name, "Owner"),
            rows=((Cell(text=name, url=name), Cell(text="nobody", tone=Tone.BAD)),),
        ),
    )


def page(given, **changes):
    """Render a report with one section."""
    now = given.evaluation.evaluated_at
    section = Section(
        name="acme.coverage", title="On-call coverage", connection="acme", figures=figures(now)
    )
    return HtmlReport().render(replace(given, sections=[replace(section, **changes)])).decode()


def test_every_figure_is_there(given):
    """The section, its link, and the words of its figures."""
    found = page(given)
    assert '<a href="#section-acme-acme.coverage">On-call coverage</a>' in found
    assert "1 of 1 has a gap" in found
    assert "1 gap, 5 h" in found
    assert "100 % within 15 min" in found
    assert "nobody" in found


def test_evidence_that_cannot_be_relied_on_is_told_above(given, make):
    """Figures over evidence with a problem say so before anything is seen."""
    lost = make.standing("acme.schedule", Outcome.FAILED, problem="acme.schedule failed: 500")
    found = page(given, problems=(lost,))
    warning = found.index("Evidence behind this cannot be relied on")
    assert warning < found.index("1 of 1 has a gap")
    assert "acme.schedule failed: 500" in found


def test_nothing_to_show_is_no_good_news(given, make):
    """An empty section whose evidence is missing says that it proves nothing."""
    lost = make.standing("acme.schedule", None, problem="acme.schedule was never collected.")
    found = page(given, figures=(), problems=(lost,))
    assert "There is nothing to show. That does not mean that there is nothing" in found


def test_a_section_that_failed_says_so(given):
    """A plugin's bug is told where its figures would be; the rest of the report stands."""
    found = page(given, figures=(), failure="KeyError: 'levels'")
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
def test_hostile_names_are_text(given, name):
    """Whatever an object is called, it stays text in every figure."""
    found = page(given, figures=figures(given.evaluation.evaluated_at, name))
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
