"""What tools answer: the numbers of the API, bounded, with nothing of a source in the envelope."""

from __future__ import annotations

import json

import pytest

from ccm_core.cli.main import ccm
from ccm_core.errors import ReadOnlyStore, SecretError
from ccm_core.mcp.assistant import UnknownTool
from ccm_core.mcp.envelope import MOST_BYTES
from ccm_core.mcp.tools import TOOLS

CONNECTION = "pagerduty-demo"
LISTS = {
    "checks": ("checks", {}),
    "findings": ("findings", {}),
    "frameworks": ("frameworks", {}),
    "framework": ("requirements", {"framework": "soc2"}),
    "check": ("results", {"rule": "pagerduty_acknowledged_incident_keeps_an_owner"}),
    "evidence": ("kinds", {}),
    "records": ("records", {"connection": CONNECTION, "kind": "pagerduty.service"}),
    "coverage": ("lines", {"connection": CONNECTION, "section": "pagerduty.coverage"}),
    "changes": ("changes", {}),
    "runs": ("runs", {}),
}
"""Tools with pages: the list of each, and arguments that it answers."""


def document(answer):
    """Return what a tool answers, out of its envelope."""
    return answer["untrusted_data"]["document"]


def listed(ask, name, **arguments):
    """Return the whole list of a tool, page by page."""
    entries, arguments = [], {**LISTS[name][1], **arguments}
    while True:
        answer = ask(name, **arguments)
        assert len(json.dumps(answer)) <= MOST_BYTES
        entries += document(answer)[LISTS[name][0]]
        if answer["next"] is None:
            return entries
        arguments["cursor"] = answer["next"]


@pytest.mark.parametrize("name", LISTS)
def test_pages_together_are_all_of_the_list_once(ask, name):
    """However small a page is."""
    many, few = listed(ask, name, limit=100), listed(ask, name, limit=17)
    assert [json.dumps(one) for one in few] == [json.dumps(one) for one in many]
    assert many
    assert len({json.dumps(one) for one in many}) == len(many)


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("checks", "/checks", "checks"),
        ("check", "/checks/pagerduty_acknowledged_incident_keeps_an_owner", "results"),
        ("findings", "/findings?limit=500", "findings"),
        ("frameworks", "/frameworks", "frameworks"),
        ("framework", "/frameworks/soc2", "requirements"),
        ("evidence", "/evidence", "kinds"),
    ],
)
def test_lists_are_those_of_the_api(ask, api, name, path, key):
    """One set of numbers for browsers, programs and assistants."""
    assert listed(ask, name, limit=100) == api(path)[key]


def test_single_documents_are_those_of_the_api(ask, api):
    """The overview, one finding and one trace."""
    assert document(ask("overview")) == api("/overview")
    first = api("/findings?limit=1")["findings"][0]
    assert document(ask("finding", finding=first["id"])) == api(f"/findings/{first['id']}")
    result = first["checks"][0]["result"]
    assert document(ask("trace", result=result)) == api(f"/results/{result}")


def test_filters_are_those_of_the_api(ask, api):
    """The same words select the same findings."""
    asked = listed(ask, "findings", severity=["high"], state=["all"], limit=100)
    read = api("/findings?severity=high&state=all&limit=500")["findings"]
    assert asked == read
    assert asked


def test_an_answer_says_of_when_it_is_and_whether_it_is_conclusive(ask, api):
    """The demonstration's key may not read who is on call."""
    answer = ask("overview")
    assert answer["as_of"] == api("/overview")["evaluated_at"]
    assert answer["evaluation"] == api("/overview")["evaluation"]
    assert not answer["sufficiency"]["sufficient"]
    reasons = answer["sufficiency"]["because"]
    assert all(reason.startswith("inconclusive because ") for reason in reasons)
    assert any("pagerduty.on_call" in reason and "denied" in reason for reason in reasons)
    undecided = ask("check", rule="pagerduty_on_call_user_is_notified")
    assert not undecided["sufficiency"]["sufficient"]
    decided = ask("check", rule="pagerduty_acknowledged_incident_keeps_an_owner")
    assert decided["sufficiency"] == {"sufficient": True, "because": []}


def one_of_each(ask):
    """Return an answer of every tool, by name."""
    first = document(ask("findings", limit=1))["findings"][0]
    service = document(ask("records", connection=CONNECTION, kind="pagerduty.service", limit=1))
    key = service["records"][0]["key"]
    arguments = {name: given for name, (_, given) in LISTS.items()} | {
        "overview": {},
        "finding": {"finding": first["id"]},
        "trace": {"result": first["checks"][0]["result"]},
        "simulate_page": {"service": key},
        "proof": {"connection": CONNECTION, "kind": "pagerduty.service", "key": key},
    }
    return {tool.name: ask(tool.name, **arguments[tool.name]) for tool in TOOLS}


def test_every_answer_leads_to_its_proof(ask):
    """By commands that there are."""
    for name, answer in one_of_each(ask).items():
        assert answer["proof"], name
        for line in answer["proof"]:
            words = line.split()
            assert words[0] == "ccm"
            command = ccm
            while words and hasattr(command, "get_command"):
                words = words[1:]
                command = command.get_command(None, words[0])
                assert command is not None, line


def test_a_proof_is_verified_by_the_command_line(ask, demo_settings, tmp_path, capsys):
    """What the tool hands out is the file that `ccm prove` writes."""
    from ccm_core.cli.main import main

    answered = one_of_each(ask)["proof"]
    words = answered["proof"][0].split()[1:]
    assert main(["-c", str(demo_settings), *words]) == 0
    assert capsys.readouterr().out == document(answered)["tlog_proof"]


def test_nothing_of_it_can_write(assistant, ask, demo_settings):
    """Neither the workspace it keeps nor a store it opens; the file is the same byte for byte."""
    files = {path: path.read_bytes() for path in demo_settings.parent.iterdir()}
    assert set(one_of_each(ask)) == {tool.name for tool in TOOLS}
    assert {path: path.read_bytes() for path in demo_settings.parent.iterdir()} == files
    workspace = assistant.open_workspace()
    with pytest.raises(ReadOnlyStore):
        workspace.write_store(create=False)
    with pytest.raises(SecretError):
        workspace.vault()
    with pytest.raises(SecretError):
        workspace.connections(secrets=True)
    with workspace.read_store() as store, pytest.raises(ReadOnlyStore):
        store.console.end_session("none")


HOSTILE = "'; DROP TABLE record; -- ../../etc/passwd \x1b[2J \u202e {{7*7}}"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("check", {}, "rule is missing"),
        ("check", {"rule": HOSTILE}, "no check"),
        ("check", {"rule": 7}, "expected a text"),
        ("check", {"rule": "x" * 501}, "expected a text"),
        ("check", {"rule": "a\0b"}, "expected a text"),
        ("check", {"rule": "\ud800"}, "expected a text"),
        ("checks", {"limit": 0}, "expected a whole number"),
        ("checks", {"limit": True}, "expected a whole number"),
        ("checks", {"limit": 10**30}, "expected a whole number"),
        ("checks", {"cursor": "gone"}, "begin again"),
        ("checks", {"delete": "all"}, "has no argument"),
        ("findings", {"severity": "high"}, "expected a list"),
        ("findings", {"severity": [["high"]]}, "expected a list"),
        ("findings", {"state": [HOSTILE]}, "expected one of"),
        ("findings", {"older_than": "soon"}, "older_than"),
        ("findings", {"overdue": "yes"}, "expected true or false"),
        ("finding", {"finding": HOSTILE}, "no finding"),
        ("trace", {"result": HOSTILE}, "no result"),
        ("framework", {"framework": "../../secrets"}, "framework"),
        ("records", {"connection": "none", "kind": HOSTILE}, "the store has no"),
        ("coverage", {"section": HOSTILE}, "expected one of"),
        ("changes", {"since": "yesterday"}, "expected an instant"),
        ("changes", {"since": "2999-01-01T00:00:00Z"}, "expected a moment before"),
        ("changes", {"kind": HOSTILE}, "there is no change log"),
        ("simulate_page", {"service": HOSTILE}, "there are"),
        ("simulate_page", {"service": "x", "at": "9999-12-31T23:59:59-14:00"}, "at"),
        ("proof", {"connection": CONNECTION, "kind": "k", "key": HOSTILE}, "under a checkpoint"),
        ("proof", {"connection": "none", "kind": "k", "key": "k"}, "none"),
    ],
)
def test_a_mistaken_call_is_told_what_is_wrong(assistant, name, arguments, words):
    """As an error of the tool, without a traceback, and never as an answer."""
    answer, is_error = assistant.call(name, arguments)
    assert is_error
    assert set(answer) == {"error", "untrusted_data"}
    assert words in answer["untrusted_data"]["detail"]
    assert "mistake of its own" not in answer["untrusted_data"]["detail"]


def test_all_mistakes_of_a_call_are_told_at_once(assistant):
    """One line for each."""
    answer, _ = assistant.call("findings", {"limit": 0, "state": 1, "nothing": 2})
    assert len(answer["untrusted_data"]["detail"].splitlines()) == 3


def test_there_is_no_other_tool(assistant):
    """Neither by another case nor by a path."""
    for name in ("Overview", "overview ", "findings/accept", "", "call", "__class__"):
        with pytest.raises(UnknownTool):
            assistant.call(name, {})


def test_without_a_store_nothing_is_said(own_settings, clock, assistant_of_settings):
    """And no store is made."""
    (own_settings.parent / "ccm.db").unlink()
    assistant = assistant_of_settings(own_settings, clock)
    for name in ("overview", "checks", "evidence", "runs", "frameworks"):
        answer, is_error = assistant.call(name, {})
        assert is_error
        assert answer["error"] == "No evidence yet"
    assert not (own_settings.parent / "ccm.db").exists()


def test_a_damaged_store_has_no_numbers(own_settings, clock, assistant_of_settings):
    """An error that names integrity, and nothing beside it."""
    import sqlite3
    from contextlib import closing

    assistant = assistant_of_settings(own_settings, clock)
    with closing(sqlite3.connect(own_settings.parent / "ccm.db")) as database, database:
        database.execute("UPDATE evaluation SET document = zeroblob(length(document))")
    answer, is_error = assistant.call("overview", {})
    assert is_error
    assert answer["error"].startswith("Integrity")
    assert "document" not in answer["untrusted_data"]
