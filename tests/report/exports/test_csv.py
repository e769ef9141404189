"""CSV: every result on one line, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.report.formats.csv import COLUMNS, cell


def rows(page):
    """Read a file as RFC 4180 wants it."""
    assert page.startswith(b"\xef\xbb\xbf"), "spreadsheets see UTF-8 by this mark alone"
    text = page.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_result_is_a_line(render, demo):
    """The demo account's results are all there, in order."""
    lines = rows(render("csv", demo))
    results = [result for rule in demo.evaluation.rules for result in rule.results]
    assert [line["status"] for line in lines] == [result.status.value for result in results]
    assert len({line["result"] for line in lines}) == len(lines)


def test_a_line_says_all_of_it(render, waived):
    """One result, column by column."""
    line = rows(render("csv", waived))[-1]
    assert {name: line[name] for name in COLUMNS if name != "result"} == {
        "evaluated_at": "2026-05-06T09:00:00Z",
        "status": "fail",
        "waiver": "W-7",
        "severity": "high",
        "rule": "r",
        "title": "Every service is ready",
        "connection": "acme-prod",
        "subject_kind": "acme.service",
        "subject_key": "P9",
        "subject_title": "Service waived",
        "subject_url": "",
        "owners": "Night desk; Platform",
        "reason": "it is known",
        "due_at": "",
        "controls": "soc2:CC7.4",
        "remediation": "Name somebody.",
        "finding": "ivbutz-vzbmsys57h",
        "finding_state": "",
        "finding_owner": "",
        "finding_since": "",
        "finding_due_at": "",
        "finding_overdue": "",
        "accepted_until": "",
        "tickets": "",
        "scope": "",
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=1+1", id="equals sign"),
        pytest.param("+1", id="plus"),
        pytest.param("-1+cmd|' /C calc'!A0", id="minus"),
        pytest.param("@SUM(A1)", id="at"),
        pytest.param("\t=1+1", id="tab before it"),
        pytest.param("\r=1+1", id="carriage return before it"),
        pytest.param("  =1+1", id="spaces before it"),
        pytest.param("\x00=1+1", id="null before it"),
        pytest.param("\uff1d1+1", id="full width"),
    ],
)
def test_a_formula_is_text(text):
    """What a spreadsheet would take for a formula does not begin the cell."""
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))


@pytest.mark.no_cover
@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cell_is_run(render, generated, data):
    """Whatever names say: as many lines as results, and no cell begins a formula."""
    given_ = data.draw(generated)
    found = rows(render("csv", given_))
    assert len(found) == sum(len(rule.results) for rule in given_.evaluation.rules)
    assert not any(
        value.startswith(("=", "+", "-", "@", "\t", "\r"))
        for line in found
        for value in line.values()
    )
