"""Rows and verdicts have logs of their own, which nobody takes for connections."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

SERVICE = "pagerduty.service"
LISTS = [
    ("evidence", "list"),
    ("evidence", "list", "--json"),
    ("evidence", "export", "--kind", SERVICE),
    ("runs", "list"),
    ("runs", "list", "--json"),
    ("runs", "show", "--json"),
    ("evaluate", "--json"),
    ("report", "--format", "json"),
    ("findings", "list", "--output", "json"),
    ("assurance", "--json", "--period", "2026-11"),
    ("checkpoint",),
    ("check",),
    ("connections", "list"),
]


@pytest.fixture
def evaluated(ccm, connected, vault_key):
    """A folder whose store has rows and verdicts."""
    ccm("collect")
    ccm("evaluate")
    return connected


def test_their_logs_are_no_connections(ccm, evaluated):
    """No list, export or choice of connections has them."""
    for command in LISTS:
        result = ccm(*command)
        assert result.code != 2, result.err
        assert "@derived" not in result.out + result.err, command


@pytest.mark.parametrize(
    "command",
    [
        ("evidence", "export", "--kind", SERVICE, "--connection"),
        ("runs", "list", "--connection"),
        ("erase", "--reason", "asked to", "--connection"),
        ("erase", "--reason", "asked to", "--kind", f"rows/{SERVICE}", "--connection"),
    ],
)
def test_nobody_can_choose_them(ccm, evaluated, command):
    """The refusal lists the connections alone."""
    result = ccm(*command, "pagerduty-test@derived")
    assert result.code == 2
    assert result.err.count("@derived") <= 1


def test_verifying_calls_them_what_they_are(ccm, evaluated):
    """In words, beside the log of the evidence; the JSON has the name of the log."""
    output = ccm("verify")
    assert "log pagerduty-test, rows and verdicts: " in output.out
    assert "@derived" not in output.out
    logs = [log["log"] for log in ccm("verify", "--json").json["logs"]]
    assert logs == ["@store", "pagerduty-test", "pagerduty-test@derived"]


def test_an_erasure_says_how_many_rows_and_verdicts_go(ccm, evaluated, folder):
    """Before and after; the store verifies, the last evaluation can be read, the next is made."""
    record = ccm("evidence", "export", "--kind", SERVICE).lines[0]
    order = ("erase", "--kind", SERVICE, "--key", record["key"], "--reason", "asked to")
    assert " verdicts made from them, would be deleted" in ccm(*order).err
    done = ccm(*order, "--yes").err
    assert " rows and " in done
    assert " verdicts made from them, were deleted" in done
    with closing(sqlite3.connect(folder / "ccm.db")) as database:
        titles = [title for (title,) in database.execute("SELECT title FROM subject")]
    assert titles == []
    assert ccm("verify").code in {0, 3}
    for command in (("report", "--format", "json"), ("findings", "list"), ("evaluate", "--json")):
        result = ccm(*command)
        assert result.code in {0, 1, 3}, result.err
    subjects = {
        result["subject"]["key"]: result["status"]
        for rule in json.loads(result.out)["rules"]
        for result in rule["results"]
        if result["subject"]["kind"] == SERVICE
    }
    assert subjects[record["key"]] == "insufficient"
    assert ccm("verify").code in {0, 3}
