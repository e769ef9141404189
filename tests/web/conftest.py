"""What tests of the console stand on."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from web.browsing import ManualClock, ServedConsole


@pytest.fixture
def demo_settings(demonstration, tmp_path) -> Path:
    """The settings of a demonstration of one's own."""
    shutil.copytree(demonstration.folder / "demo", tmp_path / "demo")
    return tmp_path / "demo" / "ccm.yaml"


@pytest.fixture
def after_demo(demo_settings) -> datetime:
    """A minute after the evaluation of the demonstration."""
    from ccm_core.store.interface.location import StoreLocation
    from ccm_core.store.sqlite.open import open_store

    location = StoreLocation(url="sqlite:///ccm.db", options={})
    store = open_store(location, base=demo_settings.parent, read_only=True)
    try:
        evaluated_at = store.findings.tracked_until()
    finally:
        store.close()
    return evaluated_at + timedelta(minutes=1)


@pytest.fixture
def console(demo_settings, after_demo) -> ServedConsole:
    """The console of the demonstration, as its administrator."""
    return ServedConsole(demo_settings, ManualClock(after_demo))
