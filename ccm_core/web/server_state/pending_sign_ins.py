"""Sign-ins that wait for somebody to come back from the identity provider.

They are in the memory of this process alone, as connections that are being set up are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.sessions import secret_digest

if TYPE_CHECKING:
    from ccm_core.auth.oidc_sign_in import OidcRequest
    from ccm_core.config.settings import SignInSettings

SIGN_IN_LIFETIME = timedelta(minutes=10)
"""How long the state of an authorization request counts."""
MOST_SIGN_INS = 1_000
_AT_ONCE = 8
"""How many requests to the provider are under way at most: anybody can cause one."""
_PATIENCE = 10.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """One that was begun."""

    browser: str
    """The digest of the secret in the cookie of the browser that began it."""
    settings: SignInSettings
    """With which it was begun."""
    request: OidcRequest = field(repr=False)
    begun_at: datetime

    def counts(self, now: datetime) -> bool:
        """Return whether its state still counts; a clock that went back ends it."""
        return self.begun_at <= now < self.begun_at + SIGN_IN_LIFETIME


class PendingSignIns:
    """Those that were begun: few, for ten minutes, each for one answer. Threads share it."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(_AT_ONCE)
        self._pending: dict[str, PendingSignIn] = {}

    def add(self, pending: PendingSignIn) -> None:
        """Keep one by the digest of its state; of too many, the oldest goes."""
        state = secret_digest(pending.request.authorization.state.reveal())
        with self._lock:
            self._forget_old(pending.begun_at)
            while len(self._pending) >= MOST_SIGN_INS:
                del self._pending[next(iter(self._pending))]
            self._pending[state] = pending

    def take(self, state: str, browser: str, now: datetime) -> PendingSignIn | None:
        """Return the sign-in of a state, which counts no more.

        None: there is none, it is over, it was answered, or another browser began it.

        Args:
            state: As the browser brought it back.
            browser: The secret of its cookie.
            now: The moment.
        """
        key = secret_digest(state)
        with self._lock:
            self._forget_old(now)
            pending = self._pending.get(key)
            if pending is None or pending.browser != secret_digest(browser):
                return None
            del self._pending[key]
            return pending

    @contextmanager
    def asking(self) -> Iterator[bool]:
        """Wait for a turn to ask the provider; yields False where too many ask already."""
        has_turn = self._asking.acquire(timeout=_PATIENCE)
        try:
            yield has_turn
        finally:
            if has_turn:
                self._asking.release()

    def _forget_old(self, now: datetime) -> None:
        over = [key for key, pending in self._pending.items() if not pending.counts(now)]
        for key in over:
            del self._pending[key]
