"""What tests of the server for assistants stand on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from web.browsing import ManualClock, ServedConsole

from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.mcp.assistant import Assistant, assistant_of
from ccm_core.model.json_codec import encode


def assistant_at(settings: Path, clock) -> Assistant:
    """Return what answers assistants from the store of some settings."""
    ports = CallerPorts(show_message=lambda _: None, key_sources=environment_keys)
    return assistant_of(settings, ports, clock)


@pytest.fixture(scope="session")
def assistant_of_settings():
    """Make what answers assistants from the store of some settings."""
    return assistant_at


@pytest.fixture(scope="module")
def demo_settings(demonstration, tmp_path_factory) -> Path:
    """The settings of a demonstration that tests read, and do not change."""
    folder = tmp_path_factory.mktemp("read") / "demo"
    shutil.copytree(demonstration.folder / "demo", folder)
    return folder / "ccm.yaml"


@pytest.fixture
def own_settings(demonstration, tmp_path) -> Path:
    """The settings of a demonstration of one's own, to be broken."""
    shutil.copytree(demonstration.folder / "demo", tmp_path / "demo")
    return tmp_path / "demo" / "ccm.yaml"


@pytest.fixture(scope="module")
def clock(demo_settings) -> ManualClock:
    """A clock that stands a minute after the evaluation of the demonstration."""
    from datetime import timedelta

    from ccm_core.store.interface.location import StoreLocation
    from ccm_core.store.sqlite.open import open_store

    location = StoreLocation(url="sqlite:///ccm.db", options={})
    store = open_store(location, base=demo_settings.parent, read_only=True)
    try:
        return ManualClock(store.findings.tracked_until() + timedelta(minutes=1))
    finally:
        store.close()


@pytest.fixture(scope="module")
def assistant(demo_settings, clock) -> Assistant:
    """What answers assistants from the demonstration's store."""
    return assistant_at(demo_settings, clock)


@pytest.fixture(scope="module")
def ask(assistant):
    """Call a tool that answers."""

    def ask(name, **arguments):
        answer, is_error = assistant.call(name, arguments)
        assert not is_error, answer
        return json.loads(encode(answer))

    return ask


@pytest.fixture(scope="module")
def api(demo_settings, clock):
    """Read a document of the API as the console's administrator."""
    browser = ServedConsole(demo_settings, clock).signed_in()
    return lambda path: browser.get(f"/api/v1{path}").json()
