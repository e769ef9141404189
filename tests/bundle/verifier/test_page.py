"""The page of an evidence package: complete, and safe whatever the source says."""

from __future__ import annotations

import pytest

from ccm_core.bundle.verifier.page import MOST_ROWS, page

NOON = "2026-07-01T12:00:00Z"
EVIL = "<script>alert(1)</script>\"'&\u202e\x1b[2J"


def page_of(text="plain", *, gaps=1, orders=True):
    """Return a page with a text wherever a text can be."""
    gap = {
        "connection": text,
        "kind": text,
        "since": NOON,
        "until": NOON,
        "reason": text,
        "subjects": [text],
    }
    subject = {"kind": text, "key": text, "title": text, "url": f"javascript:{text}"}
    seen = {"first_seen": NOON, "last_seen": NOON, "evaluations": 1, "waived": True}
    control = {
        "framework": text,
        "id": text,
        "conclusion": "evidence_incomplete",
        "rules": [text],
        "tests": [
            {
                "rule": text,
                "population": 9,
                "passed": 4,
                "failed": 3,
                "inconclusive": 1,
                "open": 1,
                "made_late": 1,
                "test_changed": 2,
            }
        ],
        "evidence_coverage": 0.99999,
        "evaluations": 2,
        "history": [{"since": NOON, "until": NOON, "status": "fail", "evaluations": 2}],
        "exceptions": [{"rule": text, "connection": text, "subject": subject, **seen}],
        "evidence_gaps": [gap] * gaps,
    }
    kind = {
        "connection": text,
        "kind": text,
        "scheduled": 3,
        "completed": 2,
        "evidence_coverage": 0.5,
    }
    order = {
        "id": text,
        "erased_at": NOON,
        "reason": text,
        "contents": [{}],
        "results": [{"rule": text, "connection": text, "subject": subject, "evaluations": 1}],
    }
    assurance = {
        "period": text,
        "since": NOON,
        "until": NOON,
        "ended": False,
        "kinds": [kind],
        "controls": [control],
    }
    predicate = {"controls": [text], "connections": [text]}
    return page(assurance, [order] if orders else [], predicate, [text], text).decode()


@pytest.mark.attack(
    "Evidence packages",
    "Names and texts of the source hold markup, scripts, terminal escapes and marks that turn text",
    "The page shows them as text",
)
def test_no_text_of_a_source_becomes_markup():
    """Every text is escaped; nothing turns around what stands beside it; no script, no link."""
    html = page_of(EVIL)
    assert "<script" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "javascript:" not in html
    assert html.count("&lt;script&gt;") > 10


@pytest.mark.parametrize(
    "text",
    [
        "Evidence incomplete for the period.",
        "99.9 %",
        "The period had not ended",
        "python3 verify.py BUNDLE.zip KEY",
        "This page proves nothing by itself",
        "1 contents were erased by order plain",
        "1 results rest on them",
        "Not in this package: the connections plain",
        "risk accepted",
        "Failed",
    ],
)
def test_the_page_has_conclusions_coverage_erasures_and_how_to_verify(text):
    """A share is never rounded up to the whole."""
    assert text in page_of()


def test_a_page_without_erased_evidence_states_that():
    """So that its reader need not wonder."""
    assert "No evidence of this package was erased." in page_of(orders=False)


def test_of_very_many_gaps_the_rest_is_counted():
    """And the reader is told where all of them are."""
    html = page_of(gaps=MOST_ROWS + 7)
    assert "7 more: see <code>assurance.json</code>" in html
