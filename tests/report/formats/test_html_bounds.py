"""The page opens whatever the size of the account: it draws the worst and counts everything."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from html import unescape

import pytest
from large_accounts import large_account

from ccm_core.cli.verbs.report import command as report_command
from ccm_core.model.evaluation.result import Status
from ccm_core.report.content.bounds.page_bounds import drawable
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.html import HtmlReport

pytestmark = pytest.mark.no_cover  # its lines are covered by others
MEGABYTE = 1_000_000
OPENING_TAG = re.compile(rb"<[a-z]")
LONG = "<&\"'>" * 4_000


def text_of(page: bytes) -> str:
    """Return what a reader sees."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.decode())).split())


def section(page: bytes, name: str) -> str:
    """Return one section of a page."""
    return re.search(rf'<section id="{name}">.*?</section>', page.decode(), re.DOTALL)[0]


@pytest.fixture(scope="module")
def several():
    """A page of thirty connections with a few thousand resources."""
    inputs = large_account(connections=60, services=1_200, incidents=6_000)
    return inputs, HtmlReport().render(inputs)


@pytest.mark.slow
def test_a_page_of_a_very_large_account_is_less_than_5_megabytes():
    """100 connections, 5,000 services and 60,000 incidents in which everything goes wrong."""
    page = HtmlReport().render(large_account(connections=100, services=5_000, incidents=60_000))
    assert len(page) < 5 * MEGABYTE
    assert len(OPENING_TAG.findall(page)) < 100_000
    assert "20,000 of 60,000 applicable failed" in text_of(page)


@pytest.mark.parametrize(
    ("sizes", "elements"),
    [
        pytest.param({"connections": 1, "services": 60, "incidents": 300}, 33_000, id="one"),
        pytest.param({"connections": 1, "services": 3_000, "incidents": 9_000}, 70_000, id="large"),
        pytest.param({"connections": 60, "services": 600, "incidents": 600}, 70_000, id="many"),
        pytest.param({"connections": 900, "services": 900, "incidents": 900}, 90_000, id="fleet"),
        pytest.param({"rules": 150, "services": 500, "incidents": 500}, 100_000, id="many checks"),
    ],
)
def test_a_page_is_bounded_in_every_direction(sizes, elements):
    """By connections, by resources, by checks; each drawn list has one entry at least."""
    page = HtmlReport().render(large_account(**sizes))
    assert len(page) < 5 * MEGABYTE
    assert len(OPENING_TAG.findall(page)) < elements


def test_a_page_is_bounded_where_texts_are_long():
    """Characters that HTML writes in five bytes each, in every title and every reason."""
    inputs = large_account(connections=3, services=300, incidents=0, waivers=100)
    rules = tuple(
        replace(
            rule,
            results=tuple(
                replace(
                    result, reason=LONG, subject=replace(result.subject, title=LONG, key=LONG[:250])
                )
                for result in rule.results
            ),
        )
        for rule in inputs.evaluation.rules[2:]
    )
    page = HtmlReport().render(replace(inputs, evaluation=replace(inputs.evaluation, rules=rules)))
    assert len(page) < 5 * MEGABYTE
    assert "(12,000 more characters)" in text_of(page)


def test_numbers_of_a_bounded_page_count_everything(several):
    """What is drawn and what is said to be left out add up to the population of each check."""
    inputs, page = several
    for rule in inputs.evaluation.rules:
        article = re.search(
            rf'<article class="rule findable" id="rule-response-{rule.rule}">.*?</article>',
            page.decode(),
            re.DOTALL,
        )[0]
        more = re.search(r"([\d,]+) more failing resources? not drawn on this page", article)
        left_out = int(more[1].replace(",", "")) if more else 0
        drawn = article.count('<tr data-owner="')
        assert drawn + left_out == rule.population.failed
    assert re.search(r"id=\"left-out\"", page.decode())


def test_every_connection_is_represented_where_failures_are_cut(several):
    """The rows that are drawn of a check are not those of the first connection alone."""
    _, page = several
    article = re.search(
        r'<article class="rule findable" id="rule-response-acknowledged">.*?</article>',
        page.decode(),
        re.DOTALL,
    )[0]
    drawn = set(re.findall(r"<td>(acme-\d+)</td>", article))
    assert len(drawn) > 15


def test_failures_without_a_risk_acceptance_are_drawn_first():
    """However many failures a waiver covers, one that none covers is on the page."""
    inputs = large_account(connections=2, services=9_000, incidents=0, rules=1)
    rule = inputs.evaluation.rules[2]
    last = max(
        (one for one in rule.results if one.status is Status.FAIL), key=lambda one: one.subject.key
    )
    results = tuple(
        one if one is last or one.status is not Status.FAIL else replace(one, waiver="W-1")
        for one in rule.results
    )
    evaluation = replace(inputs.evaluation, rules=(replace(rule, results=results),))
    page = HtmlReport().render(replace(inputs, evaluation=evaluation))
    assert last.subject.key in text_of(page)


def test_the_page_states_what_it_does_not_draw_and_how_to_list_it(several):
    """In the head, at each list, and in a section with a command for each sort."""
    _, page = several
    text = text_of(page)
    assert "This page draws the worst of each list. Numbers count everything; what is not" in text
    left_out = text_of(section(page, "left-out").encode())
    for words in (
        r"[\d,]+ failing resources ccm report --as-of 2026-05-06T09:00:00Z --status fail -o",
        r"[\d,]+ reasons of inconclusive checks ccm report .* --status insufficient --status error",
        r"[\d,]+ sections of connections ccm report .* --connection NAME -o NAME.html",
        r"30 connections, their evidence kind by kind|[\d,]+ connections, their evidence",
        r"Everything, for programs ccm report .* --format json -o report.json",
    ):
        assert re.search(words, left_out), words


def test_links_of_a_bounded_page_lead_somewhere(several):
    """What is not drawn is not linked to, and ids are unique."""
    _, page = several
    source = page.decode()
    ids = re.findall(r' id="([^"]+)"', source)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', source)) - {"shape-gap"} <= set(ids)


def test_commands_on_the_page_are_commands_of_ccm(several):
    """Every option in them is one that ``ccm report`` has."""
    inputs, _ = several
    page = HtmlReport().render(replace(inputs, scope=("control soc2:CC7.4", "owner Night desk")))
    commands = re.findall(r"<code>(ccm report --as-of [^<]+)</code>", page.decode())
    known = {option for parameter in report_command.params for option in parameter.opts}
    words = [shlex.split(unescape(line)) for line in commands]
    assert words
    assert {word for line in words for word in line if word.startswith("-")} <= known
    assert all(line[4:8] == ["--control", "soc2:CC7.4", "--owner", "Night desk"] for line in words)


def test_the_evidence_of_connections_with_most_problems_is_drawn_in_detail(several):
    """The others have a line each, with their newest run and how many kinds are not sufficient."""
    _, page = several
    evidence = text_of(section(page, "evidence").encode())
    assert re.search(r"Evidence 60 connections In detail below: the \d+ connections with", evidence)
    assert re.search(r"acme-059 \w+ 2026-05-06 07:00 UTC 1 of 13 kinds not sufficient", evidence)


def test_sections_with_most_to_fix_are_drawn(several):
    """And those that are not are named."""
    _, page = several
    text = text_of(page)
    assert re.search(r"Coverage of \d+ more connections not drawn on this page: those with", text)
    drawn = re.findall(rb'<section id="section-acme~2d~\d+-coverage">', page)
    assert 5 < len(drawn) <= 40


def test_a_page_that_holds_everything_claims_no_omission(inputs):
    """An account of usual size is drawn whole."""
    page = HtmlReport().render(inputs)
    assert b'id="left-out"' not in page
    assert b"data-note" not in page


def outlined(inputs, drawn=()):
    """Return the input of a page whose failing results have reasons where they may be drawn."""
    kept = {id(result) for result in drawn}
    rules = (
        replace(
            rule,
            results=tuple(
                replace(result, reason="")
                if result.status is Status.FAIL and id(result) not in kept
                else result
                for result in rule.results
            ),
        )
        for rule in inputs.evaluation.rules
    )
    return replace(inputs, evaluation=replace(inputs.evaluation, rules=tuple(rules)))


def named(results):
    """Return results by rule, connection and subject."""
    return {
        (result.rule, result.connection, result.subject.kind, result.subject.key)
        for result in results
    }


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param({"connections": 1, "services": 60, "incidents": 300}, id="one"),
        pytest.param({"connections": 1, "services": 3_000, "incidents": 9_000}, id="large"),
        pytest.param({"connections": 60, "services": 600, "incidents": 600}, id="many"),
        pytest.param({"rules": 150, "services": 500, "incidents": 500}, id="many checks"),
    ],
)
def test_a_page_needs_the_reasons_of_what_it_may_draw_and_no_other(sizes):
    """Which failing resources may be drawn is chosen before their reasons are read."""
    inputs = large_account(**sizes)
    chosen = named(drawable(summary(outlined(inputs))))
    failing = [
        result
        for rule in inputs.evaluation.rules
        for result in rule.results
        if result.status is Status.FAIL
    ]
    drawn = [result for result in failing if named([result]) <= chosen]
    assert len(drawn) < 6_000
    assert HtmlReport().render(outlined(inputs, drawn)) == HtmlReport().render(inputs)
