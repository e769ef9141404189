"""Acceptances whose entry is gone or counts no more: the state follows, and `show` says why."""

from __future__ import annotations

import json

import pytest


def standings(firm, name):
    """Return what `show` says of the acceptances of a finding, in a document."""
    return firm.ccm("findings", "show", name, "--output", "json").json["acceptances"]


def shown(firm, name):
    """Return what `show` prints, in one line."""
    return " ".join(firm.ccm("findings", "show", name).out.split())


@pytest.fixture
def put_back(firm):
    """Ask for an acceptance, then put the old waivers file back, as `git revert` does."""

    def ask():
        name = firm.failing()[0]["id"]
        assert firm.accept(name, by="mia").code == 0
        entry = firm.entry()
        firm.waivers.write_text("apiVersion: ccm/v1\nkind: Waivers\nwaivers: []\n")
        return name, entry

    return ask


def test_a_request_whose_entry_is_gone_counts_until_an_evaluation_has_seen_it(firm, put_back):
    """Then the finding is open everywhere, and whoever asks is told what became of the request."""
    name, entry = put_back()
    assert firm.state(name) == "acceptance_asked"

    firm.evaluated()

    assert firm.state(name) == "open"
    (standing,) = standings(firm, name)
    assert (standing["acceptance"], standing["state"]) == (entry, "not_in_force")
    assert "its entry is not in the waivers file any more" in shown(firm, name)
    listed = firm.ccm("findings", "list", "--state", "acceptance_asked", "--output", "json").json
    assert listed["findings"] == []
    sarif = json.loads(firm.ccm("report", "--format", "sarif").out)
    results = [result for run in sarif["runs"] for result in run["results"]]
    assert not [
        suppression
        for result in results
        for suppression in result.get("suppressions", ())
        if suppression.get("status") == "underReview"
    ]
    assert "deviation-requested" not in firm.ccm("report", "--format", "oscal").out


def test_a_request_that_is_gone_hides_no_acknowledgement(firm, put_back):
    """Whoever works on it shows, whenever they said so."""
    name, _ = put_back()
    firm.evaluated()

    assert firm.ccm("findings", "acknowledge", name, "--by", "mia").code == 0

    assert firm.state(name) == "acknowledged"


@pytest.mark.parametrize("verb", ["refuse", "withdraw", "approve"])
def test_a_request_that_is_gone_is_named_to_whoever_answers_it(firm, put_back, verb):
    """By the finding or by the id of the acceptance: its entry has to be there."""
    name, entry = put_back()
    options = ["--print"] if verb == "approve" else ["--reason", "Not this year."]
    for called in (name, entry):
        refused = firm.ccm("findings", verb, called, *options)
        assert refused.code == 2
        assert f"{entry} was asked for, and its entry is not in" in refused.err
        assert "ccm findings accept" in refused.err


def test_a_request_that_is_asked_anew_counts_before_the_next_evaluation(firm, put_back):
    """Under the same id, or another one."""
    name, entry = put_back()
    firm.evaluated()

    assert firm.accept(name, id=entry).code == 0

    assert firm.state(name) == "acceptance_asked"
    firm.evaluated()
    assert firm.state(name) == "acceptance_asked"


def edited(firm, entry):
    """Change an approved entry."""
    firm.waivers.write_text(firm.waivers.read_text().replace("in March", "in June"))


def removed(firm, entry):
    """Remove it by hand."""
    firm.waivers.write_text("apiVersion: ccm/v1\nkind: Waivers\nwaivers: []\n")


def withdrawn(firm, entry):
    """Withdraw it."""
    ended = firm.ccm("findings", "withdraw", entry, "--reason", "Repaired.", "--by", "mia")
    assert ended.code == 0, ended.err


def without_approver(firm, entry):
    """Remove its approver from the settings."""
    lines = firm.settings.read_text().splitlines()
    firm.settings.write_text("\n".join(line for line in lines if "id: otto" not in line))


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        pytest.param(edited, "it was changed after it was approved", id="edited"),
        pytest.param(removed, "its entry is not in the waivers file any more", id="removed"),
        pytest.param(withdrawn, "mia withdrew it on ", id="withdrawn"),
        pytest.param(without_approver, "its approver otto is not in `people`", id="approver-left"),
    ],
)
def test_a_finding_says_why_an_approved_acceptance_counts_no_more(firm, end, reason):
    """And, as long as it counts, until when, as of which evaluation."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    entry = firm.entry()
    firm.approve(name)
    assert [one["state"] for one in standings(firm, name)] == ["requested"]
    assert "counts from the next evaluation on" in shown(firm, name)
    at = firm.evaluated()["evaluated_at"]
    (standing,) = standings(firm, name)
    assert (standing["acceptance"], standing["state"]) == (entry, "in_force")
    assert at[:19] in standing["reason"]

    end(firm, entry)
    firm.evaluated()

    assert firm.state(name) == "open"
    (standing,) = standings(firm, name)
    assert (standing["acceptance"], standing["state"]) == (entry, "not_in_force")
    assert reason in standing["reason"]
    text = shown(firm, name)
    assert f"{entry} is not in force: " in text
    assert reason in text


def test_a_request_made_while_a_run_collects_is_read_by_its_evaluation(firm):
    """Waivers are read when evaluating begins, not when the command did."""
    from ccm_core.app.cycle import evaluate_connections
    from ccm_core.app.rule_sets import compile_rule_set
    from ccm_core.cli.terminal.workspace import open_workspace

    first, second = [one["id"] for one in firm.failing()[:2]]
    firm.accept(first)
    workspace = open_workspace(str(firm.settings))
    rules = compile_rule_set(workspace)
    firm.accept(second)
    with workspace.write_store(create=False) as store:
        evaluate_connections(workspace, store, rules)

    assert (firm.state(first), firm.state(second)) == ("acceptance_asked", "acceptance_asked")
