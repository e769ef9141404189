"""Which rules had no mistakes is noted, and no note decides a result."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_settings import SETTINGS

from ccm_core.app.checked_rules import CheckedRules, cache_folder, environment_checked_rules
from ccm_core.app.frameworks.catalogues import catalogues_digest
from ccm_core.app.rule_sets import compile_rule_set, configured_pack_texts
from ccm_core.app.workspace import Workspace
from ccm_core.errors import DocumentError
from ccm_core.pipeline.evaluate import rules_digest

OURS = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: ours, version: 1.0.0, title: Ours}
parameters: {name: {type: string, default: prod, description: d}}
rules:
  - id: service_has_name
    title: Every service has a name
    status: stable
    severity: high
    over: pagerduty.service
    assert: row.name != params.name
    message: "{row.name} has no name"
    on_empty: not_applicable
"""
NAME = "sha256:" + "a" * 64


@pytest.fixture
def opened(tmp_path, ports, monkeypatch):
    """Open settings with a shipped pack and one of our own; each test has its own notes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def write(text=OURS, parameters=""):
        settings = SETTINGS.format(url="http://127.0.0.1:9")
        packs = f"rules: {{packs: [pagerduty-access, ours.yaml], parameters: {{{parameters}}}}}"
        (tmp_path / "ours.yaml").write_text(text)
        (tmp_path / "ccm.yaml").write_text(f"{settings.partition('rules:')[0]}{packs}\n")
        return Workspace.open(tmp_path / "ccm.yaml", ports)

    return write


def note(workspace) -> Path:
    """Return where it is noted that the rules of a workspace had no mistakes."""
    parameters = workspace.settings.rules.parameters
    texts, catalogues = configured_pack_texts(workspace), catalogues_digest(workspace)
    name = rules_digest(workspace.host, texts, parameters, catalogues)
    assert environment_checked_rules().cache is not None
    return environment_checked_rules().cache / "checked-rules" / name.replace(":", "-")


def test_rules_without_mistakes_are_noted(opened):
    """The note of these rules is there after they were checked, for their owner alone."""
    workspace = opened()
    compile_rule_set(workspace)

    assert [path.name for path in note(workspace).parent.iterdir()] == [note(workspace).name]
    assert note(workspace).stat().st_mode & 0o777 == 0o600


def test_conditions_of_noted_rules_are_compiled_when_they_are_needed(opened):
    """A forged note delays the report of a mistake: it comes when the rule is to be evaluated."""
    flawed = opened(OURS.replace("row.name !=", "row.nam !="))
    path = note(flawed)
    path.parent.mkdir(parents=True)
    path.write_bytes(f"{path.name.replace('-', ':')}\n".encode())

    packs = compile_rule_set(flawed).packs

    (rule,) = next(pack for pack in packs.packs if pack.pack.name == "ours").groups[0].rules
    with pytest.raises(DocumentError, match=r'ours\.yaml:11:\d+: unknown field "nam"'):
        _ = rule.conditions


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"sha256:", id="truncated"),
        pytest.param(f"{NAME}\n".encode(), id="of other rules"),
        pytest.param(b"\x80\x04N.", id="a pickle"),
        pytest.param(None, id="a folder"),
    ],
)
def test_a_note_that_is_not_whole_counts_for_nothing(opened, content):
    """Rules are checked as if it were not there; what can be replaced is replaced."""
    flawed, good = opened(OURS.replace("row.name !=", "row.nam !=")), OURS
    paths = [note(flawed), note(opened(good))]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(DocumentError):
        compile_rule_set(opened(OURS.replace("row.name !=", "row.nam !=")))
    compile_rule_set(opened(good))
    assert content is None or paths[1].read_bytes() != content
    assert content is None or paths[0].read_bytes() == content


def test_a_pack_that_changed_is_checked_with_all_the_others(opened):
    """All its mistakes are reported before a source is asked, although its neighbors were noted."""
    compile_rule_set(opened())
    flawed = OURS.replace("row.name !=", "row.nam !=").replace("{row.name}", "{row.nme}")

    with pytest.raises(DocumentError) as refused:
        compile_rule_set(opened(flawed, "nme: a"))

    lines = [(mistake.file.rpartition("/")[2], mistake.line) for mistake in refused.value.mistakes]
    assert lines == [("ccm.yaml", 8), ("ours.yaml", 11), ("ours.yaml", 12)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda host, packs, *more: (host, packs[:1], *more), id="a pack"),
        pytest.param(
            lambda host, packs, _, more: (host, packs, {"name": "a"}, more), id="a parameter"
        ),
        pytest.param(
            lambda host, *more: (_with(host, version="9"), *more),
            id="the version of ccm",
        ),
        pytest.param(
            lambda host, *more: (_with(host, plugins=()), *more),
            id="the version of a plugin",
        ),
        pytest.param(
            lambda host, *more: (_with(host, views={}), *more),
            id="the fields of a view",
        ),
        pytest.param(lambda *known: (*known[:-1], "others"), id="the catalogues"),
    ],
)
def test_rules_are_checked_anew_where_what_they_are_checked_against_changes(opened, change):
    """The name of a note covers everything on which a check depends."""
    workspace = opened()
    known = (workspace.host, configured_pack_texts(workspace), {}, "")

    assert rules_digest(*change(*known)) != rules_digest(*known)


def _with(host, **fields):
    from dataclasses import replace

    return replace(host, **fields)


@pytest.mark.parametrize("cache", ["/dev/null", "/proc/ccm-cache", ""])
def test_rules_are_checked_where_nothing_can_be_noted(opened, monkeypatch, tmp_path, cache):
    """Neither a cache that is no folder nor one that cannot be written to is an error."""
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no folder")
    workspace = opened()
    monkeypatch.setenv("XDG_CACHE_HOME", cache)

    compile_rule_set(workspace)

    assert not note(workspace).exists()


def test_two_processes_note_the_same_rules_at_once(tmp_path):
    """Both succeed, and nothing but the notes is left."""
    code = (
        "from pathlib import Path\n"
        "from ccm_core.app.checked_rules import CheckedRules\n"
        f"notes = CheckedRules(Path({str(tmp_path)!r}))\n"
        f"for _ in range(200): notes.add({NAME!r}); assert {NAME!r} in notes\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]  # noqa: S603 - this interpreter, with code that stands above

    assert [process.wait(60) for process in processes] == [0, 0]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME.replace(":", "-")]


def test_the_oldest_notes_are_removed(tmp_path):
    """Rules that change every day leave no more than some hundred small files."""
    notes = CheckedRules(tmp_path)
    for number in range(130):
        notes.add(f"sha256:{number}")

    assert len(list(tmp_path.rglob("sha256-*"))) == 100
    assert "sha256:129" in notes


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"XDG_CACHE_HOME": "/var/cache/x"}, Path("/var/cache/x/ccm"), id="named"),
        pytest.param({"XDG_CACHE_HOME": "x"}, Path.home() / ".cache/ccm", id="relative"),
        pytest.param({}, Path.home() / ".cache/ccm", id="not named"),
    ],
)
def test_notes_are_in_the_cache_of_the_user(environment, expected):
    """As the standard of the desktop has it: a relative path is ignored."""
    assert cache_folder(environment) == expected
