"""Print the tests of the rooms that changed since the main branch: ``make check`` runs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
PLUGIN = "plugins/pagerduty"
ARCHITECTURE = "tests/architecture"
OTHERS = {
    ".ci": ("tests/ci",),
    "docgen": ("tests/docgen",),
    "docs": ("tests/docgen", ARCHITECTURE),
    "schemas": ("tests/schemas",),
}
"""Tests of folders that are no package."""


def changed_files() -> list[str]:
    """Return the files that differ from the main branch, or else from the last commit."""
    base = _git("merge-base", "HEAD", "origin/main") or ["HEAD"]
    return [
        *_git("diff", "--name-only", base[0]),
        *_git("ls-files", "--others", "--exclude-standard"),
    ]


def tests_of(files: Iterable[str]) -> list[str]:
    """Return the test folders and modules of changed files, without those within others."""
    targets = {target for file in files for target in _targets(PurePosixPath(file))}
    existing = sorted(target for target in targets if (ROOT / target).exists())
    return [
        target
        for target in existing
        if not any(target.startswith(f"{other}/") for other in existing)
    ]


def _targets(path: PurePosixPath) -> Iterator[str]:
    top, *rest = path.parts
    if path.is_relative_to(PLUGIN):
        yield _plugin_target(path.relative_to(PLUGIN))
    elif top in {"ccm_core", "tests"} and len(rest) > 1:
        yield f"tests/{rest[0]}"
    elif top == "ccm_core":
        yield f"tests/test_{path.name}"
    elif top == "tests" and path.match("test_*.py"):
        yield str(path)
    else:
        yield from OTHERS.get(top, (ARCHITECTURE,))


def _plugin_target(path: PurePosixPath) -> str:
    folders = path.parts
    room = folders[1] if len(folders[1:]) > 1 else ""
    if folders[0] == "pagerduty_simulator":
        return f"{PLUGIN}/tests/simulator"
    if folders[0] in {"ccm_pagerduty", "tests"} and (ROOT / PLUGIN / "tests" / room).is_dir():
        return f"{PLUGIN}/tests/{room}".rstrip("/")
    return f"{PLUGIN}/tests"


def _git(*arguments: str) -> list[str]:
    ran = subprocess.run(  # noqa: S603 - git alone, with arguments of this module
        ["git", *arguments],  # noqa: S607 - git is where the machine has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.split("\n")[:-1] if ran.returncode == 0 else []


if __name__ == "__main__":
    sys.stdout.write(" ".join(tests_of(changed_files())) + "\n")
