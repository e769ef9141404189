"""Claims: one process at a time collects into one connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccm_core.errors import StoreError


@contextmanager
def claim(database: Path, connection: str) -> Iterator[None]:
    """Hold a connection for this process; the claim ends with the process, however it ends.

    Raises:
        StoreError: Another process holds it, or the lock file cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(f"{database}.{connection}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as cause:
        raise StoreError(
            f"another ccm is collecting {connection} into {database}; wait until it has ended"
        ) from cause
    except OSError as cause:
        raise StoreError(
            f"{connection} cannot be claimed: {lock.lock_file}: {cause.strerror}"
        ) from cause
    try:
        yield
    finally:
        lock.release()
