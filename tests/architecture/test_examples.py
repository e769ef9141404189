"""The examples in the pages are whole: what they show can be copied and works."""

from __future__ import annotations

import re
import textwrap
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ccm_core import documents, schemas
from ccm_core.plugins.discovery import InstalledPlugin
from ccm_core.plugins.loader import load
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.pack.waiver_file import read_waivers
from ccm_core.rules.testing.mutation import mutate
from ccm_core.rules.testing.runner import coverage_mistakes, run_cases
from ccm_core.rules.types import PackText, RowSource

FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def fences(page: Path, language: str) -> list[str]:
    """Return the examples of one language on a page, in order."""
    blocks = FENCE.findall(page.read_text("utf-8"))
    return [text for block_language, text in blocks if block_language == language]


def plugin(name: str, module: str) -> InstalledPlugin:
    """Describe a plugin as discovery would have found it."""
    entry_point = EntryPoint(name=name, value=module, group="ccm")
    return InstalledPlugin(name=name, distribution=name, version="0.1.0", entry_point=entry_point)


def sources(catalog) -> list[RowSource]:
    """Return what rules may be over, as the pipeline does."""
    kinds = [
        RowSource(name=k.name, inputs=(k.name,), schema=k.schema) for k in catalog.kinds.values()
    ]
    views = [
        RowSource(name=v.name, inputs=v.inputs, schema=v.schema) for v in catalog.views.values()
    ]
    return kinds + views


@pytest.fixture
def acme(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the files of the plugin's page and load them."""
    page = root / "docs/how-to/write-a-plugin.md"
    for text in fences(page, "python") + fences(page, "yaml"):
        path = tmp_path / text.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return load([plugin("acme", "acme_ccm.plugin")])


def test_the_plugin_of_the_page_loads(acme):
    """Copied as it stands, the example offers a connector, a kind and a pack."""
    assert [plugin.failure for plugin in acme.failures] == []
    assert acme.problems() == ()
    assert (*acme.connectors, *acme.kinds, *acme.packs) == ("acme", "acme.backup", "acme-backups")


def test_the_oauth_method_of_the_page_describes_itself(acme):
    """It names its servers and what to ask for."""
    method = import_module("acme_ccm.oauth").PERSON
    assert method.oauth.provider({}).token_url == "https://id.acme.example/token"
    assert method.oauth.scopes({}, {}) == ("backups:read",)
    assert acme.connectors["acme"].auth_methods[0].prefix == "Bearer "


def test_the_rules_of_the_plugin_page_pass_their_tests(acme):
    """Its pack passes the strict check, and its tests come out as they say."""
    (pack,) = acme.packs.values()
    text = PackText(text=pack.text(), source="backups.yaml")
    packs = compile_packs([text], sources(acme))
    assert coverage_mistakes(text, packs) == ()
    assert [case for case in run_cases(packs) if not case.passed] == []


def test_the_rules_of_the_rules_page_pass_their_tests(root: Path):
    """The pack that the page writes passes the strict check, and its tests come out."""
    page = root / "docs/how-to/write-a-rule.md"
    (text,) = [fence for fence in fences(page, "yaml") if "kind: RulePack" in fence]
    pack = PackText(text=text.encode(), source="our-rules.yaml")
    packs = compile_packs([pack], sources(load([plugin("pagerduty", "ccm_pagerduty.plugin")])))
    assert coverage_mistakes(pack, packs) == ()
    assert [case for case in run_cases(packs) if not case.passed] == []


@pytest.fixture
def ten(root: Path) -> PackText:
    """Return the ten examples as the one pack that they make up."""
    head, *examples = fences(root / "docs/how-to/rules-by-example.md", "yaml")
    assert len(examples) == 10
    whole = head + "rules:\n" + "".join(textwrap.indent(example, "  ") for example in examples)
    return PackText(text=whole.encode(), source="examples.yaml")


def test_the_ten_examples_are_a_pack_that_passes_its_tests(ten: PackText):
    """It passes the strict check, its tests come out, and no rule passes on being told less."""
    packs = compile_packs([ten], sources(load([plugin("pagerduty", "ccm_pagerduty.plugin")])))
    assert coverage_mistakes(ten, packs) == ()
    assert [case for case in run_cases(packs) if not case.passed] == []
    assert [mutation for mutation in mutate(packs) if mutation.false_pass] == []


def test_the_waiver_of_the_reference_is_one(root: Path):
    """The example of a waiver is read without a mistake."""
    (text,) = [
        fence
        for fence in fences(root / "docs/reference/rule-packs.md", "yaml")
        if "kind: Waivers" in fence
    ]
    assert [waiver.id for waiver in read_waivers(text.encode(), "waivers.yaml")] == ["W-12"]


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/first-run.md", "docs/reference/settings.md"],
)
def test_the_settings_shown_are_settings(root: Path, page: str):
    """Each example of a whole ccm.yaml satisfies its schema."""
    examples = [text for text in fences(root / page, "yaml") if text.startswith("version: 1")]
    assert examples
    for text in examples:
        document = documents.read_yaml(text.encode(), page)
        assert documents.check(document, schemas.load("settings.v1")) == []
