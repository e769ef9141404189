"""The console: what it serves, to whom, and from where. Frozen, so that requests may share it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.config.locate import stamp
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.attempts import SignInAttempts
from ccm_core.web.access.identity import Identity, SessionLimits
from ccm_core.web.access.one_time_link import OneTimeLink
from ccm_core.web.server_state.connection_runs import ConnectionRuns
from ccm_core.web.server_state.pending_setups import PendingSetups
from ccm_core.web.server_state.pending_sign_ins import PendingSignIns

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace


class CurrentWorkspace:
    """The workspace of the settings as they are now: read again once their file has changed.

    Threads share it: what changes is one reference to a frozen workspace, under a lock.
    """

    def __init__(self, path: Path, open_workspace: Callable[[], Workspace]) -> None:
        """Read the settings.

        Args:
            path: The file whose change is looked for.
            open_workspace: Reads them.

        Raises:
            UsageError: They have mistakes; every one is listed.
        """
        self._path, self._open = path, open_workspace
        self._lock = threading.Lock()
        self._read = (stamp(self._path), open_workspace())

    def get(self) -> Workspace:
        """Return the workspace.

        Raises:
            UsageError: The settings changed, and have mistakes.
        """
        with self._lock:
            now = stamp(self._path)
            if now != self._read[0]:
                self._read = (now, self._open())
            return self._read[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What requests share."""

    workspaces: CurrentWorkspace
    clock: Callable[[], datetime]
    origin: str
    """Of its own addresses: ``http://127.0.0.1:8480``."""
    hosts: frozenset[str]
    """The names by which it may be asked, with their ports: any other is DNS rebinding."""
    link: OneTimeLink
    local: Identity
    """Whom the one-time link signs in."""
    limits: SessionLimits
    secure: bool = False
    """Whether it is reached over TLS."""
    setups: PendingSetups = field(default_factory=PendingSetups)
    """The connections that people set up now."""
    sign_ins: PendingSignIns = field(default_factory=PendingSignIns)
    """Who is at the identity provider now."""
    refusals: SignInAttempts = field(default_factory=SignInAttempts)
    """The answers of the provider that were refused and are entries of the activity log."""
    runs: ConnectionRuns = field(default_factory=ConnectionRuns)
    """The runs that people started."""

    @property
    def cookie(self) -> str:
        """The name of the session's cookie: browsers hold a ``__Host-`` one to this host."""
        return "__Host-ccm-session" if self.secure else "ccm-session"

    @property
    def sign_in_cookie(self) -> str:
        """The name of the cookie that binds a sign-in to the browser that began it."""
        return "__Host-ccm-sign-in" if self.secure else "ccm-sign-in"
