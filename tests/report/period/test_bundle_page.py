"""The page of an evidence package: complete, and safe whatever the source says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    KindAssurance,
    StatusPeriod,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.report.period.bundle_page import MOST, BundlePage, bundle_page

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'&\u202e"


def page_of(text="plain", *, gaps=1):
    """Return a page with a text wherever a text can be."""
    gap = EvidenceGap(
        connection=text, kind=text, since=NOON, until=NOON, reason=text, subjects=(text,)
    )
    subject = Subject(kind=text, key=text, title=text, url=f"javascript:{text}")
    control = ControlAssurance(
        framework=text,
        id=text,
        conclusion=Conclusion.EVIDENCE_INCOMPLETE,
        rules=(text,),
        evidence_coverage=0.99999,
        evaluations=2,
        history=(StatusPeriod(since=NOON, until=NOON, status=Status.FAIL, evaluations=2),),
        exceptions=(
            ControlException(
                rule=text,
                connection=text,
                subject=subject,
                first_seen=NOON,
                last_seen=NOON,
                evaluations=1,
                waived=True,
            ),
        ),
        evidence_gaps=(gap,) * gaps,
    )
    kind = KindAssurance(
        connection=text,
        kind=text,
        required_frequency=60.0,
        scheduled=3,
        completed=2,
        evidence_coverage=0.5,
        evidence_gaps=(gap,),
    )
    return BundlePage(
        assurance=Assurance(
            period=text, since=NOON, until=NOON, ended=False, kinds=(kind,), controls=(control,)
        ),
        connections=[text],
        kinds=[text],
        key=text,
        files={text: text},
        host_version=text,
    )


def test_no_text_of_a_source_becomes_markup():
    """Every text is escaped; nothing turns around what stands beside it; no script, no link."""
    page = bundle_page(page_of(EVIL)).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "javascript:" not in page
    assert page.count("&lt;script&gt;") > 10


@pytest.mark.parametrize(
    "text",
    [
        "Evidence incomplete for the period.",
        "99.9 %",
        "The period had not ended",
        "python3 verify.py BUNDLE.zip KEY",
        "risk accepted",
        "Failed",
    ],
)
def test_the_page_has_conclusions_coverage_and_how_to_verify(text):
    """A share is never rounded up to the whole."""
    assert text in bundle_page(page_of()).decode()


def test_of_very_many_gaps_the_rest_is_counted():
    """And the reader is told where all of them are."""
    page = bundle_page(page_of(gaps=MOST + 7)).decode()
    assert "7 more evidence gaps" in page
    assert "assurance.json" in page


def test_the_same_input_gives_the_same_bytes():
    """Which the package's own digest needs."""
    content = page_of()
    assert bundle_page(content) == bundle_page(replace(content))
