"""The pages of an evidence package: complete, and safe whatever the source says."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from ccm_core.bundle.verifier.counting.period_items import (
    ItemEvaluation,
    Items,
)
from ccm_core.bundle.verifier.evaluations import (
    empty_history,
)
from ccm_core.bundle.verifier.pages.facts import PageFacts
from ccm_core.bundle.verifier.pages.layout import MOST_ROWS
from ccm_core.bundle.verifier.pages.page_files import first_difference, page_files
from ccm_core.bundle.verifier.pages.sample_sizes import SamplePlan
from ccm_core.model.evaluation.result_id import result_id

NOON = "2026-07-01T12:00:00Z"
PERIOD = (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))
AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'&\u202e\x1b[2J"
FORMULA = '=HYPERLINK("http://x","y")'


def assurance_of(text, gaps):
    """Return what ``assurance.json`` holds, with a text wherever a text can be."""
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
    figures = dict.fromkeys(("population", "passed", "failed", "inconclusive", "open"), 1)
    notes = {"made_late": 1, "test_changed": 2, "read_back": 3, "tested_late": 4}
    month = {"rule": text, "connection": text, "month": text, "since": NOON, "until": NOON}
    return {
        "period": text,
        "since": NOON,
        "until": NOON,
        "ended": False,
        "scopes": [
            {
                "framework": text,
                "stated": [{"scope": text, "since": NOON, "until": NOON, "evaluations": 5}],
                "items": 7,
                "items_named": 6,
                "items_outside": 8,
                "problem": text,
            }
        ],
        "kinds": [
            {
                "connection": text,
                "kind": text,
                "scheduled": 3,
                "completed": 2,
                "evidence_coverage": 0.5,
            }
        ],
        "controls": [
            {
                "framework": text,
                "id": text,
                "conclusion": "evidence_incomplete",
                "rules": [text],
                "tests": [
                    {"rule": text, **figures, **notes, "monitoring": False},
                    {"rule": text, **figures, **notes, "monitoring": True},
                ],
                "items": 2,
                "items_failed": 1,
                "items_outside": 1,
                "partial_months": [month],
                "evidence_coverage": 0.99999,
                "evaluations": 2,
                "history": [{"since": NOON, "until": NOON, "status": "fail", "evaluations": 2}],
                "exceptions": [{"rule": text, "connection": text, "subject": subject, **seen}],
                "evidence_gaps": [gap] * gaps,
            }
        ],
    }


def history_of(text, items):
    """Return what evaluations state, with a text wherever a text can be."""
    history = empty_history()
    evaluation = {
        "evaluated_at": NOON,
        "rules": [{"rule": text, "title": text, "pack": text}],
        "packs": [{"name": text, "version": text, "digest": text, "parameters": {text: text}}],
        "narrowing": [text],
        "plugin_failures": [text],
        "switched_off": [{"rule": text, "reason": text}],
        "derived": [{"connection": text, "account": text}],
    }
    history.method.add(evaluation, late=False)
    population = history.items[text, text] = Items(PERIOD)
    for number in range(items):
        key = f"incident:{text}{number}"
        population.add(
            ItemEvaluation(key=key, occurred_at=AT, status="pass", last=(AT, 1), inside=True)
        )
    return history


def pages_of(text="plain", *, gaps=1, orders=True, items=2):
    """Return each file for people as text, with a text wherever a text can be."""
    subject = {"kind": text, "key": text, "title": text}
    order = {
        "id": text,
        "erased_at": NOON,
        "reason": text,
        "contents": [{}],
        "results": [{"rule": text, "connection": text, "subject": subject, "evaluations": 1}],
    }
    plugin = {"name": text, "distribution": text, "version": text, "failure": text}
    facts = PageFacts(
        assurance=assurance_of(text, gaps),
        orders=[order] if orders else [],
        predicate={"controls": [text], "connections": [text], "rules": [text]},
        others=[text],
        key=text,
        history=history_of(text, items),
        collecting=[],
        inputs=[{"host_version": text, "plugins": [plugin]}],
        seed="sha256:00",
        plan=SamplePlan([{"up_to": None, "low": 1, "medium": 3, "high": 60}], {text: "high"}),
        validations=[
            {
                "pack_digest": text,
                "method": "tests",
                "passed": 1,
                "failed": 0,
                "at": NOON,
                "host_version": text,
                "digest": text,
            }
        ],
    )
    return {name: b"".join(make()).decode() for name, make in page_files(facts).items()}


@pytest.mark.attack(
    "Evidence packages",
    "Names and texts of the source hold markup, scripts, terminal escapes and marks that turn text",
    "The pages, the tables and the README show them as text",
)
def test_no_text_of_a_source_becomes_markup():
    """Every text is escaped; nothing turns around what stands beside it; no script, no link."""
    files = pages_of(EVIL)
    for name, page in files.items():
        assert "\u202e" not in page, name
        assert "\x1b" not in page, name
        if name.endswith(".html"):
            assert "<script" not in page, name
            assert "javascript:" not in page, name
            assert "&lt;script&gt;" in page, name


@pytest.mark.attack(
    "Evidence packages",
    "Names of the source begin like formulas of a spreadsheet",
    "The tables of the package have an apostrophe before them: no spreadsheet runs them",
)
@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_a_table_is_a_formula(first):
    """And each row has as many cells as the head, whatever quotes its texts hold."""
    files = pages_of(first + FORMULA)
    for name in (name for name in files if name.endswith(".csv")):
        rows = list(csv.reader(files[name].removeprefix("\ufeff").splitlines()))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}
        cells = [cell for row in rows[1:] for cell in row]
        assert not [cell for cell in cells if cell.startswith(first)]
        assert f"'{first}{FORMULA}" in cells


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.html", "1 evidence incomplete for the period"),
        ("index.html", "99.9 %"),
        ("index.html", "The period had not ended"),
        ("index.html", "python3 verify.py PACKAGE.zip KEY"),
        ("index.html", "This page proves nothing by itself"),
        ("index.html", "1 contents were erased by order plain"),
        ("index.html", "1 results rest on them"),
        ("index.html", "The connections plain of the same store"),
        ("index.html", "The name of the company is not part of the evidence"),
        ("README.txt", "python3 verify.py package.zip KEY"),
        ("README.txt", "exceptions in 1 of them"),
        ("pages/period.html", "risk accepted"),
        ("pages/period.html", "Failed"),
        ("pages/period.html", "Warning: the scope of plain plain."),
        ("pages/period.html", "outside of the scope of plain, and not concluded on: 1 item"),
        ("pages/period.html", "health of monitoring; 1 tested as of a past moment alone"),
        ("index.html", "Warning: the scope of plain plain."),
        ("pages/period.html", "2 failed until the test was changed"),
        ("pages/period.html", "so it is not judged as a month"),
        ("pages/exceptions.html", "1 exception of the period"),
        ("pages/populations.html", "2 items"),
        ("pages/samples.html", "Random seed: <code>sha256:00</code>"),
        ("pages/method.html", "1 as of the moment at which they were made"),
        ("pages/method.html", "the check plain was switched off: plain"),
        ("pages/method.html", "Validation of the packs"),
        ("pages/method.html", "none recorded"),
        ("pages/method.html", "mutation results, of some packs"),
        ("pages/method.html", "Results of connector conformance tests"),
        ("pages/method.html", "Who or what started an evaluation"),
    ],
)
def test_the_pages_have_what_a_reader_asks(name, text):
    """Conclusions, coverage that is never rounded up, how to verify, and what there is not."""
    assert text in pages_of()[name]


def test_a_page_without_erased_evidence_states_that():
    """So that its reader need not wonder."""
    assert "No evidence of this package was erased." in pages_of(orders=False)["index.html"]


def test_of_very_many_rows_the_rest_is_counted():
    """And the reader is told where all of them are."""
    files = pages_of(gaps=MOST_ROWS + 7, items=MOST_ROWS + 3)
    assert "7 more: see <code>assurance.json</code>" in files["pages/period.html"]
    assert "3 more: see <code>tables/populations.csv</code>" in files["pages/populations.html"]
    assert len(files["tables/populations.csv"].splitlines()) == MOST_ROWS + 4


def test_samples_have_the_ids_by_which_ccm_explains_results():
    """They are selected by them, as the host selects."""
    rows = csv.DictReader(pages_of()["tables/samples.csv"].removeprefix("\ufeff").splitlines())
    for row in rows:
        assert row["result_id"] == result_id("plain", "plain", "incident", row["item_key"])


@pytest.mark.parametrize(
    ("expected", "actual", "difference"),
    [
        ([b"a\nb\n"], [b"a\nc\n"], "line 2: expected 'b\\n', got 'c\\n'"),
        ([b"a\n"], [b"a\n", b"b\n"], "line 2: expected the end of the file, got 'b\\n'"),
        ([b"a\nb"], [b"a\n"], "line 2: expected 'b', got the end of the file"),
        ([b"x" * 9000 + b"y"], [b"x" * 4500, b"x" * 4500 + b"z"], f"'{'x' * 20}y', got '"),
        ([b"x" * 5000], [b"x" * 4999], "line 1: expected"),
    ],
)
def test_the_first_difference_is_named(expected, actual, difference):
    """However the files are cut into chunks, and however long a line is."""
    assert difference in first_difference(expected, actual)
