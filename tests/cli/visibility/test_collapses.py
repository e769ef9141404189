"""A population that loses most of its records at once is not believed without a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

GONE = """\
    accept_collapse: [{{kind: pagerduty.user, reason: we sold the freight unit, until: {until}}}]
rules:"""


def users_listed(ccm) -> set[str]:
    """Return the users that stand in the evidence."""
    return {line["key"] for line in ccm("evidence", "export", "--kind", "pagerduty.user").lines}


def of_users(manifest: dict) -> list[dict]:
    """Return the collections of users, with their amendments."""
    return [entry for entry in manifest["collections"] if entry["kind"] == "pagerduty.user"]


@pytest.fixture
def shrunk(ccm, connected):
    """An account that was collected with thirty users and lists a few of them now."""
    ccm("collect")
    account = connected.account
    named = {
        target.id
        for policy in account.policies.values()
        for level in policy.levels
        for target in level.targets
    }
    owners = {user.id for user in account.users.values() if user.role == "owner"}
    others = sorted(account.users.keys() - owners - named)
    keep = [*owners, *sorted(named & account.users.keys() - owners), *others][:9]
    account.users = {key: user for key, user in account.users.items() if key in keep}
    account.memberships = [member for member in account.memberships if member.user_id in keep]
    return connected


@pytest.mark.attack(
    "Visibility",
    "A list of thirty users has nine of them on the next run, and says that is all",
    "It is read again, then partial until somebody accepts it; no record is taken as deleted",
)
def test_a_collapsed_population_is_partial_and_loses_no_record(ccm, shrunk):
    """Nothing passes over it, and what was known before stays in the evidence."""
    before = users_listed(ccm)
    requests = len(shrunk.control.requests_to("/users"))
    ran = ccm("run", "--all", "--json")

    (entry, *_) = of_users(ran.json["manifests"][0])
    assert entry["outcome"] == "partial"
    assert {fall["reason"] for fall in entry["shortfalls"]} == {"collapsed"}
    assert f"{len(before)} of pagerduty.user were listed before and 9 now" in str(entry)
    assert len(shrunk.control.requests_to("/users")) - requests > 2  # on a second read too
    assert entry["counts"]["tombstones"] == 0
    assert users_listed(ccm) == before
    rules = {rule["rule"]: rule["status"] for rule in ran.json["evaluation"]["rules"]}
    assert rules["pagerduty_invitation_is_accepted"] in {"insufficient", "fail"}
    assert ran.code == 3
    assert "were listed before" in " ".join(ccm("run").out.split())


def test_a_collapse_stays_partial_until_it_is_accepted(ccm, shrunk, folder):
    """Waiting does not make it true; the day until which it is accepted does."""
    ccm("collect", "--all")
    again = ccm("collect", "--json")
    assert of_users(again.json[0])[0]["outcome"] == "partial"

    settings = folder / "ccm.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("rules:", GONE.format(until="2020-01-01")))
    late = ccm("collect", "--json")
    assert of_users(late.json[0])[0]["outcome"] == "partial"

    until = datetime.now(UTC).date() + timedelta(days=30)
    settings.write_text(text.replace("rules:", GONE.format(until=until)))
    accepted = ccm("run", "--json")
    entry = of_users(accepted.json["manifests"][0])[0]
    assert "collapsed" not in {fall["reason"] for fall in entry["shortfalls"]}
    assert any("we sold the freight unit" in note for note in entry["notes"])
    assert len(users_listed(ccm)) == 9
    shown = f"may lose most of its records at once until {until}, which is accepted: we sold the"
    (narrowed,) = accepted.json["evaluation"]["narrowing"]
    assert shown in narrowed
    assert shown in (folder / "ccm-report.html").read_text()
    summary = " ".join(ccm("run").out.split())
    assert "SETTINGS THAT NARROW WHAT IS EVALUATED (1)" in summary
    assert shown in summary
    assert "reproduced" in ccm("evaluate", "--reproduce").out + ccm("evaluate", "--reproduce").err


@pytest.mark.attack(
    "Settings",
    "Accept that most records of a kind may vanish, up to a day in 2099",
    "Refused: at most 90 days ahead; what is accepted is shown in the report and the summary",
)
@pytest.mark.parametrize(("days", "code"), [(26_000, 2), (92, 2), (89, 0)])
def test_a_collapse_is_accepted_for_90_days_at_most(ccm, connected, folder, days, code):
    """The message has the place, what was got, the bound, the reason and the way on."""
    until = datetime.now(UTC).date() + timedelta(days=days)
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text().replace("rules:", GONE.format(until=until)))
    ran = ccm("connections", "list")
    assert ran.code == code
    if code:
        assert f"ccm.yaml:8:87: got {until}, expected at most" in ran.err
        assert "90 days ahead: the next loss would pass unseen" in ran.err


def test_a_small_population_may_shrink(ccm, connected):
    """Below ten records most of them may go without a doubt: eight services, then two."""
    ccm("collect")
    services = sorted(connected.account.services)
    for key in services[2:]:
        del connected.account.services[key]
    manifest = ccm("collect", "--all", "--json").json[0]
    reasons = {
        fall["reason"]
        for entry in manifest["collections"]
        if entry["kind"] == "pagerduty.service"
        for fall in entry["shortfalls"]
    }
    assert "collapsed" not in reasons
