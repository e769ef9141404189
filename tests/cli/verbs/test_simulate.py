"""``ccm simulate page``: whom an incident on a service would reach."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest


@pytest.fixture
def services(ccm, evaluated):
    """Give the readiness of each service of a run."""
    rows = ccm("views", "show", "pagerduty.service_readiness").out.splitlines()
    return [json.loads(line)["body"] for line in rows]


@pytest.fixture
def paged(services):
    """Give the title of a service whose first level is covered at all times."""
    return next(
        row["title"]
        for row in services
        if row["status"] == "enabled" and row["levels"] and not row["levels"][0]["gaps"]
    )


def test_a_page_is_shown_level_by_level(ccm, paged):
    """By name or by key, for people and for programs; a level that is covered notifies."""
    shown = ccm("simulate", "page", paged)
    assert shown.code == 0
    assert shown.out.splitlines()[0].startswith(f"An incident on {paged} at ")
    assert shown.out.splitlines()[1].startswith("  reaches ")
    simulated = ccm("simulate", "page", paged.upper(), "--json").json
    assert (simulated["subject"], simulated["walk"]["outcome"]) == (paged, "reached")
    by_key = ccm("simulate", "page", simulated["key"], "--at", simulated["at"], "--json").json
    assert by_key["walk"]["levels"] == simulated["walk"]["levels"]


def test_a_disabled_service_pages_nobody(ccm, services):
    """The exit code is that of a failing check."""
    disabled = next(row["title"] for row in services if row["status"] == "disabled")
    shown = ccm("simulate", "page", disabled)
    assert shown.code == 1
    assert "the service is disabled: it opens no incident" in shown.out


def test_a_moment_beyond_the_evidence_is_unknown(ccm, services):
    """Nobody is on call in a year as far as the evidence goes, and nobody is not."""
    by_schedule = next(
        row["title"]
        for row in services
        if row["status"] == "enabled" and not row["observed"]["since"].startswith("0001")
    )
    shown = ccm("simulate", "page", by_schedule, "--at", "2099-01-01T00:00:00Z")
    assert shown.code == 3
    assert "its schedules were not rendered for this time" in shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["Nothing"], "no 'Nothing'; there are: ", id="an unknown service"),
        pytest.param(
            ["x", "--at", "tomorrow"], "--at 'tomorrow': expected an instant", id="no instant"
        ),
        pytest.param(["x", "--connection", "nowhere"], "nowhere", id="an unknown connection"),
        pytest.param(["x", "--at", "9999-12-31T23:59:59Z"], "1970 to 9000", id="the end of time"),
        pytest.param(
            ["x", "--at", "0001-01-01T00:00:00+14:00"], "expected an instant", id="before all time"
        ),
    ],
)
def test_bad_input_is_refused(ccm, evaluated, arguments, message):
    """With the name of what was got, and the next step."""
    refused = ccm("simulate", "page", *arguments)
    assert refused.code == 2
    assert message in refused.err


def test_without_evidence_there_is_nothing_to_simulate(ccm, connected):
    """Before anything was collected."""
    refused = ccm("simulate", "page", "Anything")
    assert refused.code == 2
    assert "un `ccm collect` first" in refused.err


def test_an_urgency_that_the_source_does_not_have_is_refused(ccm, paged):
    """It would notify nobody, which is a false alarm."""
    refused = ccm("simulate", "page", paged, "--urgency", "HIGH")
    assert refused.code == 2
    assert "expected one of high, low" in refused.err


def test_users_that_could_not_be_read_are_not_deleted_users(ccm, connected):
    """Whom a page reaches is unknown, and nobody is said to be gone."""
    connected.control.deny("/users")
    ccm("collect")
    name = next(iter(connected.account.services.values())).name
    shown = ccm("simulate", "page", name)
    assert shown.code == 3
    assert "whom it reaches is unknown" in shown.out
    assert "deleted" not in shown.out


SWAPPED = """
UPDATE {table} SET digest = CASE key WHEN :one THEN :second ELSE :first END
WHERE kind = 'pagerduty.user' AND key IN (:one, :two)
"""
DAMAGES = {
    "two people have each other's body": ("version", "current_version"),
    "and only the index of newest versions is right": ("version",),
}


@pytest.mark.parametrize("tables", DAMAGES.values(), ids=DAMAGES)
def test_records_that_are_not_those_of_the_last_evaluation_are_damage(ccm, folder, paged, tables):
    """Nobody is told whom a page reaches by records that somebody exchanged."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        query = "SELECT key, digest FROM current_version WHERE kind = 'pagerduty.user' LIMIT 2"
        (one, first), (two, second) = database.execute(query).fetchall()
        names = {"one": one, "two": two, "first": first, "second": second}
        for table in tables:
            assert database.execute(SWAPPED.format(table=table), names).rowcount == 2
    shown = ccm("simulate", "page", paged)
    assert shown.code == 5
    assert "the records of pagerduty.user of pagerduty-test are not those" in shown.err
    assert "run `ccm verify`" in shown.err


def test_what_was_stored_since_the_last_evaluation_is_no_damage(ccm, connected):
    """A record that was renamed after it is read as it is."""
    ccm("run")
    key, user = next(iter(connected.account.users.items()))
    connected.account.users[key] = replace(user, name="Renamed Person")
    assert ccm("collect", "--all").code == 0
    name = next(row.name for row in connected.account.services.values() if not row.disabled)
    assert ccm("simulate", "page", name).code in {0, 1}
