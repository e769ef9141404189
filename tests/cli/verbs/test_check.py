"""``ccm check`` from the command line: what is wrong now, and what was when it was last read."""

from __future__ import annotations

import pytest


def bad(ran) -> dict[str, str]:
    """Give the cause of each line that is not good."""
    (found,) = ran.json["connections"]
    return {one["subject"]: one["cause"] for one in found["diagnoses"] if not one["ok"]}


def test_what_was_last_read_is_looked_at_as_well(ccm, connected):
    """Log entries were denied in the last run: check says so until they were read again."""
    endpoints = ("/log_entries", "/incidents/{id}/log_entries")
    for one in endpoints:
        connected.control.deny(one)
    ccm("collect")
    for one in endpoints:
        connected.control.allow(one)

    ran = ccm("check", "--json")
    assert ran.code == 3
    assert bad(ran) == {"pagerduty.incident_log_entry": "acknowledgements_missing"}
    ccm("collect")
    assert (ccm("check").code, bad(ccm("check", "--json"))) == (0, {})


def test_what_a_run_found_hidden_is_named(ccm, connected):
    """How many and which, in one line for each kind, beside what the check itself sees."""
    connected.control.visible_teams = {min(connected.account.teams)}
    ccm("collect")
    causes = bad(ccm("check", "--json"))
    assert causes["visibility"] == "team_scope"
    assert causes["pagerduty.user"] == "team_scope"


def test_a_source_that_cannot_be_asked_still_has_a_past(ccm, connected, folder):
    """The exit code is 4, and the next step is there."""
    ccm("collect")
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text().replace(connected.base_url, "http://127.0.0.1:1"))
    ran = ccm("check", "--json")
    (found,) = ran.json["connections"]
    assert (ran.code, found["usable"]) == (4, False)
    assert bad(ran) == {"connection": "unreachable"}
    assert "check the network" in found["diagnoses"][0]["next_step"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_revoked_key_is_told_and_never_shown(ccm, connected, options):
    """Neither in words nor for programs."""
    connected.control.api_keys.clear()
    ran = ccm("check", *options)
    assert ran.code == 4
    assert connected.api_key not in ran.out + ran.err
    assert "make a read-only API key" in ran.out


def test_a_check_makes_no_store(ccm, connected, folder):
    """It only looks."""
    assert ccm("check").code == 0
    assert not (folder / "ccm.db").exists()


def test_a_store_that_is_none_is_a_mistake(ccm, connected, folder):
    """A check that cannot look at what was kept does not say that all is well."""
    (folder / "ccm.db").write_text("this is no database, whatever its name says")
    ran = ccm("check")
    assert (ran.code, "not a SQLite database" in ran.err) == (2, True)
