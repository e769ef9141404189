"""The verifier as an auditor runs it: alone, on a file from somebody they do not trust."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ccm_core.bundle.verifier.build import PUBLISHED

HOSTILE = "\x1b[2J\x9b31m\u202egpj\r"


@pytest.mark.attack(
    "Terminal and files",
    "A package, or its name, holds terminal escapes for the verifier to print",
    "The verifier prints them escaped",
)
def test_the_verifier_escapes_what_steers_a_terminal(tmp_path):
    """The name of the file is the shortest way in; every line takes the same way out."""
    package = tmp_path / f"cc7{HOSTILE}.zip"
    package.write_bytes(b"PK" + HOSTILE.encode())
    finished = subprocess.run(  # noqa: S603 - this interpreter, on the verifier
        [sys.executable, "-I", str(PUBLISHED), str(package)], capture_output=True, check=False
    )
    printed = finished.stdout.decode()
    assert finished.returncode == 5
    assert "cc7\\x1b[2J\\x9b31m\\u202egpj\\r.zip" in printed
    assert printed.replace("\n", "").isprintable()
