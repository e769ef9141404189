"""Claims: one process at a time collects into one connection."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ccm_core.errors import StoreError


@contextmanager
def claim(database: Path, connection: str) -> Iterator[None]:
    """Hold a connection for this process; the claim ends with the process, however it ends.

    Who holds it stands in a file beside the lock. It is only read where the lock is held, so one
    that a killed process left behind misleads nobody.

    Raises:
        StoreError: Another process holds it, or the lock file cannot be written.
    """
    from filelock import FileLock, Timeout

    holder = Path(f"{database}.{connection}.holder")
    lock = FileLock(f"{database}.{connection}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as cause:
        raise StoreError(
            f"another ccm is collecting {connection} into {database}{_told(holder)}; "
            "wait until it has ended"
        ) from cause
    except OSError as cause:
        raise StoreError(
            f"{connection} cannot be claimed: {lock.lock_file}: {cause.strerror}"
        ) from cause
    try:
        # Advice for people; the lock holds without it.
        with suppress(OSError):
            holder.write_text(f"{os.getpid()} {socket.gethostname()}\n", "utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _told(holder: Path) -> str:
    """Say which process holds it, as far as that can be told."""
    try:
        pid, host = holder.read_text("utf-8").split()
    except (OSError, ValueError):
        return ""
    return f" (process {pid} on {host})"
