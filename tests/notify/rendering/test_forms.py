"""The forms of a message: whatever a resource is called stays text, and each form has an end."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from ccm_core.model import json_codec
from ccm_core.notify.message import Entry, Fact, Link, Message, MessageSection
from ccm_core.notify.rendering.fitting import fitted
from ccm_core.notify.rendering.html import render_html
from ccm_core.notify.rendering.markdown import render_markdown
from ccm_core.notify.rendering.slack import MAX_BLOCKS, render_slack
from ccm_core.notify.rendering.teams import render_teams
from ccm_core.notify.rendering.text import render_text
from ccm_core.notify.rendering.wording import safe_url

RENDERERS = {
    "text": render_text,
    "markdown": render_markdown,
    "html": render_html,
    "slack": render_slack,
    "teams": render_teams,
}
LINK = "https://acme.example.com/services/P1"


def message(title="Level 2 reaches nobody: Checkout", **more):
    """Make a message with one entry that has everything."""
    entry = Entry(
        **{
            "title": title,
            "severity": "high",
            "url": LINK,
            "facts": (
                Fact(name="Owner", value="Payments"),
                Fact(name="Next step", value=title, url="https://docs.example.com/next"),
            ),
            "command": "ccm findings show f1",
        }
        | more
    )
    return Message(
        title="ccm: 12 opened",
        severity="high",
        summary=("12 open findings: 12 high",),
        sections=(
            MessageSection(heading="New", entries=(entry,), total=12, rest="ccm findings list"),
        ),
        links=(Link(text="Full report", url="https://ccm.example.com/report.html"),),
    )


def as_text(form):
    """Return a form as text."""
    return form if isinstance(form, str) else json_codec.encode(form).decode()


@pytest.mark.parametrize("name", RENDERERS)
def test_every_form_has_everything(name):
    """What, owner, next step, links, the command, and what is left out."""
    text = as_text(RENDERERS[name](message())).replace("\\", "")
    for part in (
        "Level 2 reaches nobody: Checkout",
        "12 open findings",
        "Payments",
        LINK,
        "https://docs.example.com/next",
        "https://ccm.example.com/report.html",
        "ccm findings show f1",
        "and 11 more: ccm findings list",
    ):
        assert part in text, part


HOSTILE = {
    "a mention of Slack": "<!channel> <@U123> <https://evil.example|click>",
    "a mention of Teams": "<at>everyone</at> [click](https://evil.example)",
    "a mention of Discord": "@everyone <@&1> <#2>",
    "Markdown": "**bold** _it_ `code` # head [x](https://evil.example) ![i](https://evil.example)",
    "HTML": "<script>alert(1)</script><a href='https://evil.example'>x</a> &lt;",
    "lines": "x\n- forged\r\n\u2028# forged",
    "a template": "{{app_url}} {{ app_body }}",
    "an escape sequence": "\x1b[31mred\u202e",
}


class Elements(HTMLParser):
    """The elements of a page and where its links lead."""

    def __init__(self, page):
        super().__init__()
        self.names, self.links = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Keep the element and its links."""
        self.names.add(tag)
        self.links.update(value for name, value in attrs if name in {"href", "src"})


OWN_LINKS = {LINK, "https://docs.example.com/next", "https://ccm.example.com/report.html"}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_of_resources_are_text_in_mails(name):
    """They make no element and no link."""
    page = Elements(render_html(message(name)))
    assert page.names <= {"div", "h1", "h2", "p", "table", "tr", "td", "span", "a"}
    assert page.links == OWN_LINKS


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_of_resources_are_text_in_markdown(name):
    """Read by another library: no format, no mention, and no link but ours."""
    plain = render_markdown(message(name))
    page = Elements(MarkdownIt("commonmark").render(plain))
    assert page.links == OWN_LINKS
    assert page.names <= {"p", "strong", "ul", "li", "a", "code"}
    assert render_markdown(message("x")).count("\n") == plain.count("\n")
    assert "@everyone" not in plain


def strings(value, key=""):
    """Yield each string of a document with the type of the object it is in, and its key."""
    if isinstance(value, dict):
        for name, below in value.items():
            if isinstance(below, str):
                yield value.get("type"), name, below
            else:
                yield from strings(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from strings(below, key)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_of_resources_are_text_in_slack_and_teams(name):
    """They stand in elements in which neither looks for markup; only web addresses are linked."""
    marked = message(f"Zebra {name}")
    for form, holders in (
        (render_slack(marked), {("text", "text"), ("link", "text"), (None, "fallback")}),
        (render_teams(marked), {("TextRun", "text")}),
    ):
        texts = [place for place in strings(form) if "Zebra" in place[-1]]
        assert texts
        assert not any("<" in text for _, key, text in texts if key == "fallback")
        assert {(kind, key) for kind, key, _ in texts} <= holders
        assert not any(kind in {"mrkdwn", "TextBlock"} for kind, _, _ in strings(form))
        links = {text for _, key, text in strings(form) if key == "url"}
        assert links == OWN_LINKS
        assert not any(c in text for _, _, text in strings(form) for c in "\x1b\u202e\u2028")


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [
        pytest.param("https://acme.pagerduty.com/services/P1?a=b&c=d#e", True, id="https"),
        pytest.param("http://127.0.0.1:8080/x", True, id="http"),
        pytest.param("javascript:alert(1)", False, id="script"),
        pytest.param("data:text/html,x", False, id="data"),
        pytest.param("//evil.example", False, id="no scheme"),
        pytest.param("https:///x", False, id="no host"),
        pytest.param("https://x.example/a b", False, id="a blank"),
        pytest.param("https://x.example/>|<!channel>", False, id="angle brackets"),
        pytest.param('https://x.example/"onmouseover="', False, id="quotes"),
        pytest.param("https://x.example/\n", False, id="a line break"),
        pytest.param("https://[x", False, id="not an address"),
        pytest.param("", False, id="none"),
    ],
)
@pytest.mark.parametrize("name", RENDERERS)
def test_only_web_addresses_are_linked(name, url, is_linked):
    """Addresses of resources come from a source as well."""
    assert safe_url(url) == (url if is_linked else "")
    text = as_text(RENDERERS[name](message(url=url))).replace("&amp;", "&")
    assert (url in text) is (is_linked or not url)


def large_message():
    """Make the largest message that there is: ten sections of ten entries, all texts long."""
    entry = message().sections[0].entries[0]
    long = replace(
        entry,
        title="é<&*" * 1_000,
        facts=tuple(Fact(name=f"n{n}", value='"\u4e2d*' * 1_000) for n in range(9)),
    )
    section = MessageSection(
        heading="New", entries=(long,) * 10, total=100_000, rest="ccm findings list"
    )
    return replace(message(), sections=(section,) * 10)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        *((name, most) for name in ("text", "markdown", "html") for most in (150, 2_000, 30_000)),
        ("slack", 30_000),
        ("teams", 24_000),
    ],
)
def test_a_message_is_shortened_until_it_fits(name, most):
    """Entries go first, then their facts; the counts stay as long as they can."""
    form = fitted(large_message(), RENDERERS[name], lambda form: len(as_text(form)) <= most)
    if form is None:
        assert (name, most) == ("html", 150)
        return
    assert len(as_text(form)) <= most
    if most >= 2_000:
        assert "100,000" in as_text(form)


def test_slack_receives_no_more_blocks_than_it_takes():
    """Brief entries share one block."""
    card = fitted(large_message(), render_slack, lambda card: len(card["blocks"]) <= MAX_BLOCKS)
    assert len(card["blocks"]) <= MAX_BLOCKS
