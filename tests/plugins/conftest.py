"""Installed distributions for the host to find: real metadata, tiny modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ccm_core.plugins.discovery import InstalledPlugin, discover

DATA = Path(__file__).parent / "data"


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
