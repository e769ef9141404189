"""Who may import what."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover  # the sources are read here, not run

NETWORK = {"urllib.request", "http.client", "http.server", "socket", "ssl", "asyncio", "subprocess"}


def test_the_import_contracts_hold(root: Path):
    """import-linter finds no import against its contracts."""
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert linter, "import-linter is not installed beside this interpreter"
    result = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True)  # noqa: S603, PLW1510 - a fixed command; its result is what is asserted
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        pytest.param(
            "httpx",
            (
                "ccm_core.sdk.http",
                "ccm_core.auth.token_endpoint",
                "ccm_core.tickets.exchange",
                "ccm_pagerduty.client",
            ),
            id="httpx",
        ),
        pytest.param("pluggy.PluginManager", ("ccm_core.plugins.loader",), id="plugin manager"),
        pytest.param("sqlite3", ("ccm_core.store",), id="sqlite3"),
        pytest.param("cel_expr_python", ("ccm_core.rules",), id="cel"),
        pytest.param("apprise", ("ccm_core.notify.apprise_sender",), id="apprise"),
        pytest.param("jinja2", ("ccm_core.report", "ccm_core.web"), id="jinja2"),
        pytest.param(
            "authlib", ("ccm_core.auth.oauth_messages", "ccm_core.auth.pkce"), id="authlib"
        ),
        pytest.param(
            "joserfc",
            (
                "ccm_core.approvals.approval_token",
                "ccm_core.auth.id_token",
                "pagerduty_simulator.identity.id_token",
            ),
            id="joserfc",
        ),
        pytest.param("rich", ("ccm_core.cli", "ccm_core.report.content.cell_width"), id="rich"),
        pytest.param("click", ("ccm_core.cli",), id="click"),
    ],
)
def test_a_library_is_imported_in_its_room_alone(modules, library: str, doors: tuple[str, ...]):
    """A library that shapes the code around it is imported in one place."""
    outsiders = [
        module.path
        for module in modules
        if not _within(module.name, doors)
        and any(_within(imported, (library,)) for imported in module.imports)
    ]
    assert outsiders == []


def test_evaluating_and_reporting_import_no_network(host):
    """Rules, reports and values import nothing that talks, starts or waits."""
    pure = ("ccm_core.rules", "ccm_core.report", "ccm_core.ledger", "ccm_core.model")
    reached = {
        module.path: module.imports & NETWORK for module in host if _within(module.name, pure)
    }
    assert {path: names for path, names in reached.items() if names} == {}


def test_a_plugin_sees_the_sdk_alone(modules):
    """The plugin imports nothing else of the host."""
    beyond = {
        (module.path, imported)
        for module in modules
        if module.name.startswith("ccm_pagerduty")
        for imported in module.imports
        if _within(imported, ("ccm_core",)) and not _within(imported, ("ccm_core.sdk",))
    }
    assert beyond - {(path, "ccm_core") for path, _ in beyond} == set()


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
