"""Sources: their sizes, their names, and the reasons of exceptions to checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDERS = ("ccm_core", "plugins", "tests", "benchmarks")
MAX_LINES = 400
LONGER = {"ccm_core/bundle/verifier/verify.py"}
"""Built from smaller modules: whoever has to trust it reads one file, and runs it alone."""
TEMPLATES = {".j2", ".html", ".svg", ".css", ".txt", ".md"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
NOQA = re.compile(r"#\s*noqa\b(.*)$")
REASON = re.compile(r":\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*\s+-\s+\S+")


def test_the_host_names_no_plugin(host, root: Path):
    """Neither the host's code nor its schemas know the name of any source."""
    texts = {module.path: module.text for module in host}
    others = [
        *(root / "schemas").iterdir(),
        *(root / "ccm_core").rglob("*.j2"),
        *(root / "ccm_core").rglob("*.html"),
    ]
    texts |= {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in others}
    assert [path for path, text in texts.items() if "pagerduty" in text.lower()] == []


def test_no_module_has_more_than_400_lines(root: Path):
    """No module has more than 400 lines, and a module of tests is one as well."""
    sizes = {
        path.relative_to(root).as_posix(): path.read_text("utf-8").count("\n")
        for folder in FOLDERS
        for path in (root / folder).rglob("*.py")
    }
    assert {path for path, size in sizes.items() if size > MAX_LINES} <= LONGER


def test_no_module_has_a_vague_name(modules):
    """No module or folder is named for being a leftover."""
    parts = {module.path: set(module.name.split(".")) for module in modules}
    assert [path for path, names in parts.items() if names & VAGUE_NAMES] == []


def test_every_exception_to_a_check_has_a_code_and_a_reason(root: Path):
    """A ``noqa`` names the check it silences and says why."""
    bare = [
        f"{path.relative_to(root)}:{number}"
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := NOQA.search(line)) and not REASON.match(match[1])
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        pytest.param("schemas", r"[a-z-]+\.v\d+\.schema\.json", id="of the host"),
        pytest.param(
            "plugins/pagerduty/ccm_pagerduty/schemas",
            r"[a-z_.-]+(\.v\d+)?(\.schema)?\.json",
            id="of the plugin",
        ),
    ],
)
def test_a_schema_carries_its_version_in_its_name(root: Path, folder: str, pattern: str):
    """A shipped schema is never changed under one name: the file's name has the version."""
    files = [path.name for path in (root / folder).iterdir() if path.suffix == ".json"]
    assert files
    assert [name for name in files if not re.fullmatch(pattern, name)] == []
