"""Markdown: short, readable, and nothing in it is markup that a source wrote."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ccm_core.model.evidence.collection import Reason, Shortfall
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.markdown import code, text

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def html(page):
    """Let a parser nobody here wrote turn it into HTML."""
    return PARSER.render(page if isinstance(page, str) else page.decode())


def test_the_page_lists_failing_and_inconclusive_checks(render, waived):
    """After the headline, before the next steps."""
    page = html(render("markdown", waived))
    headings = re.findall(r"<h([2-4])>(.*?)</h", page)
    assert headings == [
        ("2", "1 ended in an error"),
        ("3", "Failing checks"),
        ("4", "Every service is ready"),
        ("3", "Inconclusive"),
        ("4", "Every service is ready"),
        ("3", "Next steps"),
    ]
    owners = "(owner: <code>Night desk</code>, <code>Platform</code>)"
    waived = "(risk accepted: <code>W-7</code>)"
    assert f"<li><code>Service waived</code> {owners} {waived}: it is known</li>" in page
    assert "It is never counted as a pass." in page
    assert "To do: Name somebody." in page


def test_a_whole_account_fits_a_comment(render, demo):
    """A comment holds 65,536 characters on the strictest of the usual hosts."""
    assert 2_000 < len(render("markdown", demo).decode()) < 30_000


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("<img src=x onerror=alert(1)>", id="markup"),
        pytest.param("[pay](https://elsewhere.example)", id="link"),
        pytest.param("![x](https://elsewhere.example/x.png)", id="picture"),
        pytest.param("**bold** _it_ ~~gone~~ `code`", id="emphasis"),
        pytest.param("a | b | c", id="table"),
        pytest.param("- item", id="list"),
        pytest.param("# heading", id="heading"),
        pytest.param("1. one", id="numbered"),
        pytest.param("&lt;b&gt;", id="entity"),
    ],
)
def test_names_are_text(name):
    """A parser finds no markup in a text or a name, and shows it as it is."""
    from html import unescape

    assert re.sub(r"[\u2060]", "", unescape(html(text(name)))) == f"<p>{name}</p>\n"
    shown = unescape(html(code(name)))
    assert shown == f"<p><code>{name}</code></p>\n"


@pytest.mark.parametrize("name", ["@everyone", "see #12", "GH-7", "https://a.example", "www.a.de"])
def test_nobody_is_mentioned(name):
    """What a code host would turn into a mention, a reference or a link is broken up."""
    assert "\u2060" in text(name)


@pytest.mark.no_cover
@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_becomes_markup(render, generated, data):
    """Whatever names say, the page has our own tags only."""
    page = html(render("markdown", data.draw(generated)))
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    ours = {"h2", "h3", "h4", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert tags <= ours | {"code"}


@pytest.mark.parametrize(
    ("name", "most", "rest"),
    [
        pytest.param("narrowing", 50, "And 350 more settings", id="settings"),
        pytest.param("plugin_failures", 10, "And 390 more plugins that did not load", id="plugins"),
    ],
)
def test_lists_of_notes_are_bounded_and_count_what_is_left_out(render, inputs, name, most, rest):
    """As on the page of HTML, with the command that prints all of them."""
    notes = tuple(f"note {number}" for number in range(400))
    many = replace(inputs, evaluation=replace(inputs.evaluation, **{name: notes}))
    page = render("markdown", many).decode()
    lines = [line for line in page.splitlines() if re.search(r"note \d", line)]

    assert len([line for line in lines if not re.match(r"\d+\. ", line)]) == most
    assert f"{rest}: `ccm report --as-of" in page
    assert "--format json` has them all." in page
    assert len(lines) <= most + 50, "next steps are bounded as well"


def test_limits_of_connections_are_bounded_and_counted(render, inputs):
    """Forty connections of which only a part is visible: ten are named, and thirty counted."""
    hidden = Shortfall(reason=Reason.VISIBILITY, detail="a user's key", subjects=())
    (first, *_) = inputs.evaluation.sufficiency
    parts = tuple(
        replace(first, connection=f"acct-{number:02}", shortfalls=(hidden,), problem="partial")
        for number in range(40)
    )
    many = replace(inputs, evaluation=replace(inputs.evaluation, sufficiency=parts))
    head = render("markdown", many).decode().partition("###")[0]
    assert len(summary(many).limits) == 40
    assert (head.count("**"), "And 30 more such parts of the evidence" in head) == (20, True)
