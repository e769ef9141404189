"""Run locks: one process at a time collects into one connection."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ccm_core.atomic_write import OWNER_ONLY, owner_only
from ccm_core.errors import StoreError


@contextmanager
def lock_connection(database: Path, connection: str) -> Iterator[None]:
    """Lock a connection for this process; the lock ends with the process, however it ends.

    The holder's name is in a file beside the lock. It is only read where the lock is held, so
    one that a killed process left behind misleads nobody.

    Raises:
        StoreError: Another process holds it, or the lock file cannot be written.
    """
    from filelock import FileLock, Timeout

    holder = Path(f"{database}.{connection}.holder")
    lock = FileLock(f"{database}.{connection}.lock", mode=OWNER_ONLY, blocking=False)
    try:
        lock.acquire()
    except Timeout as cause:
        raise StoreError(
            f"another ccm is collecting {connection} into {database}{_holder_of(holder)}; "
            "wait until it has ended"
        ) from cause
    except OSError as cause:
        raise StoreError(
            f"{connection} cannot be locked: {lock.lock_file}: {cause.strerror}"
        ) from cause
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
