"""``ccm changes``: what changed in the sources, and who changed it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest


def test_what_people_changed_is_listed_with_who_and_what(ccm, evaluated):
    """The audit trail of the demonstration, before anything was read."""
    shown = ccm("changes", "--since", "2020-01-01T00:00:00Z")
    assert shown.code == 3
    assert "changed  " in shown.out
    assert "; in the source's trail; ccm had not read it before" in shown.out
    assert "some kinds were first read at" in shown.err
    log = ccm("changes", "--since", "2020-01-01T00:00:00Z", "--json").json
    assert {change["in_versions"] for change in log["changes"]} == {None}
    moments = [change["at"] for change in log["changes"]]
    assert moments == sorted(moments)


def test_a_period_without_evidence_is_not_one_without_a_change(ccm, evaluated):
    """Nothing is known of it."""
    shown = ccm("changes", "--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z")
    assert (shown.code, shown.out.strip()) == (3, "no change is known")
    assert "is not known for all of the period" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "--since", id="no beginning"),
        pytest.param(
            ["--since", "yesterday"], "--since 'yesterday': expected an instant", id="no instant"
        ),
        pytest.param(["--since", "2999-01-01T00:00:00Z"], "is not before", id="the wrong order"),
        pytest.param(
            ["--since", "2020-01-01T00:00:00Z", "--kind", "pagerduty.incident"],
            "expected one of pagerduty.escalation_policy",
            id="a kind that nobody changes",
        ),
    ],
)
def test_bad_input_is_refused(ccm, evaluated, arguments, message):
    """With what was expected."""
    refused = ccm("changes", *arguments)
    assert refused.code == 2
    assert message in refused.err


@pytest.fixture
def renamed(ccm, connected):
    """Rename a service between two collections; give the key of the service."""
    ccm("run")
    key, service = next(iter(connected.account.services.items()))
    connected.account.services[key] = replace(service, name="Renamed Service")
    assert ccm("collect", "--all").code == 0
    return key


DAMAGES = {
    "the new version is gone": "DELETE FROM version WHERE seq = :newest",
    "the new version has the body of another service": (
        "UPDATE version SET digest = (SELECT digest FROM version WHERE kind = 'pagerduty.service'"
        " AND key != :key LIMIT 1) WHERE seq = :newest"
    ),
    "the new version is of another service": (
        "UPDATE version SET key = 'PANOTHER' WHERE seq = :newest"
    ),
    "an entry of the trail is gone": (
        "DELETE FROM current_version WHERE kind = 'pagerduty.audit_record' AND key ="
        " (SELECT min(key) FROM current_version WHERE kind = 'pagerduty.audit_record')"
    ),
    "an entry of the trail has the body of another one": (
        "UPDATE version SET digest = (SELECT digest FROM version WHERE"
        " kind = 'pagerduty.audit_record' ORDER BY key DESC LIMIT 1) WHERE"
        " kind = 'pagerduty.audit_record' AND key = (SELECT min(key) FROM version WHERE"
        " kind = 'pagerduty.audit_record')"
    ),
}


@pytest.mark.parametrize("damage", [None, *DAMAGES.values()], ids=["nothing is damaged", *DAMAGES])
def test_versions_that_the_ledger_does_not_state_are_damage(ccm, folder, renamed, damage):
    """A change that somebody took out of the store is not a change that never was."""
    if damage is not None:
        with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
            query = "SELECT max(seq) FROM version WHERE kind = 'pagerduty.service' AND key = ?"
            (newest,) = database.execute(query, [renamed]).fetchone()
            database.execute("DELETE FROM current_version WHERE seq = ?", [newest])
            assert database.execute(damage, {"newest": newest, "key": renamed}).rowcount == 1
    shown = ccm("changes", "--since", "2020-01-01T00:00:00Z")
    if damage is None:
        assert (shown.code, "Renamed Service" in shown.out) == (3, True)
        return
    assert shown.code == 5
    assert "are not those that the ledger states; run `ccm verify`" in shown.err
