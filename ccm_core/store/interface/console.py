"""What the console keeps: sessions, which state nothing, and its activity log, which does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccm_core.model.console.activity import Activity
    from ccm_core.model.console.session import ConsoleSession, CredentialKind


class ConsoleStore(Protocol):
    """Stores sessions, which come and go, and activity, which stays."""

    def put_session(self, session: ConsoleSession) -> None:
        """Store a new session, and delete those whose time is over."""

    def session(self, digest: str) -> ConsoleSession | None:
        """Return the session whose secret has a digest; None: there is none."""

    def touch_session(self, digest: str, at: datetime) -> None:
        """Store when a session was last used."""

    def end_session(self, digest: str) -> None:
        """Delete a session; nothing happens where it is gone."""

    def sessions(self, kind: CredentialKind) -> Sequence[ConsoleSession]:
        """List the sessions of a kind, the oldest first."""

    def append_activity(self, entry: Activity) -> None:
        """Store an entry of the activity log, as a row and a leaf."""

    def activity(self, *, limit: int, before: int | None = None) -> Sequence[tuple[int, Activity]]:
        """Return entries with their numbers, the newest first.

        Args:
            limit: At most so many.
            before: Only those of a smaller number; None: from the newest on.

        Raises:
            IntegrityError: One is not what was stored.
        """
