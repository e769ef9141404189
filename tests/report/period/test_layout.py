"""The report of a period: conclusions, histories, exceptions, gaps and samples."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    KindAssurance,
    PeriodTest,
    StatusPeriod,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.json_codec import encode
from ccm_core.model.sampling import Sample, Sampling, TestSamples
from ccm_core.report.content import phrases
from ccm_core.report.period.layout import PeriodInput, headline, period_controls
from ccm_core.report.period.registry import PERIOD_FORMATS

SINCE = datetime(2026, 7, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=100)
RECORD, LATER = (f"sha256:{number:064x}" for number in (1, 2))
TRAP = "<script>alert(1)</script>=1+1 | \u202e"


def day(number):
    """Return an instant of the period."""
    return SINCE + timedelta(days=number)


def period(title="Checkout", gaps=1, conclusion=Conclusion.EVIDENCE_INCOMPLETE):
    """Return a period with one control and something of everything."""
    subject = Subject(
        kind="acme.service",
        key="P1",
        title=title,
        url="https://acme.example/P1",
        owners=("Night desk", "Platform"),
    )
    control = ControlAssurance(
        framework="soc2",
        id="CC7.4",
        conclusion=conclusion,
        rules=("r",),
        tests=(
            PeriodTest(
                rule="r",
                population=10,
                passed=6,
                failed=2,
                inconclusive=1,
                open=1,
                made_late=1,
                test_changed=1,
            ),
        ),
        evidence_coverage=0.9999,
        evaluations=1_234,
        history=(
            StatusPeriod(since=day(0), until=day(40), status=Status.PASS, evaluations=600),
            StatusPeriod(since=day(40), until=day(100), status=Status.FAIL, evaluations=634),
        ),
        exceptions=(
            ControlException(
                rule="r",
                connection="acme",
                subject=subject,
                first_seen=day(40),
                last_seen=day(90),
                evaluations=634,
                waived=False,
            ),
        ),
        evidence_gaps=tuple(
            EvidenceGap(
                connection="acme", kind=f"acme.k{n}", since=day(n), until=day(n + 1), reason=title
            )
            for n in range(gaps)
        ),
    )
    kind = KindAssurance(
        connection="acme",
        kind="acme.service",
        required_frequency=3_600,
        scheduled=2_400,
        completed=2_300,
        evidence_coverage=0.95,
    )
    sample = Sample(
        id="f1",
        rule="r",
        connection="acme",
        subject=subject,
        evaluations=3,
        worst_status=Status.FAIL,
        last_status=Status.PASS,
        last_evaluated_at=day(99),
        evidence_digests=(RECORD, LATER),
    )
    samples = TestSamples(
        rule="r", population=3_045, risk="medium", sample_size=40, samples=(sample,)
    )
    return PeriodInput(
        assurance=Assurance(
            period="2026-Q3",
            since=SINCE,
            until=UNTIL,
            ended=True,
            kinds=(kind,),
            controls=(control,),
        ),
        sampling=Sampling(random_seed="sha256:5eed", sizes=STANDARD_SIZES, tests=(samples,)),
        titles={"r": "Services are owned"},
        host_version="0.1.0",
    )


EMPTY = PeriodInput(
    assurance=Assurance(period="2026-Q3", since=SINCE, until=UNTIL, ended=True),
    sampling=Sampling(random_seed="no evaluation"),
    titles={},
    host_version="0.1.0",
)


def rendered(name, inputs):
    """Return the report in one format."""
    return PERIOD_FORMATS[name].render(inputs).decode("utf-8-sig")


def test_the_history_shows_gaps_over_results():
    """A pass without evidence is not a pass."""
    (control,) = period_controls(period())
    assert [(part.tone, part.start, part.width) for part in control.history] == [
        ("pass", 0, 40),
        ("fail", 40, 60),
        ("unknown", 0, 1),
    ]
    assert control.evidence_coverage == "99.9 %"


@pytest.mark.parametrize(
    ("conclusion", "expected"),
    [
        pytest.param(
            Conclusion.NO_EXCEPTIONS,
            "1 control: 1 with no exceptions noted in automated tests",
            id="no exceptions",
        ),
        pytest.param(
            Conclusion.EXCEPTIONS,
            "1 control: 1 with exceptions noted in automated tests",
            id="exceptions",
        ),
        pytest.param(
            Conclusion.EVIDENCE_INCOMPLETE,
            "1 control: 1 with evidence incomplete for the period",
            id="gaps",
        ),
    ],
)
def test_the_headline_counts_controls_by_conclusion(conclusion, expected):
    """In the words of every format."""
    assert headline(period(conclusion=conclusion).assurance) == expected


def test_only_complete_coverage_is_100_percent():
    """Shares are rounded down."""
    assert [phrases.percent(share) for share in (1, 0.99999, 0)] == ["100 %", "99.9 %", "0.0 %"]


def test_the_page_has_every_part_of_the_report():
    """Conclusion, population, samples with the random seed, exceptions, gaps, collections."""
    page = rendered("html", period())
    for text in (
        "Period report 2026-Q3",
        "Evidence incomplete for the period",
        "Services are owned",
        "1 of a population of 3,045",
        "sha256:5eed",
        "1 exception",
        "acme.k0".replace(".", ".<wbr>"),
        "2,400",
    ):
        assert text in page


def test_samples_can_be_worked_through_in_a_spreadsheet():
    """One line for each, with the sample number and the digests of its evidence."""
    (line,) = csv.DictReader(io.StringIO(rendered("csv", period()), newline=""))
    assert (
        line["controls"],
        line["sample_number"],
        line["population"],
        line["worst_status"],
        line["last_status"],
    ) == (
        "soc2:CC7.4",
        "1",
        "3045",
        "fail",
        "pass",
    )
    assert (line["evidence_digests"], line["random_seed"]) == (f"{RECORD} {LATER}", "sha256:5eed")
    assert (list(line)[-1], line["owners"]) == ("owners", "Night desk; Platform")


def test_the_ticket_lists_exceptions_and_gaps():
    """After a table of conclusions."""
    page = MarkdownIt("commonmark").enable("table").render(rendered("markdown", period()))
    assert "<td>evidence incomplete for the period</td>" in page
    assert "exception: <code>Checkout</code> in test <code>r</code>" in page
    assert "evidence gap: 2026-07-01 00:00 UTC for 1d" in page


def test_programs_read_the_whole_report(validators):
    """What the period proves and the samples, after a schema, whatever things are called."""
    inputs = period(title=TRAP)
    page = json.loads(rendered("json", replace(inputs, titles={**inputs.titles, "other": "Other"})))
    assert validators("period-report.v1").problems(page) == []
    assert (page["headline"], page["titles"]) == (
        headline(inputs.assurance),
        {"r": "Services are owned"},
    )
    assert page["assurance"] == json.loads(encode(inputs.assurance))
    assert page["sampling"] == json.loads(encode(inputs.sampling))
    assert page["sampling"]["tests"][0]["samples"][0]["subject"]["title"] == TRAP


@pytest.mark.parametrize("name", sorted(PERIOD_FORMATS.keys() - {"json"}))
def test_hostile_names_are_text_in_every_period_format(name):
    """Nothing that an object is called becomes markup, a formula or a direction."""
    page = rendered(name, period(title=TRAP))
    assert "\u202e" not in page
    if name == "markdown":
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    assert name == "csv" or "<script>alert" not in page
    assert not re.search(r'(^|,)"=', page, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(PERIOD_FORMATS))
@pytest.mark.parametrize(
    "inputs", [pytest.param(period(), id="full"), pytest.param(EMPTY, id="empty")]
)
def test_the_same_input_gives_the_same_bytes(name, inputs):
    """Empty or not."""
    assert rendered(name, inputs) == rendered(name, inputs)


def test_the_page_is_well_formed_and_bounded():
    """Tags balance, inner links lead somewhere, and thousands of gaps end with a count."""
    page = rendered("html", period(gaps=3_000))
    ids, links = set(), set()

    class Reader(HTMLParser):
        def handle_starttag(self, _tag, attrs):
            attributes = dict(attrs)
            ids.add(attributes.get("id"))
            if attributes.get("href", "").startswith("#"):
                links.add(attributes["href"][1:])

    Reader().feed(page)
    assert links <= ids
    assert "2,000 more evidence gaps left out of this page" in page
    assert len(page) < 1_500_000


def test_a_test_without_samples_has_a_line_with_its_population():
    """The table lacks no test that the other formats have."""
    inputs = period(conclusion=Conclusion.NO_OCCURRENCES)
    (samples,) = inputs.sampling.tests
    none = replace(samples, population=0, samples=())
    inputs = replace(inputs, sampling=replace(inputs.sampling, tests=(none,)))
    (line,) = csv.DictReader(io.StringIO(rendered("csv", inputs), newline=""))
    assert (line["rule"], line["controls"], line["population"]) == ("r", "soc2:CC7.4", "0")
    assert not {line[name] for name in ("sample_number", "result", "worst_status")} - {""}


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_paper_says_what_samples_are_for_and_how_large_each_is(form):
    """Everything was tested: samples serve re-performance, for each test by population and risk."""
    page = rendered(form, period())
    assert "Every item was tested, so samples serve to perform tests again at the source" in page
    assert "which nobody can choose" in page
    assert "sha256:5eed" in page
    if form == "html":
        assert "1 of a population of 3,045, medium risk" in page
        assert "up to 250" in page
    else:
        assert "| Services are owned | medium | 3,045 | 1 |" in page


def test_a_sample_size_that_was_asked_for_is_stated_in_place_of_the_sizes():
    """Whoever asks for another number is told that the report has it."""
    inputs = period()
    asked = replace(inputs, sampling=replace(inputs.sampling, sample_size=7))
    page = rendered("html", asked)
    assert "7 of each test, as was asked for" in page
    assert "up to 250" not in page
