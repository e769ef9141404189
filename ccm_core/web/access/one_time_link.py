"""The one-time link that the start of the console prints: whoever opens it is signed in."""

from __future__ import annotations

import hmac
import threading

from ccm_core.web.access.sessions import new_secret


class OneTimeLink:
    """A secret that counts once. It is spent by a POST: what only looks at a link spends nothing.

    Threads share it, under a lock.
    """

    def __init__(self) -> None:
        """Make the first secret."""
        self._lock = threading.Lock()
        self._secret: str | None = new_secret()

    def renew(self) -> str:
        """Return a new secret; the one before counts no more."""
        with self._lock:
            self._secret = new_secret()
            return self._secret

    def spend(self, secret: str) -> bool:
        """Return whether a secret is the one, which then counts no more."""
        with self._lock:
            if self._secret is None:
                return False
            given = secret.encode("utf-8", "replace")
            if not hmac.compare_digest(self._secret.encode(), given):
                return False
            self._secret = None
            return True
