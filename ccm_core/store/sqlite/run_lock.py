"""Locks: one process at a time collects into one connection, and one evaluates."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from ccm_core.atomic_write import OWNER_ONLY, owner_only
from ccm_core.errors import StoreError

EVALUATING = "@evaluating"
"""In the place of a connection's name in that of the lock of who evaluates."""
_PATIENCE = 60.0
"""Seconds to wait for another process that evaluates."""


def lock_connection(database: Path, connection: str) -> AbstractContextManager[None]:
    """Lock a connection for collecting.

    Raises:
        StoreError: Another process holds it, or the lock file cannot be written.
    """
    return _lock(database, connection, f"another ccm is collecting {connection} into", 0)


def lock_evaluating(database: Path, patience: float = _PATIENCE) -> AbstractContextManager[None]:
    """Lock evaluating; wait for another process as many seconds.

    Raises:
        StoreError: Another process holds it, or the lock file cannot be written.
    """
    return _lock(database, EVALUATING, "another ccm is evaluating", patience)


@contextmanager
def _lock(database: Path, name: str, busy: str, patience: float) -> Iterator[None]:
    """Hold a lock for this process; it ends with the process, however it ends.

    The holder's name is in a file beside the lock. It is only read where the lock is held, so
    one that a killed process left behind misleads nobody.
    """
    from filelock import FileLock, Timeout

    holder = Path(f"{database}.{name}.holder")
    lock = FileLock(f"{database}.{name}.lock", mode=OWNER_ONLY, timeout=patience)
    try:
        lock.acquire()
    except Timeout as cause:
        raise StoreError(
            f"{busy} {database}{_holder_of(holder)}; wait until it has ended"
        ) from cause
    except OSError as cause:
        raise StoreError(f"{name} cannot be locked: {lock.lock_file}: {cause.strerror}") from cause
    try:
        # For people to read; the lock works without it.
        with suppress(OSError), open(holder, "w", encoding="utf-8", opener=owner_only) as file:
            file.write(f"{os.getpid()} {socket.gethostname()}\n")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _holder_of(path: Path) -> str:
    """Return which process holds the lock, as far as that is known."""
    try:
        pid, host = path.read_text("utf-8").split()
    except (OSError, ValueError):
        return ""
    return f" (process {pid} on {host})"
