"""The report of a period: conclusions, courses, exceptions, holes and samples."""

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
    Deviation,
    Hole,
    KindAssurance,
    Stretch,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.json_codec import encode
from ccm_core.model.sampling import ControlSamples, Sample, Sampling
from ccm_core.report.period.layout import PeriodInput, controls, percent, verdict
from ccm_core.report.period.registry import PERIOD_FORMATS

SINCE = datetime(2026, 7, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=100)
RECORD, LATER = (f"sha256:{number:064x}" for number in (1, 2))
TRAP = "<script>alert(1)</script>=1+1 | \u202e"


def day(number):
    """An instant of the period."""
    return SINCE + timedelta(days=number)


def period(title="Checkout", holes=1, conclusion=Conclusion.NOT_PROVEN):
    """A period with one control and something of everything."""
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
        share=0.9999,
        evaluations=1_234,
        course=(
            Stretch(since=day(0), until=day(40), status=Status.PASS, evaluations=600),
            Stretch(since=day(40), until=day(100), status=Status.FAIL, evaluations=634),
        ),
        deviations=(
            Deviation(
                rule="r",
                connection="acme",
                subject=subject,
                first=day(40),
                last=day(90),
                evaluations=634,
                waived=False,
            ),
        ),
        holes=tuple(
            Hole(connection="acme", kind=f"acme.k{n}", since=day(n), until=day(n + 1), why=title)
            for n in range(holes)
        ),
    )
    kind = KindAssurance(
        connection="acme",
        kind="acme.service",
        cadence=3_600,
        promised=2_400,
        made=2_300,
        share=0.95,
    )
    sample = Sample(
        id="f1",
        rule="r",
        connection="acme",
        subject=subject,
        evaluations=3,
        worst=Status.FAIL,
        last=Status.PASS,
        last_at=day(99),
        evidence_digests=(RECORD, LATER),
    )
    drawn = ControlSamples(framework="soc2", id="CC7.4", population=3_045, samples=(sample,))
    return PeriodInput(
        assurance=Assurance(
            period="2026-Q3",
            since=SINCE,
            until=UNTIL,
            over=True,
            kinds=(kind,),
            controls=(control,),
        ),
        sampling=Sampling(seed="sha256:5eed", most=25, controls=(drawn,)),
        titles={"r": "Services are owned"},
        host_version="0.1.0",
    )


NOTHING = PeriodInput(
    assurance=Assurance(period="2026-Q3", since=SINCE, until=UNTIL, over=True),
    sampling=Sampling(seed="no evaluation", most=25),
    titles={},
    host_version="0.1.0",
)


def rendered(name, given):
    """Write the report in one format."""
    return PERIOD_FORMATS[name].render(given).decode("utf-8-sig")


def test_the_course_shows_holes_over_what_was_said():
    """A pass with a hole in it is no pass."""
    (one,) = controls(period())
    assert [(block.tone, block.start, block.width) for block in one.course] == [
        ("pass", 0, 40),
        ("fail", 40, 60),
        ("unknown", 0, 1),
    ]
    assert one.proven == "99.9 %"


@pytest.mark.parametrize(
    ("conclusion", "said"),
    [
        pytest.param(Conclusion.EFFECTIVE, "1 control: 1 operated effectively", id="effective"),
        pytest.param(Conclusion.EXCEPTIONS, "1 control: 1 has exceptions", id="exceptions"),
        pytest.param(
            Conclusion.NOT_PROVEN, "1 control: 1 not proven for the whole period", id="holes"
        ),
    ],
)
def test_the_verdict(conclusion, said):
    """The conclusions, counted."""
    assert verdict(period(conclusion=conclusion).assurance) == said


def test_only_the_whole_is_a_hundred_per_cent():
    """Shares are rounded down."""
    assert [percent(share) for share in (1, 0.99999, 0)] == ["100 %", "99.9 %", "0.0 %"]


def test_the_page_says_everything():
    """Conclusion, population, samples with the seed, exceptions, holes, collections."""
    page = rendered("html", period())
    for said in (
        "Period report 2026-Q3",
        "Not proven for the whole period",
        "Services are owned",
        "1 of 3,045",
        "sha256:5eed",
        "1 failing subject",
        "acme.k0".replace(".", ".<wbr>"),
        "2,400",
    ):
        assert said in page


def test_samples_can_be_worked_through_in_a_spreadsheet():
    """One line for each, with the place in the draw and the digests it rests on."""
    (line,) = csv.DictReader(io.StringIO(rendered("csv", period()), newline=""))
    assert (line["control"], line["draw"], line["population"], line["worst"], line["last"]) == (
        "soc2:CC7.4",
        "1",
        "3045",
        "fail",
        "pass",
    )
    assert (line["evidence_digests"], line["seed"]) == (f"{RECORD} {LATER}", "sha256:5eed")
    assert (list(line)[-1], line["owners"]) == ("owners", "Night desk; Platform")


def test_the_ticket_has_the_exceptions():
    """A table of conclusions, then what was not as it should be."""
    page = MarkdownIt("commonmark").enable("table").render(rendered("markdown", period()))
    assert "<td>not proven for the whole period</td>" in page
    assert "exception: <code>Checkout</code> by <code>r</code>" in page
    assert "hole: 2026-07-01 00:00 UTC for 1 d" in page


def test_programs_read_everything(judges):
    """What the period proves and the samples, after a schema, whatever things are called."""
    given = period(title=TRAP)
    page = json.loads(rendered("json", replace(given, titles={**given.titles, "other": "Other"})))
    assert judges("period-report.v1").problems(page) == []
    assert (page["verdict"], page["titles"]) == (
        verdict(given.assurance),
        {"r": "Services are owned"},
    )
    assert page["assurance"] == json.loads(encode(given.assurance))
    assert page["sampling"] == json.loads(encode(given.sampling))
    assert page["sampling"]["controls"][0]["samples"][0]["subject"]["title"] == TRAP


@pytest.mark.parametrize("name", sorted(PERIOD_FORMATS.keys() - {"json"}))
def test_hostile_names_are_text(name):
    """Nothing that an object is called becomes markup, a formula or a direction."""
    page = rendered(name, period(title=TRAP))
    assert "\u202e" not in page
    if name == "markdown":
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    assert name == "csv" or "<script>alert" not in page
    assert not re.search(r'(^|,)"=', page, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(PERIOD_FORMATS))
@pytest.mark.parametrize(
    "given", [pytest.param(period(), id="full"), pytest.param(NOTHING, id="empty")]
)
def test_the_same_input_gives_the_same_bytes(name, given):
    """Empty or not."""
    assert rendered(name, given) == rendered(name, given)


def test_the_page_is_sound_and_bounded():
    """Tags balance, inner links lead somewhere, and thousands of holes end with a count."""
    page = rendered("html", period(holes=3_000))
    ids, links = set(), set()

    class Reader(HTMLParser):
        def handle_starttag(self, _tag, attrs):
            named = dict(attrs)
            ids.add(named.get("id"))
            if named.get("href", "").startswith("#"):
                links.add(named["href"][1:])

    Reader().feed(page)
    assert links <= ids
    assert "2,000 more holes left out of this page" in page
    assert len(page) < 1_500_000
