"""The sources as the architecture's tests read them: parsed, never imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugins" / "pagerduty"
PACKAGES = (ROOT / "ccm_core", PLUGIN / "ccm_pagerduty", PLUGIN / "pagerduty_simulator")


@dataclass(frozen=True)
class Module:
    """One module of the product: its path, its name and its text."""

    path: str
    """Relative to the repository, with forward slashes."""
    name: str
    """As it is imported."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, self.path)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Everything it imports, at its head or inside a function, as dotted names."""
        names = set[str]()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return frozenset(names)


def _module(package: Path, path: Path) -> Module:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return Module(
        path=path.relative_to(ROOT).as_posix(),
        name=".".join(part for part in parts if part != "__init__"),
        text=path.read_text("utf-8"),
    )


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    """Return every module of the host and of the plugin that ships with it."""
    return tuple(
        _module(package, path) for package in PACKAGES for path in sorted(package.rglob("*.py"))
    )


@pytest.fixture(scope="session")
def host(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    """Return the modules of the host alone."""
    return tuple(module for module in modules if module.path.startswith("ccm_core/"))
