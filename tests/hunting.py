"""Looks for the suite's secrets in everything that it leaves behind.

Whatever the simulators give out, and the key under which the tests seal vaults, can be told by its
form. None of it may be in what a command prints, in a log, in an argument of a process, or in a
file of a test's folder: settings, stores (their compressed bodies too), reports, vaults.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccm_core.store.codec.compression import decompressed

VAULT_KEY = "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="
FORMS = re.compile(
    rb"u\+simulated-(?:account|user)-key|pdus(?:\+|%2B)_[01][\w+%-]{8,}|pdeas-[\w-]{8,}|"
    + re.escape(VAULT_KEY).encode()
)
PART = 5
"""As many letters of a name show whose it is."""
_FRAME, _DATABASE = b"\x28\xb5\x2f\xfd", b"SQLite format 3\x00"
_STARTS = {"subprocess.Popen": 1, "os.exec": 1, "os.posix_spawn": 1, "os.system": 0}
"""Events that start a process, and which of their arguments is its argument list."""


class Hunt(logging.Handler):
    """Keeps what it found, by where; it is empty in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.looked_at = 0

    def begin(self) -> None:
        """Listen to logs, and to every start of a process, from now on."""
        logging.getLogger().addHandler(self)
        sys.addaudithook(self.heard)

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line of a log."""
        self.look(f"log {record.name}", record.getMessage())

    def look(self, where: str, label: str | bytes) -> None:
        """Look at a text."""
        self.looked_at += 1
        if FORMS.search(label.encode(errors="replace") if isinstance(label, str) else label):
            self.found.append(where)

    def search(self, folder: Path) -> None:
        """Look at every file in a folder, and into the stores among them."""
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            data = path.read_bytes()
            self.look(f"file {path}", data)
            if data.startswith(_DATABASE):
                self._search_store(path)

    def _search_store(self, path: Path) -> None:
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as store:
                for (table,) in store.execute("select name from sqlite_master where type='table'"):
                    for row in store.execute(f'select * from "{table}"'):  # noqa: S608 - its own name
                        self._search_row(f"table {table} of {path}", row)
        except sqlite3.DatabaseError:
            pass  # A test damaged it on purpose; its bytes were looked at as they are.

    def _search_row(self, where: str, row: tuple) -> None:
        for value in row:
            if isinstance(value, bytes) and value.startswith(_FRAME):
                try:
                    self.look(where, decompressed(value))
                except ValueError:
                    continue

    def heard(self, event: str, arguments: tuple) -> None:
        """Look at how a process is started; its environment may hold secrets."""
        source = _STARTS.get(event)
        if source is not None:
            self.look(f"arguments of {arguments[0]!r}", repr(arguments[source]))


def parts_left(text: str, planted: Iterable[str]) -> set[str]:
    """Return the parts of five letters or digits of some planted texts that a text has."""
    folded = text.casefold()
    words = {word for plant in planted for word in re.findall(r"[^\W_]{5,}", plant.casefold())}
    parts = {word[at : at + PART] for word in words for at in range(len(word) - PART + 1)}
    return {part for part in parts if part in folded}


@pytest.fixture(scope="session")
def hunt() -> Iterator[Hunt]:
    """Look for secrets in everything that the suite leaves behind; in the end there are none."""
    hunting = Hunt()
    hunting.begin()
    yield hunting
    assert hunting.found == []


@pytest.fixture(autouse=True)
def no_secret_is_left(request: pytest.FixtureRequest, hunt: Hunt) -> Iterator[None]:
    """Look through a test's folder when it is over."""
    yield
    folder = request.node.funcargs.get("tmp_path")
    before = len(hunt.found)
    if folder is not None and "writes_secrets" not in request.keywords:
        hunt.search(folder)
    assert hunt.found[before:] == []
