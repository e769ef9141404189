"""Installed distributions for the host to find: real metadata, tiny modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccm_core.cli.main import main
from ccm_core.plugins.discovery import InstalledPlugin, discover

DATA = Path(__file__).parent / "data"
KEY = "liar-key-4711-0815"
SETTINGS = """\
version: 1
store: {url: "sqlite:///ccm.db"}
connections:
  - {name: liar, connector: liar, auth: {method: key, key: "env:LIAR_KEY"}}
rules: {packs: [liar-pack]}
"""


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[InstalledPlugin]]]:
    """Install some of the distributions in ``data`` and give what discovery finds of them."""

    def put(*names: str) -> list[InstalledPlugin]:
        for name in names:
            monkeypatch.syspath_prepend(DATA / name)
        return [plugin for plugin in discover() if plugin.distribution.startswith("ccm-fake-")]

    yield put
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything it printed, on one line."""
        return " ".join(f"{self.out} {self.err}".split())


@pytest.fixture
def ccm(install, tmp_path, monkeypatch, capfd) -> Callable[..., Ended]:
    """Run a command in a folder whose only connection is the liar's, which lies as told."""
    install("liar")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIAR_KEY", KEY)
    Path("ccm.yaml").write_text(SETTINGS, encoding="utf-8")

    def run(*arguments: str, lie: str = "") -> Ended:
        monkeypatch.setenv("LIAR", lie)
        capfd.readouterr()
        code = main(list(arguments))
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def collected(ccm):
    """The same, with evidence that was collected honestly."""
    assert ccm("collect").code == 0
    return ccm
