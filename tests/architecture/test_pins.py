"""What is installed for development and checks is exactly what was looked at."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.attack(
    "Terminal and files",
    "An index serves another file for a pinned development dependency",
    "The installation refuses it: each pin has a hash, of Python and npm packages alike",
)
def test_every_pinned_dependency_has_a_hash():
    """So that neither an index nor a mirror can swap a file."""
    text = (ROOT / "requirements-dev.txt").read_text()
    pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) > 50
    assert not [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin]
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("--require-hashes") == makefile.count("-r .venv/")
    lock = json.loads((ROOT / "tests" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert not [name for name, entry in packages.items() if "integrity" not in entry]
    assert "npm ci" in (ROOT / ".ci" / "run").read_text()
