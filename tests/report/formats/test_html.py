"""The report for people: one sound, self-contained page that hides nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ccm_core.model.evaluation.result import AppliedPack, Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.report.content.phrases import link
from ccm_core.report.formats.html import HtmlReport, anchor

VOID = {"meta", "link", "input", "br", "wbr", "path", "rect", "circle", "use"}
BLOCKS = {"td", "th", "small", "li", "dd", "p"}
LOADS = {"src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href"}


class Page(HTMLParser):
    """Reads a page strictly: a tag that is not closed where it should be is an error."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], [], []
        self.feed(page.decode())
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> names an attribute twice: {names}"
        self.tags.append((tag, dict(attrs)))
        if tag in BLOCKS:
            self.texts.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself, as SVG has them."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the tag that was opened last."""
        assert tag == self.open.pop(), f"</{tag}> at {self.getpos()} closes nothing"
        if tag in BLOCKS:
            self.texts.append(" ")

    def handle_data(self, data):
        """Note text that a reader sees."""
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self):
        """What a reader sees, in one line."""
        return " ".join("".join(self.texts).split())

    def ids(self):
        """Every id, in order."""
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


def read(inputs):
    """Render and read a report."""
    return Page(HtmlReport().render(inputs))


def test_the_page_is_well_formed_html(inputs):
    """Tags balance, ids are unique, and every link within the page leads somewhere."""
    page = read(inputs)
    ids = page.ids()
    assert len(ids) == len(set(ids))
    inner = {attrs["href"][1:] for _, attrs in page.tags if attrs.get("href", "").startswith("#")}
    assert inner <= set(ids)


def test_nothing_is_loaded_from_anywhere(inputs):
    """Outside addresses stand in links only; the page's own policy forbids everything else."""
    page = read(inputs)
    for tag, attrs in page.tags:
        assert not LOADS & set(attrs), (tag, attrs)
        if tag != "a" and "href" in attrs:
            assert attrs["href"].startswith(("#", "data:")), (tag, attrs)
    source = HtmlReport().render(inputs).decode()
    style, script = (
        re.search(f"<{tag}>(.*?)</{tag}>", source, re.DOTALL)[1] for tag in ("style", "script")
    )
    assert not re.findall(r"@import|url\((?!#)|https?:", style)
    assert not re.findall(r"fetch|XMLHttp|import|https?:", script)
    (policy,) = [attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_the_head_begins_with_the_headline(inputs):
    """The moment, the connections and the meaning of inconclusive follow."""
    text = read(inputs).text
    headline = (
        "2 passed, 4 failed, 2 inconclusive (insufficient evidence), 1 ended in an error, "
        "1 not applicable"
    )
    start = text.index("Control report")
    assert text[start:].startswith(
        f"Control report {headline} As of 2026-05-06 09:00 UTC, over connection pagerduty-prod."
    )
    assert "It is never counted as a pass." in text
    assert "10 checks in total" in text


def test_the_numbers_of_bar_and_legend_add_up(inputs):
    """To all checks."""
    source = HtmlReport().render(inputs).decode()
    legend = re.search(r'<ul class="legend">(.*?)</ul>', source, re.DOTALL)[1]
    *parts, total = (int(number) for number in re.findall(r"<b>(\d+)</b>", legend))
    assert sum(parts) == total == len(inputs.evaluation.rules)
    shown = set(re.findall(r'id="rule-readiness-(\w+)"', source))
    assert shown == {rule.rule for rule in inputs.evaluation.rules}


def test_every_failing_resource_is_on_the_page(inputs):
    """With its reason, its link and its waiver."""
    page = read(inputs)
    links = {attrs.get("href") for tag, attrs in page.tags if tag == "a"}
    for rule in inputs.evaluation.rules:
        for result in rule.results:
            if result.status is Status.FAIL:
                assert result.subject.title in page.text
                assert result.reason in page.text
                assert result.subject.url is None or result.subject.url in links
    assert "https://support.pagerduty.com/main/docs/escalation-policies" in links
    assert page.text.count("Risk accepted by W-2026-007") == 2
    assert "Risk accepted for every failure" in page.text
    assert "No single resource: the check failed as a whole." in page.text


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(10, None, id="short"),
        pytest.param(11, "1 more failing resource, collapsed", id="one collapsed"),
        pytest.param(1000, "990 more failing resources, collapsed", id="long"),
    ],
)
def test_long_lists_are_collapsed(make, number, expected):
    """After 10 resources the rest is collapsed and counted."""
    failing = [make.result(f"Service {n:04}", Status.FAIL, "bad") for n in range(number)]
    page = read(make.report_input(make.rule("r", "Title", "low", failing)))
    assert all(f"Service {n:04}" in page.text for n in range(number))
    assert (", collapsed" in page.text) == bool(expected)
    assert expected is None or expected in page.text


def test_lists_of_more_than_a_thousand_end(make):
    """The page counts what it leaves out, and names the report that has it."""
    failing = [make.result(f"Service {n:04}", Status.FAIL, "bad") for n in range(1234)]
    page = read(make.report_input(make.rule("r", "Title", "low", failing)))
    assert "234 more failing resources not drawn on this page. How to list them" in page.text


def test_inconclusive_results_are_never_hidden(inputs):
    """Every reason of every insufficient result or error is on the page, expanded."""
    page = read(inputs)
    for rule in inputs.evaluation.rules:
        for result in rule.results:
            if result.status in (Status.INSUFFICIENT, Status.ERROR):
                assert result.reason in page.text
                assert rule.title in page.text
    collapsed = re.findall(
        r"<details>(.*?)</details>", HtmlReport().render(inputs).decode(), re.DOTALL
    )
    assert not any("Insufficient evidence</span>" in block for block in collapsed)


def test_a_page_without_failures_names_inconclusive_checks(make):
    """Where no check failed because none was tested."""
    unseen = make.result("x", Status.INSUFFICIENT, "never collected")
    page = read(make.report_input(make.rule("r", "Title", "low", [unseen])))
    assert (
        "No check failed. This does not mean that all passed: 1 check is inconclusive." in page.text
    )


def test_the_evidence_of_each_kind_is_on_the_page(inputs):
    """With its outcome, its counts and its shortfalls in plain words."""
    text = read(inputs).text
    assert (
        "pagerduty.incident v1 Partial 2026-05-06 07:00 UTC 2h before the evaluation 12,000 121"
        in text
    )
    assert "Insufficient for any check: access was denied." in text
    assert "The source cut the list short, 2,000 missing. One second holds more" in text
    assert "pagerduty.ability was never collected. Run `ccm collect`." in text
    assert "Schema drift: 1 new field at the source: services.alert_rules." in text
    assert "user_api_key, role observer" in text
    assert "ours is 0.4s ahead of the source's" in text
    assert "waited 12.5s" in text


def test_controls_and_packs_are_on_the_page(inputs):
    """Controls by framework with their problems; packs with digest and parameters."""
    text = read(inputs).text
    assert "12.10.5 Failed incident_acknowledged_in_time ack_within_high is 30 min" in text
    assert "CC7.5 Inconclusive resolved" in text
    assert "readiness 1.0.0 from plugin pagerduty sha256:" + "a7" * 32 in text
    assert "ack_within_high 900" in text
    assert "W-2025-019 expired on 2026-03-31" in text


def test_a_status_is_never_only_a_color(inputs):
    """Every shape has a word beside it: pictures are hidden from readers, bars are labelled."""
    for tag, attrs in read(inputs).tags:
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label"), attrs


def test_problems_of_plugins_and_runs_are_at_the_top(make):
    """Before everything else."""
    refused = Shortfall(reason=Reason.DENIED, detail="The key was revoked. Make a new one.")
    lost = PluginVersion(
        name="acme", distribution="acme-ccm", version="1", failure="ImportError: x"
    )
    run = make.manifest(
        outcome=Outcome.FAILED,
        shortfalls=(refused,),
        plugins=(lost,),
        credential=None,
        clock_skew=None,
    )
    page = read(make.report_input(manifests=(run,), plugin_failures=("acme: ImportError: x",)))
    top = page.text[: page.text.index("Failing checks 0 checks")]
    assert "A plugin did not load. acme: ImportError: x" in top
    assert "The run of pagerduty-prod: access was denied. The key was revoked." in top
    assert "acme: acme-ccm 1 · Did not load ImportError: x" in page.text
    assert (page.text.count("Clock unknown"), page.text.count("Credential unknown")) == (1, 1)


def test_resources_of_several_connections_name_their_own(make):
    """Where there is more than one."""
    failing = [
        make.result("Same name", Status.FAIL, "bad", connection=name) for name in ("eu", "us")
    ]
    rule = make.rule("r", "Title", "low", failing)
    page = read(make.report_input(rule, connections=("eu", "us")))
    assert "over connections eu and us." in page.text
    assert re.search(r"Same name \S+ eu bad Same name \S+ us bad", page.text)


def test_a_check_without_a_connection_links_nowhere(make):
    """Where no connection collects the evidence."""
    lost = make.result(
        "no connection",
        Status.INSUFFICIENT,
        "no connection gives x",
        connection="",
        kind="connection",
        key="none",
    )
    page = read(make.report_input(make.rule("r", "Title", "low", [lost]), connections=()))
    assert "Insufficient evidence no connection gives x Passing" in page.text
    inner = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert "#connection-" not in inner


def test_a_shortfall_of_some_objects_leaves_the_others_sufficient(make):
    """Where it names its objects."""
    fall = Shortfall(
        reason=Reason.RATE_LIMITED, detail="Two were throttled.", subjects=("k:1", "k:2")
    )
    some = make.standing("k", Outcome.PARTIAL, shortfalls=(fall,), subjects=fall.subjects)
    page = read(make.report_input(sufficiency=(some,)))
    assert "2 objects lack evidence. The evidence of the others is sufficient." in page.text
    assert "The rate limit was exhausted. Two were throttled." in page.text


def test_a_page_without_checks_claims_nothing(make):
    """Nor without connections and packs."""
    page = read(make.report_input(connections=()))
    assert "No check was tested" in page.text
    assert "no connection: there was nothing to evaluate." in page.text
    assert "No rule pack was used." in page.text
    assert "Every applicable check" not in page.text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<script>alert(1)</script>", id="markup"),
        pytest.param("\"><img src=x onerror='alert(1)'>", id="out of an attribute"),
        pytest.param("</style></script><b>", id="out of style and script"),
        pytest.param("{{ 7 * 7 }}{% raw %}", id="template syntax"),
        pytest.param("Größe 検索 👩‍🚒 & <>", id="unicode"),
        pytest.param("long " * 500 + "x" * 5000, id="very long"),
        pytest.param("", id="empty"),
    ],
)
def test_hostile_strings_are_text(make, text):
    """Whatever a source, a pack or a settings file says is shown as text and nothing else."""
    found = [
        make.result(text, Status.FAIL, text, connection=text, waiver=text, kind=text, key=text),
        make.result(text, Status.INSUFFICIENT, text, connection=text),
    ]
    rule = make.rule(
        text, text, "low", found, pack=text, risk=text, remediation=text, controls=[(text, text)]
    )
    pack = AppliedPack(name=text, version=text, digest=text, source=text, parameters={text: text})
    page = read(
        make.report_input(
            rule,
            connections=(text, "other"),
            packs=(pack,),
            sufficiency=(make.standing(text, connection=text, problem=text),),
            manifests=(make.manifest(text, run=text, connector=text, not_due=(text,)),),
            waiver_notes=(text,),
            plugin_failures=(text,),
        )
    )
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert not {"img", "b-"} & set(tags)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert " ".join(text.split()) in page.text


def test_invalid_characters_are_replaced(make):
    """Control characters and halves of surrogate pairs are shown as what they are: broken."""
    broken = "a\x00b\ud800c\u202ed"
    failing = [
        make.result(broken, Status.FAIL, broken, connection=broken, url=f"https://x/{broken}")
    ]
    page = read(make.report_input(make.rule(broken, broken, "low", failing)))
    assert "a\ufffdb\ufffdc\ufffdd" in page.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://acme.pagerduty.com/x", True),
        ("HTTP://acme.example/x", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//elsewhere.example", False),
        ("https://a b", False),
        ("https://a\n", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url, shown):
    """Those of http and https."""
    assert link(url) == (url if shown else None)


def test_a_resource_with_a_bad_address_is_no_link(make):
    """A source cannot put a script behind a resource's name."""
    failing = [make.result("Trap", Status.FAIL, "bad", url="javascript:alert(1)")]
    rule = make.rule("r", "Title", "low", failing, remediation_url="javascript:alert(2)")
    assert b"javascript:" not in HtmlReport().render(make.report_input(rule))


def test_controls_are_sorted_as_people_count(make, inputs):
    """A.5.9 stands before A.5.15."""
    control = inputs.evaluation.controls[0]
    controls = tuple(
        replace(control, framework="iso", id=id_) for id_ in ("A.5.15", "A.5.9", "A.8.2")
    )
    text = read(make.report_input(controls=controls)).text
    assert text.index("A.5.9 Failed") < text.index("A.5.15 Failed") < text.index("A.8.2 Failed")


def test_ids_of_different_names_differ():
    """Names that differ only in odd characters, or in where they are cut, get different ids."""
    names = [("a-b", "c"), ("a", "b-c"), ("a b", "c"), ("a_b", "c"), ("A-b", "c"), ("ä", "c")]
    assert len({anchor(*name) for name in names}) == len(names)
    assert all(re.fullmatch(r"[\w.~-]+", anchor(*name), re.ASCII) for name in names)
