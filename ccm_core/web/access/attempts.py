"""How often sign-in may fail: each failure is an entry of the ledger, which nobody is to flood."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

MOST = 10
SPAN = timedelta(minutes=1)


class SignInAttempts:
    """Counts failed attempts of the last minute. Threads share it, under a lock."""

    def __init__(self) -> None:
        """Start without a failure."""
        self._lock = threading.Lock()
        self._failed: deque[datetime] = deque(maxlen=MOST)

    def is_exhausted(self, now: datetime) -> bool:
        """Return whether no further attempt is heard now."""
        with self._lock:
            oldest = self._failed[0] if len(self._failed) == MOST else None
        return oldest is not None and now - oldest < SPAN

    def failed(self, now: datetime) -> None:
        """Count a failure."""
        with self._lock:
            self._failed.append(now)
