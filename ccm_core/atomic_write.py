"""Writes a file atomically: after a crash there is the old one or the new one."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
"""The mode of a file that contains a secret, or what was read from a source."""


def owner_only(path: str, flags: int) -> int:
    """Open a file; one that is made now is readable by its owner alone.

    To be passed to :func:`open` as its ``opener``: a file that exists keeps its mode, so whoever
    shares one does so on purpose.
    """
    return os.open(path, flags, OWNER_ONLY)


def write_durably(path: Path, data: bytes, *, mode: int = OWNER_ONLY) -> None:
    """Replace a file, and return when the new one would survive a power cut.

    One process at a time may call this: it removes the temporary files of a killed one.

    Args:
        path: The file.
        data: The new contents.
        mode: Its mode, whatever that of the old one was.

    Raises:
        OSError: It cannot be written; the old one is unchanged.
    """
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        leftover.unlink(missing_ok=True)
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
    """Make the new name durable too, where the system can flush a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
