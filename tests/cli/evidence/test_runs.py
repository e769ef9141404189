"""Runs, as a person reads them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

from ccm_core.ledger.signed_note import unsigned
from ccm_core.model.evidence.run import OpenRun
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store


def test_runs_are_listed_and_shown(ccm, connected):
    """One line for each run; the newest is shown whole, or the one that is named."""
    connected.control.deny("/oncalls", 403)
    ccm("collect")
    connected.control.allow("/oncalls")
    ccm("collect")
    first, second = ccm("runs", "list", "--json").json
    lines = [line.split("\t") for line in ccm("runs", "list").out.splitlines()]

    assert [line[0] for line in lines] == [first["run"], second["run"]]
    assert [line[4] for line in lines] == ["unavailable", "complete"]
    assert lines[0][8] == "denied"
    assert ccm("runs", "list", "-n", "1", "--json").json == [second]
    assert ccm("runs", "show", "--json").json == second
    assert ccm("runs", "show", first["run"], "--json").json == first
    output = ccm("runs", "show", first["run"]).out
    assert "pagerduty.on_call.v1: unavailable\n  missed: denied: " in output
    assert "requested: /services?" in output
    assert "credential: account_api_key, " in output


def test_a_manifest_states_the_required_frequency(ccm, connected, folder):
    """Every kind of the connection, with the cadence of the settings."""
    text = (folder / "ccm.yaml").read_text()
    (folder / "ccm.yaml").write_text(
        text.replace(
            "    settings: {base", "    cadences: {pagerduty.service: 15m}\n    settings: {base"
        )
    )
    ccm("collect")
    (manifest,) = ccm("runs", "list", "--json").json
    scheduled = {one["kind"]: one for one in manifest["scheduled"]}
    assert scheduled.keys() == {one["kind"] for one in manifest["collections"]}
    assert scheduled["pagerduty.service"]["cadence"] == 900
    assert scheduled["pagerduty.incident"]["shape"] == "event"


def test_an_unsealed_run_is_listed_without_an_outcome(ccm, connected, folder):
    """It cannot be shown before the next run has sealed it, and the message says so."""
    ccm("collect")
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        database.execute(
            "INSERT INTO run (id, connection, connector, started_at) VALUES (?, ?, ?, 1)",
            ("cut", "pagerduty-test", "pagerduty"),
        )
    last = ccm("runs", "list").out.splitlines()[-1].split("\t")
    assert (last[0], last[4]) == ("cut", "not sealed")
    ran = ccm("runs", "show", "cut")
    assert (ran.code, "The next run" in ran.err) == (2, True)


def test_unknown_runs_are_reported(ccm, connected):
    """No store, no such run, no such connection: each names what there is."""
    assert ccm("runs", "list").code == 2
    ccm("collect")
    (run,) = [one["run"] for one in ccm("runs", "list", "--json").json]
    ran = ccm("runs", "show", "none")
    assert (ran.code, run in ran.err) == (2, True)
    ran = ccm("runs", "list", "--connection", "none")
    assert (ran.code, "pagerduty-test" in ran.err) == (2, True)
    assert ccm("runs", "list", "--as-of", "2020-01-01T00:00:00Z").out == ""


def test_a_long_list_of_runs_is_bounded_for_people(ccm, connected, folder):
    """The newest hundred, and how to list more; programs are given all."""
    ccm("collect")
    with closing(
        open_store(
            StoreLocation(url="sqlite:///ccm.db"), base=folder, signing=unsigned("no key needed")
        )
    ) as store:
        (manifest,) = store.runs.manifests()
        for number in range(100):
            like = replace(manifest, run=f"copy {number}", collections=())
            begun = OpenRun(
                run=like.run,
                connection=like.connection,
                connector=like.connector,
                started_at=like.started_at,
            )
            store.runs.begin(begun)
            store.runs.seal(like)

    listed = ccm("runs", "list")
    assert [line.split("\t")[0] for line in listed.out.splitlines()] == [
        f"copy {number}" for number in range(100)
    ]
    assert "--last NUMBER" in listed.err
    assert len(ccm("runs", "list", "--json").json) == 101
    assert len(ccm("runs", "list", "-n", "101").out.splitlines()) == 101
