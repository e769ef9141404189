"""One request as the functions of pages see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.console.activity import Activity, ActivityKind
from ccm_core.model.console.session import CredentialKind
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.web.access.identity import Identity

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.console import Console

ANYBODY = ("", "", "nobody")
"""Issuer, subject and name of whoever is not signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who asks for what. Lists hold every value of a name, in the order in which they were sent."""

    console: Console
    identity: Identity | None
    now: datetime
    path: str
    parts: Mapping[str, str] = field(default_factory=FrozenDict)
    """What stands in the place of the names of the route's path."""
    query: Mapping[str, Sequence[str]] = field(default_factory=FrozenDict)
    form: Mapping[str, Sequence[str]] = field(default_factory=FrozenDict)
    secret: str = ""
    """Of the session; empty: there is none."""
    browser: str = ""
    """Of the cookie of a sign-in that was begun in this browser; empty: there is none."""
    kind: CredentialKind = CredentialKind.COOKIE
    """How it was sent."""

    @property
    def workspace(self) -> Workspace:
        """The workspace of the settings as they are now.

        Raises:
            UsageError: The settings have mistakes.
        """
        return self.console.workspaces.get()

    @contextmanager
    def reading(self) -> Iterator[EvidenceStore]:
        """Open the store for reading.

        Raises:
            StoreError: There is none, or it cannot be opened.
        """
        with self.workspace.read_store() as store:
            yield store

    @contextmanager
    def writing(self) -> Iterator[EvidenceStore]:
        """Open the store for writing.

        Raises:
            StoreError: There is none, or it cannot be opened.
        """
        with self.workspace.write_store(create=False) as store:
            yield store

    def asked(self, name: str, default: str = "") -> str:
        """Return the last value of a name in the address."""
        values = self.query.get(name, ())
        return values[-1] if values else default

    def field(self, name: str, default: str = "") -> str:
        """Return the last value of a field of the form, without space around it."""
        values = self.form.get(name, ())
        return values[-1].strip() if values else default

    def activity(
        self, kind: ActivityKind, about: str, *, before: str = "", after: str = ""
    ) -> Activity:
        """Return an entry of the activity log that tells of this visit."""
        who = self.identity
        issuer, subject, name = (who.issuer, who.subject, who.name) if who else ANYBODY
        return Activity(
            at=self.now,
            kind=kind,
            issuer=issuer,
            subject=subject,
            name=name,
            about=about,
            before=before,
            after=after,
        )

    def note(self, kind: ActivityKind, about: str, *, before: str = "", after: str = "") -> None:
        """Store an entry of the activity log.

        Raises:
            StoreError: It cannot be stored; then what it tells of must not happen.
        """
        with self.writing() as store:
            store.console.append_activity(self.activity(kind, about, before=before, after=after))
