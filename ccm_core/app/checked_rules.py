"""Notes which rules had no mistakes, so that the next process need not look for them again.

A note is a file whose name is the digest of everything that a check depends on. It holds nothing
that is used: conditions are compiled from the packs, with every check, before a row is evaluated by
them. Whoever writes a note for rules that have mistakes gains that these are reported later.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ccm_core.atomic_write import owner_only
from ccm_core.model.frozen_dataclass import dataclass

_MOST = 100
"""How many notes are kept: the newest."""


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return where this user's programs keep what they can make again; None: there is no home."""
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "ccm"
    with suppress(RuntimeError):
        return Path.home() / ".cache" / "ccm"
    return None


@dataclass(frozen=True, slots=True)
class CheckedRules:
    """The notes of one user. Where nothing can be read or written, everything is checked."""

    cache: Path | None

    def __contains__(self, name: str) -> bool:
        """Return whether rules of that digest had no mistakes."""
        path = self._path(name)
        try:
            return path is not None and path.read_bytes() == _content(name)
        except OSError:
            return False

    def add(self, name: str) -> None:
        """Note that rules of that digest had no mistakes."""
        path = self._path(name)
        if path is None:
            return
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = path.with_name(f"{secrets.token_hex(8)}.tmp")
            with open(new, "xb", opener=owner_only) as file:
                file.write(_content(name))
            new.replace(path)
            _remove_oldest(path.parent)

    def _path(self, name: str) -> Path | None:
        return self.cache and self.cache / "checked-rules" / name.replace(":", "-")


def environment_checked_rules() -> CheckedRules:
    """Return the notes of whoever runs this process."""
    return CheckedRules(cache_folder(os.environ))


def _content(name: str) -> bytes:
    return f"{name}\n".encode()


def _remove_oldest(folder: Path) -> None:
    notes = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for note in notes[:-_MOST]:
        note.unlink(missing_ok=True)
