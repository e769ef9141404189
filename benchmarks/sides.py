"""The sides that are measured: ours, the vendor's client, and other published clients."""

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

from harness import HERE, Side, python

PEERS = HERE / "peers"
PDPYRAS, PDJS, PAGERDUTY_CLI = "pdpyras==5.4.1", "@pagerduty/pdjs@2.2.4", "pagerduty-cli@0.1.18"
UNDECLARED = "chalk@4.1.2"
"""What `pagerduty-cli` needs and does not name."""


def ours(store: Path, kinds: str = "incident", *options: str, **settings: object) -> Side:
    """Collect kinds into a store on disk."""
    told = "".join(f", `{name}: {value}`" for name, value in settings.items())
    written = json.dumps(settings).replace("{", "{{").replace("}", "}}")
    chosen = ("--store", str(store), "--kinds", kinds, "--settings", written, *options)
    return Side(name=f"`ccm`{told}", command=python("ours.py", *chosen))


def vendor(work: str) -> Side:
    """Iterate with the vendor's Python client."""
    return Side(name=f"`pagerduty` 7.2.0 `{work}`", command=python("vendor.py", work))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Other published clients, installed apart from everything else; None where that failed."""

    pdpyras: Side | None = None
    pdjs: Side | None = None
    pagerduty_cli: Side | None = None

    def all(self) -> list[Side]:
        """Give those that are there."""
        return [one for one in (self.pdpyras, self.pdjs, self.pagerduty_cli) if one is not None]

    @classmethod
    def installed(cls, folder: Path | None = None) -> Peers:
        """Install them into a folder of their own, or find them there."""
        home = folder or Path(tempfile.gettempdir()) / "ccm-benchmark-peers"
        home.mkdir(parents=True, exist_ok=True)
        node = _node(home / "npm")
        return cls(
            pdpyras=_pdpyras(home / "pdpyras"),
            pdjs=_pdjs(node) if node else None,
            pagerduty_cli=_pagerduty_cli(node) if node else None,
        )


def _pdpyras(home: Path) -> Side | None:
    program = home / "bin" / "python"
    install = [str(program), "-m", "pip", "install", "--quiet", PDPYRAS]
    if not program.exists() and not (
        _done([sys.executable, "-m", "venv", str(home)]) and _done(install)
    ):
        return None
    side = str(PEERS / "pdpyras_side.py")
    command = [str(program), side, "--url", "{url}", "--key", "{key}"]
    return Side(name="`pdpyras` 5.4.1 `iter_all`", command=command)


def _node(home: Path) -> Path | None:
    if shutil.which("npm") is None:
        return None
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home)]
    there = (home / "node_modules" / "pagerduty-cli").exists()
    return home if there or _done([*install, PDJS, PAGERDUTY_CLI, UNDECLARED]) else None


def _pdjs(home: Path) -> Side:
    command = ["node", "--require", str(PEERS / "loopback.js"), str(PEERS / "pdjs.js")]
    return Side(
        name="`@pagerduty/pdjs` 2.2.4 `all`",
        command=[sys.executable, str(HERE / "wrapped.py"), "--", *command],
        environment={
            "NODE_PATH": str(home / "node_modules"),
            "SIMULATOR": "{url}",
            "SIMULATOR_KEY": "{key}",
        },
    )


def _pagerduty_cli(home: Path) -> Side:
    now = datetime.now(UTC)
    window = ["--since", (now - timedelta(days=30)).isoformat(), "--until", now.isoformat()]
    statuses = ["-s", "open", "-s", "closed"]
    listing = ["incident", "list", "--json", "--token", "{key}", *statuses, *window]
    program = str(home / "node_modules" / "pagerduty-cli" / "bin" / "run")
    command = ["node", "--require", str(PEERS / "loopback.js"), program, *listing]
    return Side(
        name="`pagerduty-cli` 0.1.18 `incident list`",
        command=[sys.executable, str(HERE / "wrapped.py"), "--", *command],
        environment={"SIMULATOR": "{url}", "HOME": str(home)},
    )


def _done(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0  # noqa: S603 - ours
