"""The clients that are measured: ccm, the vendor's client, and other published clients."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import HERE, BenchmarkClient, python

PEERS = HERE / "peers"
PDPYRAS, PDJS, PAGERDUTY_CLI = "pdpyras==5.4.1", "@pagerduty/pdjs@2.2.4", "pagerduty-cli@0.1.18"
UNDECLARED = "chalk@4.1.2"
"""A dependency that `pagerduty-cli` needs and does not declare."""


def ccm(store: Path, kinds: str = "incident", *options: str, **settings: object) -> BenchmarkClient:
    """Return ccm, which collects kinds into a store on disk."""
    suffix = "".join(f", `{name}: {value}`" for name, value in settings.items())
    text = json.dumps(settings).replace("{", "{{").replace("}", "}}")
    arguments = ("--store", str(store), "--kinds", kinds, "--settings", text, *options)
    return BenchmarkClient(name=f"`ccm`{suffix}", command=python("ccm_client.py", *arguments))


def vendor(work: str) -> BenchmarkClient:
    """Return the vendor's Python client, which iterates."""
    command = python("vendor_client.py", work)
    return BenchmarkClient(name=f"`pagerduty` 7.2.0 `{work}`", command=command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Other published clients, installed in a folder of their own; None where that failed."""

    pdpyras: BenchmarkClient | None = None
    pdjs: BenchmarkClient | None = None
    pagerduty_cli: BenchmarkClient | None = None

    def all(self) -> list[BenchmarkClient]:
        """Return those that are installed."""
        clients = (self.pdpyras, self.pdjs, self.pagerduty_cli)
        return [client for client in clients if client is not None]

    @classmethod
    def installed(cls, folder: Path | None = None) -> Peers:
        """Install them into a folder of their own, or reuse that of an earlier run."""
        home = folder or Path(tempfile.gettempdir()) / "ccm-benchmark-peers"
        home.mkdir(parents=True, exist_ok=True)
        node = _node(home / "npm")
        return cls(
            pdpyras=_pdpyras(home / "pdpyras"),
            pdjs=_pdjs(node) if node else None,
            pagerduty_cli=_pagerduty_cli(node) if node else None,
        )


def _pdpyras(home: Path) -> BenchmarkClient | None:
    program = home / "bin" / "python"
    install = [str(program), "-m", "pip", "install", "--quiet", PDPYRAS]
    if not program.exists() and not (
        _succeeds([sys.executable, "-m", "venv", str(home)]) and _succeeds(install)
    ):
        return None
    client = str(PEERS / "pdpyras_client.py")
    command = [str(program), client, "--url", "{url}", "--key", "{key}"]
    return BenchmarkClient(name="`pdpyras` 5.4.1 `iter_all`", command=command)


def _node(home: Path) -> Path | None:
    if shutil.which("npm") is None:
        return None
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home)]
    installed = (home / "node_modules" / "pagerduty-cli").exists()
    if installed or _succeeds([*install, PDJS, PAGERDUTY_CLI, UNDECLARED]):
        return home
    return None


def _pdjs(home: Path) -> BenchmarkClient:
    command = ["node", "--require", str(PEERS / "loopback.js"), str(PEERS / "pdjs.js")]
    return BenchmarkClient(
        name="`@pagerduty/pdjs` 2.2.4 `all`",
        command=[sys.executable, str(HERE / "measure_command.py"), "--", *command],
        environment={
            "NODE_PATH": str(home / "node_modules"),
            "SIMULATOR": "{url}",
            "SIMULATOR_KEY": "{key}",
        },
    )


def _pagerduty_cli(home: Path) -> BenchmarkClient:
    now = datetime.now(UTC)
    window = ["--since", (now - timedelta(days=30)).isoformat(), "--until", now.isoformat()]
    statuses = ["-s", "open", "-s", "closed"]
    listing = ["incident", "list", "--json", "--token", "{key}", *statuses, *window]
    program = str(home / "node_modules" / "pagerduty-cli" / "bin" / "run")
    command = ["node", "--require", str(PEERS / "loopback.js"), program, *listing]
    return BenchmarkClient(
        name="`pagerduty-cli` 0.1.18 `incident list`",
        command=[sys.executable, str(HERE / "measure_command.py"), "--", *command],
        environment={"SIMULATOR": "{url}", "HOME": str(home)},
    )


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0  # noqa: S603 - ours
