"""Connections that are being set up in the console, before anything of them is saved.

They are in the memory of this process alone: a console of several processes would need sessions
that stick to one of them. Secrets that were entered are never written anywhere before *Save*.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.web.access.sessions import new_secret

if TYPE_CHECKING:
    from ccm_core.app.connect import ConnectionSetup
    from ccm_core.auth.oauth_messages import AuthorizationRequest
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.pipeline.credentials.oauth_consent import ConsentGrant
    from ccm_core.pipeline.source.connection_session import SessionTest
    from ccm_core.sdk.secret import Secret
    from ccm_core.sdk.types import Diagnosis

LIFETIME = timedelta(minutes=30)
"""Without a step."""
CONSENT_LIFETIME = timedelta(minutes=10)
"""How long the state of an authorization request counts."""
MOST_OF_A_SESSION, MOST = 5, 50


@dataclass(slots=True, kw_only=True)
class PendingConsent:
    """An authorization request whose answer is awaited."""

    request: AuthorizationRequest = field(repr=False)
    begun_at: datetime

    def counts(self, now: datetime) -> bool:
        """Return whether its state still counts; a clock that went back ends it."""
        return self.begun_at <= now < self.begun_at + CONSENT_LIFETIME

    @property
    def until(self) -> datetime:
        """When its state counts no more."""
        return self.begun_at + CONSENT_LIFETIME


@dataclass(slots=True, kw_only=True)
class PendingSetup:
    """One connection on its way. Its steps are taken one at a time, under its lock."""

    id: str
    session: str
    """The digest of the session that it is bound to."""
    setup: ConnectionSetup
    touched_at: datetime
    lock: threading.Lock = field(default_factory=threading.Lock)
    has_secrets: bool = False
    consent: PendingConsent | None = None
    """None: no link was made, or it was used up."""
    missing_scopes: tuple[str, ...] = ()
    """What was asked and not granted, at the last attempt."""
    grant: ConsentGrant | None = field(default=None, repr=False)
    learned: JsonObject = field(default_factory=dict)
    """The settings that the account of the grant decided."""
    test: SessionTest | None = None
    """The last test, where the source could be used."""
    failed: tuple[Diagnosis, ...] = ()
    """What the last test showed, where the source could not be used."""
    problem: str = ""
    """Why the last step failed."""
    reason: str = ""
    """Why the credential has to be entered again, where it is one that is saved."""

    @property
    def needs_consent(self) -> bool:
        """Whether a person has to agree in the browser, and has not yet."""
        return self.setup.new.method.needs_consent and self.grant is None

    def enter(self, secrets: Mapping[str, Secret]) -> None:
        """Take secrets, and forget what earlier steps showed: it was about others.

        Raises:
            UsageError: The settings have mistakes by now.
        """
        self.consent, self.grant, self.test = None, None, None
        self.missing_scopes, self.learned, self.failed, self.problem = (), {}, (), ""
        self.setup.enter_secrets(secrets)
        self.has_secrets = True

    def ask_consent(self, redirect_uri: str, now: datetime) -> None:
        """Make a link to consent by; one that was made before counts no more."""
        self.grant, self.test, self.failed = None, None, ()
        self.consent = PendingConsent(request=self.setup.begin_consent(redirect_uri), begun_at=now)


class PendingSetups:
    """The connections that are being set up: few, for a while, each in its own session.

    Threads share it, under a lock.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._setups: dict[str, PendingSetup] = {}

    def add(
        self, session: str, setup: ConnectionSetup, now: datetime, *, reason: str = ""
    ) -> PendingSetup:
        """Keep a setup; where there are too many, the one that rested longest goes."""
        pending = PendingSetup(
            id=new_secret(), session=session, setup=setup, touched_at=now, reason=reason
        )
        with self._lock:
            self._forget_old(now)
            self._make_room(MOST_OF_A_SESSION, lambda other: other.session == session)
            self._make_room(MOST, lambda _other: True)
            self._setups[pending.id] = pending
        return pending

    @contextmanager
    def step(self, session: str, setup: str, now: datetime) -> Iterator[PendingSetup | None]:
        """Yield a setup of a session, alone; None: it has none of that id, or it is over."""
        with self._lock:
            self._forget_old(now)
            pending = self._setups.get(setup)
            if pending is None or pending.session != session:
                pending = None
            else:
                pending.touched_at = now
        if pending is None:
            yield None
            return
        with pending.lock:
            yield pending

    def take_consent(
        self, session: str, state: str, now: datetime
    ) -> tuple[PendingSetup, PendingConsent] | None:
        """Return the setup whose authorization request has a state, which then counts no more.

        None: no request of this session has it, or has it any more.
        """
        given = state.encode("utf-8", "replace")
        with self._lock:
            self._forget_old(now)
            for pending in self._setups.values():
                consent = pending.consent
                if pending.session != session or consent is None:
                    continue
                if hmac.compare_digest(consent.request.state.reveal().encode(), given):
                    pending.consent, pending.touched_at = None, now
                    return pending, consent
        return None

    def remove(self, setup: str) -> None:
        """Forget a setup and its secrets."""
        with self._lock:
            self._setups.pop(setup, None)

    def _forget_old(self, now: datetime) -> None:
        over = [
            key
            for key, pending in self._setups.items()
            if not pending.touched_at <= now < pending.touched_at + LIFETIME
        ]
        for key in over:
            del self._setups[key]

    def _make_room(self, most: int, counts: Callable[[PendingSetup], bool]) -> None:
        counted = [pending for pending in self._setups.values() if counts(pending)]
        counted.sort(key=lambda pending: pending.touched_at)
        for pending in counted[: max(0, len(counted) - most + 1)]:
            del self._setups[pending.id]
