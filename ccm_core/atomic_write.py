"""Writes a file whole or not at all: after a crash there is the old one or the new one."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
"""The mode of a file that holds a secret."""


def write_durably(path: Path, data: bytes, *, mode: int = OWNER_ONLY) -> None:
    """Replace a file, and return when the new one would survive a power cut.

    One process at a time may do so: it clears away what a killed one left behind.

    Args:
        path: The file.
        data: What it is to hold.
        mode: Its rights, whatever those of the old one were.

    Raises:
        OSError: It cannot be written; the old one stands as it was.
    """
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        left.unlink(missing_ok=True)
    new = path.parent / f".{path.name}.{secrets.token_hex(8)}.tmp"
    try:
        _write(new, data, mode)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if mode != OWNER_ONLY:
            path.chmod(mode)
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name durable too, where the system lets a folder be flushed."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
