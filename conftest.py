"""What pytest loads for every test of the project, those of the plugins included."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

pytest_plugins = ["attack_table", "tests.approvals.ssh_key_pairs"]
MEASURED = ("ccm_core", "ccm_pagerduty", "pagerduty_simulator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace no test that takes seconds: tracing takes more than that, and others run its lines."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("no_cover"):
            item.add_marker("no_cover")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import what coverage measures while it is traced: else the first test that needs it would.

    And where that one is not traced, the lines of a module's own level would seem never to run.
    """
    if _coverage_of(session.config) is None:
        return
    for package in MEASURED:
        folders = import_module(package).__path__
        for module in walk_packages(folders, f"{package}."):
            if not module.name.endswith(("__main__", "verifier.verify")):
                import_module(module.name)


def _coverage_of(config: pytest.Config) -> Any:
    """Return what pytest-cov measures with; None where it does not."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


@pytest.fixture(autouse=True, scope="session")
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what ccm notes between its processes in a folder of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@contextmanager
def _tracing_paused(config: pytest.Config) -> Iterator[None]:
    """Pause coverage, where it is measured and not paused yet."""
    controller = _coverage_of(config)
    if controller is None or not controller.started:
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Trace no fixture of a test marked ``no_cover``: pytest-cov pauses for its call alone."""
    if item.get_closest_marker("no_cover"):
        with _tracing_paused(item.config):
            return (yield)
    return (yield)


@pytest.fixture(scope="session")
def untraced(pytestconfig: pytest.Config) -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which coverage is paused, for fixtures that take seconds."""
    return partial(_tracing_paused, pytestconfig)


@pytest.fixture(autouse=True)
def _uncovered_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trace no program that a test marked ``no_cover`` starts."""
    if "no_cover" in request.keywords:
        for name in [name for name in os.environ if name.startswith("COVERAGE_PROCESS_")]:
            monkeypatch.delenv(name)
