"""Pages under docs/: everything of the code is described, and every link works."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

from ccm_core.sdk import hookspecs

HOOKS = {
    name: member
    for name, member in vars(hookspecs).items()
    if hasattr(member, f"{hookspecs.NAME}_spec")
}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)


def _commands() -> list[str]:
    """Walk the command line: every verb, every verb under a verb, without hidden ones."""
    import click

    from ccm_core.cli.main import ccm

    context = click.Context(ccm)
    commands = []
    for name in ccm.list_commands(context):
        command = ccm.get_command(context, name)
        commands.append(f"ccm {name}")
        if isinstance(command, click.Group):
            commands += [
                f"ccm {name} {under}"
                for under in command.list_commands(context)
                if not getattr(command.get_command(context, under), "hidden", False)
            ]
    return commands


def _options(command: str) -> set[str]:
    import click

    from ccm_core.cli.main import ccm

    command_or_group: click.Command | None = ccm
    for word in command.split()[1:]:
        assert isinstance(command_or_group, click.Group)
        command_or_group = command_or_group.get_command(click.Context(command_or_group), word)
    assert command_or_group is not None
    return {
        name
        for parameter in command_or_group.params
        if not getattr(parameter, "hidden", False)
        for name in parameter.opts
        if name.startswith("--")
    }


def _keys(schema: dict, node: dict, at: str = "") -> list[str]:
    """List every key that a schema names, as a dotted path with [] for the items of a list."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    keys = []
    for name, child in node.get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        items = _keys(schema, child.get("items", {}), f"{path}[]")
        keys += _keys(schema, child, path) or [path]
        keys += items
    return keys


def _pages(root: Path) -> list[Path]:
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_every_hook_has_a_section_with_its_signature(root: Path, name: str):
    """A plugin author finds each hook under its name, with exactly its signature."""
    page = (root / "docs/reference/hooks.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    assert f"def {name}{inspect.signature(HOOKS[name])}: ...".replace("'", "") in sections[name]


def test_no_hook_is_described_that_does_not_exist(root: Path):
    """The page of hooks names the hooks there are, and no others."""
    page = (root / "docs/reference/hooks.md").read_text("utf-8")
    assert set(re.findall(r"^## `(\w+)`", page, re.MULTILINE)) == set(HOOKS)


def test_everything_a_plugin_may_import_is_listed(root: Path):
    """Each module of the sdk stands on the page of hooks."""
    page = (root / "docs/reference/hooks.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `ccm_core\.sdk\.(\w+)`", page, re.MULTILINE))
    assert listed == {
        path.stem for path in (root / "ccm_core/sdk").iterdir() if not path.name.startswith("_")
    }


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_described_with_its_options(root: Path, command: str):
    """Each command has a section, and every option it takes stands in it."""
    page = (root / "docs/reference/commands.md").read_text("utf-8")
    sections = dict(re.findall(r"^##+ `([^`]+)`\n(.*?)(?=^#|\Z)", page, re.DOTALL | re.MULTILINE))
    missing = {name for name in _options(command) if f"`{name}" not in sections[command]}
    assert missing - {"--help"} == set()


def test_no_command_is_described_that_does_not_exist(root: Path):
    """The page of commands has no section of a command that is gone."""
    page = (root / "docs/reference/commands.md").read_text("utf-8")
    assert set(re.findall(r"^##+ `(ccm[^`]*)`", page, re.MULTILINE)) == set(_commands())


def test_every_exit_code_is_described(root: Path):
    """Whoever writes a script finds each exit code in a table."""
    from ccm_core.cli.terminal.exit_codes import Exit

    page = (root / "docs/reference/commands.md").read_text("utf-8")
    assert set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE)) == {str(int(code)) for code in Exit}


@pytest.mark.parametrize(
    ("schema", "under"),
    [
        pytest.param("schemas/settings.v1.schema.json", "Keys", id="of the host"),
        pytest.param(
            "plugins/pagerduty/ccm_pagerduty/schemas/settings.schema.json",
            "PagerDuty",
            id="of the plugin",
        ),
    ],
)
def test_every_key_of_the_settings_is_described(root: Path, schema: str, under: str):
    """Each key that the settings' schema names has a line in the tables, and no other has."""
    document = json.loads((root / schema).read_text("utf-8"))
    page = (root / "docs/reference/settings.md").read_text("utf-8")
    section = page.split(f"\n## {under}\n")[1].split("\n## ")[0]
    described = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    keys = {key.removesuffix(".method") for key in _keys(document, document)}
    assert described == keys


@pytest.mark.parametrize(
    ("document", "page"),
    [
        pytest.param("rule-pack", "rule-packs.md", id="rule pack"),
        pytest.param("waivers", "rule-packs.md", id="waivers"),
        pytest.param("evidence-record", "evidence.md", id="evidence record"),
        pytest.param("exported-record", "evidence.md", id="exported record"),
        pytest.param("manifest", "evidence.md", id="manifest"),
        pytest.param("check", "evidence.md", id="check"),
        pytest.param("connection", "commands.md", id="connection"),
        pytest.param("evaluation", "evidence.md", id="evaluation"),
        pytest.param("report", "evidence.md", id="report"),
        pytest.param("assurance", "assurance.md", id="assurance"),
        pytest.param("bundle", "bundles.md", id="bundle"),
    ],
)
def test_every_key_of_a_document_is_mentioned(root: Path, document: str, page: str):
    """No key of a document that people write, or that is printed, goes without a word."""
    schema = json.loads((root / f"schemas/{document}.v1.schema.json").read_text("utf-8"))
    text = (root / "docs/reference" / page).read_text("utf-8")
    names = {
        key
        for node in (schema, *schema["$defs"].values())
        for key in node.get("properties", {})
        if key != "$schema"
    }
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", text)] == []


def test_every_reason_and_field_of_evidence_is_described(root: Path):
    """Reasons, and the fields of records, collections and manifests, stand on the page."""
    from dataclasses import fields

    from ccm_core.model.evidence.collection import Collection, Outcome, Reason
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.model.evidence.record import Record

    page = (root / "docs/reference/evidence.md").read_text("utf-8")
    words = {field.name for shape in (Record, Collection, Manifest) for field in fields(shape)}
    words |= {*Reason, *Outcome} - {"source"}
    assert [word for word in sorted(words) if f"`{word}" not in page and word != "source"] == []


def test_every_kind_and_view_of_the_plugin_is_described(root: Path):
    """Each kind stands in its table with the cadence it really has; each view in its own."""
    from ccm_pagerduty.kinds import kinds
    from ccm_pagerduty.views import views

    page = (root / "docs/reference/pagerduty.md").read_text("utf-8")
    documented = re.findall(r"^\| `([\w.]+)` \| .* \| (\w+) \| (\d+) h \|$", page, re.MULTILINE)
    expected = [
        (kind.name, str(kind.shape), f"{kind.cadence.total_seconds() / 3600:g}") for kind in kinds()
    ]
    assert sorted(documented) == sorted(expected)
    assert [view.name for view in views() if f"| `{view.name}` |" not in page] == []


def test_every_link_between_pages_leads_somewhere(root: Path):
    """A relative link names a file that is there, and a heading that is in it."""
    broken = []
    for page in _pages(root):
        for path, heading in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (heading and heading not in _anchors(target)):
                broken.append(f"{page.relative_to(root)}: {path}#{heading}")
    assert broken == []


def test_every_page_can_be_found_from_the_index(root: Path):
    """No page stands alone: docs/index.md leads to all of them."""
    visited, pending = set(), [root / "docs/index.md"]
    while pending:
        page = pending.pop()
        if page in visited or page.suffix != ".md":
            continue
        visited.add(page)
        links = LINK.findall(page.read_text("utf-8"))
        pending += [(page.parent / path).resolve() for path, _ in links if path]
    assert [str(page.relative_to(root)) for page in _pages(root) if page not in visited] == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
