"""Every document that ccm prints is as its schema says, whatever went wrong on the way."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pagerduty_simulator import PagerDutySimulator
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.faults import refuse

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

COUNT = "report.v1#kind_count"
NO_PLUGIN = Path(__file__).parents[1] / "plugins" / "data" / "import_error"
WAIVER = (
    "{{id: {id}, rules: [{rule}], reason: moved, owner: a, approver: b, created: {at}, {rest}}}"
)


@dataclass
class Terminal:
    """A folder with settings, and everything that commands printed in it."""

    ccm: Callable
    folder: Path
    simulator: PagerDutySimulator
    setenv: Callable[[str, str], None]
    put_on_path: Callable[[Path], None]
    printed: list[tuple[str, object]] = field(default_factory=list)
    """Documents, each with the name of its schema."""

    def run(self, *arguments: str) -> None:
        """Run a command and note the documents it printed."""
        ran = self.ccm(*arguments)
        self.printed += _documents(arguments, ran.lines)

    def settings(self, old: str, new: str) -> None:
        """Change the settings."""
        text = (self.folder / "ccm.yaml").read_text()
        assert old in text
        (self.folder / "ccm.yaml").write_text(text.replace(old, new))

    def look(self) -> None:
        """Judge what is kept, and print all there is to print of it."""
        self.run("check", "--json")
        self.run("evaluate", "--json")
        self.run("report", "--format", "json")
        self.run("evidence", "list", "--json")
        kinds = [one["kind"] for name, one in self.printed if name == COUNT and one["records"]]
        if kinds:
            documents = [word for kind in kinds for word in ("--kind", kind)]
            self.run("evidence", "export", *documents)
            self.run("evidence", "export", *documents, "--provenance")
            newest = self.printed[-1][1]
            self.run("evidence", "show", newest["kind"], newest["key"], "--history")

    def words(self) -> set[str]:
        """Give every outcome, reason and status that was printed."""
        manifests = [one for name, one in self.printed if name in {"manifest.v1", "report.v1"}]
        evaluations = [one for name, one in self.printed if name == "evaluation.v1"]
        return set(_words([*manifests, *evaluations]))


def _documents(arguments: tuple[str, ...], lines: list) -> Iterator[tuple[str, object]]:
    """Say which schema is meant for what a command prints."""
    match arguments[:2]:
        case ("collect", _):
            yield from (("manifest.v1", one) for one in lines[0])
        case ("check", _):
            yield "check.v1", lines[0]
        case ("evaluate", _):
            yield "evaluation.v1", lines[0]
        case ("run", _):
            yield from (("manifest.v1", one) for one in lines[0]["manifests"])
            yield "evaluation.v1", lines[0]["evaluation"]
        case ("report", _):
            yield "report.v1", lines[0]
        case ("evidence", "list"):
            yield from ((COUNT, one) for one in lines[0])
        case ("evidence", "export") if "--provenance" not in arguments:
            yield from (("exported-record.v1", one) for one in lines)
        case ("evidence", _):
            yield from (("evidence-record.v1", one) for one in lines)


def _words(node: object) -> Iterator[str]:
    for value in node if isinstance(node, list) else node.values():
        if isinstance(value, list | dict):
            yield from _words(value)
    for key in ("outcome", "reason", "status") if isinstance(node, dict) else ():
        if isinstance(node.get(key), str):
            yield node[key]


@pytest.fixture
def terminal(ccm, connected, folder, monkeypatch) -> Terminal:
    """A folder whose settings lead to a small simulated account."""
    return Terminal(ccm, folder, connected, monkeypatch.setenv, monkeypatch.syspath_prepend)


# -- what goes on in the account ---------------------------------------------------------------


def all_well(terminal: Terminal) -> None:
    """Read everything, then nothing, because nothing is due."""
    terminal.run("run", "--json")
    terminal.run("collect", "--json")
    assert terminal.printed[-1][1]["not_due"]


def denied(terminal: Terminal) -> None:
    """Refuse two endpoints, one of them for some objects only."""
    terminal.simulator.control.deny("/oncalls", 403)
    terminal.simulator.control.script("/teams/{id}/members", [refuse(403)])
    terminal.run("collect", "--json")


def rejected(terminal: Terminal) -> None:
    """Answer with an object that is not of the schema's shape, and a field it does not name."""
    terminal.simulator.control.inject("/services", _misshapen)
    terminal.run("collect", "--json")


def one_team(terminal: Terminal) -> None:
    """Read with the key of a user who sees one team's objects only."""
    account, control = terminal.simulator.account, terminal.simulator.control
    user = next(key for key, one in account.users.items() if one.role == "limited_user")
    control.api_keys["mine"] = SimulatedCredential(secret="mine", user_id=user)
    control.visible_teams = {next(iter(account.teams))}
    terminal.setenv("PD_KEY", "mine")
    terminal.run("collect", "--json")
    manifest = terminal.printed[-1][1]
    assert manifest["credential"]["role"] == "limited_user"
    assert [one for collection in manifest["collections"] for one in collection["dangling"]]


def unreachable(terminal: Terminal) -> None:
    """Be gone after a good run."""
    terminal.run("collect", "--json")
    terminal.settings(terminal.simulator.base_url, "http://127.0.0.1:1")
    terminal.run("collect", "--all", "--json")


def refused(terminal: Terminal) -> None:
    """Let nobody in."""
    terminal.setenv("PD_KEY", "wrong")
    terminal.run("collect", "--json")


def interrupted(terminal: Terminal) -> None:
    """Stop the run by hand when it is half done."""

    def stop(request) -> None:
        if request.template == "/schedules/{id}":
            terminal.simulator.control.before_response = None
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    terminal.simulator.control.before_response = stop
    try:
        assert terminal.ccm("collect").code == 130
    finally:
        signal.signal(signal.SIGINT, before)


def waived(terminal: Terminal) -> None:
    """Cover one failing rule, and have one waiver that has expired."""
    terminal.run("run", "--json")
    failing = [one["rule"] for one in terminal.printed[-1][1]["rules"] if one["status"] == "fail"]
    now = datetime.now(UTC).replace(microsecond=0)
    at = (now - timedelta(days=30)).isoformat()
    waivers = [
        WAIVER.format(id=name, rule=failing[0], at=at, rest=f"expires: {until.isoformat()}")
        for name, until in (("W-1", now + timedelta(days=9)), ("W-2", now - timedelta(days=9)))
    ]
    (terminal.folder / "waivers.yaml").write_text(
        f"apiVersion: ccm/v1\nkind: Waivers\nwaivers: [{', '.join(waivers)}]\n"
    )
    terminal.settings("rules: {", "rules: {waivers: waivers.yaml, unsigned_waivers: accept, ")
    terminal.run("evaluate", "--json")
    results = [one for rule in terminal.printed[-1][1]["rules"] for one in rule["results"]]
    assert {one["waiver"] for one in results} == {None, "W-1"}
    assert terminal.printed[-1][1]["waiver_notes"]


def broken_plugin(terminal: Terminal) -> None:
    """Have a plugin installed that does not load."""
    terminal.put_on_path(NO_PLUGIN)
    terminal.run("run", "--json")
    assert terminal.printed[-1][1]["plugin_failures"]


def _misshapen(request, honest):
    answer = honest(request)
    page = json.loads(answer.body)
    page["services"][0]["name"] = 7
    page["services"][-1]["quite_new"] = True
    return replace(answer, body=json.dumps(page).encode())


@pytest.mark.parametrize(
    ("happens", "shows"),
    [
        pytest.param(all_well, {"complete", "pass", "fail", "not_applicable"}, id="all well"),
        pytest.param(denied, {"denied", "unavailable", "partial", "insufficient"}, id="denied"),
        pytest.param(rejected, {"rejected_records", "partial"}, id="rejected records"),
        pytest.param(one_team, {"hidden_references", "partial"}, id="names that lead nowhere"),
        pytest.param(unreachable, {"source_error", "failed"}, id="unreachable"),
        pytest.param(refused, {"denied", "failed", "insufficient"}, id="refused credential"),
        pytest.param(interrupted, {"interrupted", "complete"}, id="interrupted"),
        pytest.param(waived, {"pass", "fail"}, id="waived"),
        pytest.param(broken_plugin, {"complete"}, id="a plugin that does not load"),
    ],
)
def test_printed_documents_match_their_schemas(terminal, validators, happens, shows):
    """Both validators accept each manifest, evaluation, report and record, formats asserted."""
    happens(terminal)
    terminal.look()
    assert shows - terminal.words() == set()
    problems = [
        f"{name}: {problem}"
        for name, document in terminal.printed
        for problem in validators(name).problems(document)
    ]
    assert problems[:10] == []
