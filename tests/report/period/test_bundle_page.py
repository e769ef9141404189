"""The page of a bundle: plain, whole, and safe whatever the source says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
from ccm_core.report.period.bundle_page import MOST, BundlePage, bundle_page

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'&\u202e"


def page_of(text="plain", *, holes=1):
    """Give a page on which a text stands wherever a text can stand."""
    hole = Hole(connection=text, kind=text, since=NOON, until=NOON, why=text, subjects=(text,))
    about = Subject(kind=text, key=text, title=text, url=f"javascript:{text}")
    control = ControlAssurance(
        framework=text,
        id=text,
        conclusion=Conclusion.NOT_PROVEN,
        rules=(text,),
        share=0.99999,
        evaluations=2,
        course=(Stretch(since=NOON, until=NOON, status=Status.FAIL, evaluations=2),),
        deviations=(
            Deviation(
                rule=text,
                connection=text,
                subject=about,
                first=NOON,
                last=NOON,
                evaluations=1,
                waived=True,
            ),
        ),
        holes=(hole,) * holes,
    )
    kind = KindAssurance(
        connection=text, kind=text, cadence=60.0, promised=3, made=2, share=0.5, holes=(hole,)
    )
    return BundlePage(
        assurance=Assurance(
            period=text, since=NOON, until=NOON, over=False, kinds=(kind,), controls=(control,)
        ),
        connections=[text],
        kinds=[text],
        key=text,
        files={text: text},
        host_version=text,
    )


def test_nothing_that_a_source_says_becomes_markup():
    """Every text is escaped; nothing turns around what stands beside it; no script, no link."""
    page = bundle_page(page_of(EVIL)).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "javascript:" not in page
    assert page.count("&lt;script&gt;") > 10


@pytest.mark.parametrize(
    "said",
    [
        "Not proven for the whole period.",
        "99.9 %",
        "The period was not over",
        "python3 verify.py BUNDLE.zip KEY",
        "waived",
        "fails",
    ],
)
def test_a_reader_finds_what_was_proven_and_how_to_check_it(said):
    """A share is never rounded up to the whole."""
    assert said in bundle_page(page_of()).decode()


def test_of_very_many_holes_the_rest_is_counted():
    """And the reader is told where all of them are."""
    page = bundle_page(page_of(holes=MOST + 7)).decode()
    assert "7 more holes" in page
    assert "assurance.json" in page


def test_the_same_input_gives_the_same_bytes():
    """Which the bundle's own digest needs."""
    given = page_of()
    assert bundle_page(given) == bundle_page(replace(given))
