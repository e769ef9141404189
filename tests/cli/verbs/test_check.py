"""``ccm check`` from the command line: what is wrong now, and what was when it was last read."""

from __future__ import annotations

import pytest
from pagerduty_simulator.api.credentials import SimulatedCredential


def bad(ran) -> dict[str, str]:
    """Give the cause of each line that is not good."""
    (diagnoses,) = ran.json["connections"]
    return {one["subject"]: one["cause"] for one in diagnoses["diagnoses"] if not one["ok"]}


def test_check_diagnoses_the_newest_collections(ccm, connected):
    """Log entries were denied in the last run: check says so until they were read again."""
    endpoints = ("/log_entries", "/incidents/{id}/log_entries")
    for one in endpoints:
        connected.control.deny(one)
    ccm("collect")
    for one in endpoints:
        connected.control.allow(one)

    ran = ccm("check", "--json")
    assert ran.code == 3
    assert bad(ran) == {
        "pagerduty.incident_log_entry": "acknowledgements_missing",
        "pagerduty.incident_note": "denied",  # the log says which incidents have one
    }
    ccm("collect")
    assert (ccm("check").code, bad(ccm("check", "--json"))) == (0, {})


def test_check_names_objects_that_are_hidden(ccm, connected):
    """How many and which, in one line for each kind, beside what the check itself sees."""
    user = next(user for user in connected.account.users.values() if user.role == "limited_user")
    key = connected.api_key
    connected.control.api_keys = {key: SimulatedCredential(secret=key, user_id=user.id)}
    connected.control.visible_teams = {min(connected.account.teams)}
    ccm("collect")
    causes = bad(ccm("check", "--json"))
    assert causes["visibility"] == "team_scope"
    assert causes["pagerduty.user"] == "team_scope"


def test_check_blames_the_list_that_left_objects_out(ccm, connected):
    """The same key reads them by id: after a collection too, nothing is said to be hidden."""
    body = {"teams": [], "limit": 100, "offset": 0, "total": 0, "more": False}
    connected.control.deny("/teams", 200, body)
    ccm("collect")
    causes = bad(ccm("check", "--json"))
    assert causes["visibility"] == causes["pagerduty.service"] == "short_list"


def test_check_of_an_account_in_which_nothing_is_listed_exits_3(ccm, connected):
    """An account has an owner."""
    connected.control.deny("/users", 200, {"users": [], "limit": 100, "offset": 0, "more": False})
    ran = ccm("check", "--json")
    assert (ran.code, bad(ran)) == (3, {"visibility": "nothing_listed"})


def test_check_of_an_unreachable_source_diagnoses_its_collections(ccm, connected, folder):
    """The exit code is 4, and the next step is there."""
    ccm("collect")
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text().replace(connected.base_url, "http://127.0.0.1:1"))
    ran = ccm("check", "--json")
    (diagnoses,) = ran.json["connections"]
    assert (ran.code, diagnoses["usable"]) == (4, False)
    assert bad(ran) == {"connection": "unreachable"}
    assert "check the network" in diagnoses["diagnoses"][0]["next_step"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_check_reports_a_revoked_key_without_printing_it(ccm, connected, options):
    """Neither in words nor for programs."""
    connected.control.api_keys.clear()
    ran = ccm("check", *options)
    assert ran.code == 4
    assert connected.api_key not in ran.out + ran.err
    assert "create a read-only API key" in ran.out


def test_check_makes_no_store(ccm, connected, folder):
    """It only looks."""
    assert ccm("check").code == 0
    assert not (folder / "ccm.db").exists()


def test_check_refuses_a_file_that_is_no_store(ccm, connected, folder):
    """A check that cannot look at what was kept does not say that all is well."""
    (folder / "ccm.db").write_text("this is no database, whatever its name says")
    ran = ccm("check")
    assert (ran.code, "not a SQLite database" in ran.err) == (2, True)
