"""The connections of a workspace: described, edited and removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ccm_core.app.workspace import Workspace, vault_entry_name
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import SecretError, UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.redacted_connection import RedactedConnection
from ccm_core.pipeline.source.connection_session import SessionTest, check

if TYPE_CHECKING:
    from ccm_core.auth.vault_entry import VaultEntry
    from ccm_core.config.settings import ConnectionSettings


def describe_connection(workspace: Workspace, settings: ConnectionSettings) -> RedactedConnection:
    """Return a connection's settings, and what the vault knows of its credential."""
    entry, problem = None, None
    try:
        entry = workspace.vault_entry(settings)
    except SecretError as error:
        problem = str(error)
    connection = workspace.connection(settings, {}, entry=entry)
    return RedactedConnection(
        name=settings.name,
        connector=settings.connector,
        method=settings.auth_method,
        settings=settings.settings,
        auth=settings.auth,
        secrets={key: str(reference) for key, reference in settings.secrets.items()},
        entered_at=connection.entered_at,
        rotate_by=connection.rotate_by,
        scopes=_scopes(entry),
        expires_at=None if entry is None else entry.expires_at,
        tokens=f"vault:{settings.name}" if workspace.auth_method(settings).needs_consent else None,
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEdit:
    """A connection of a settings file, about to be changed or removed."""

    workspace: Workspace
    file: SettingsFile
    name: str
    index: int

    @classmethod
    def begin(cls, workspace: Workspace, name: str) -> Self:
        """Find a connection in its settings file.

        Raises:
            UsageError: It is not there, or the file changed just now.
        """
        file = SettingsFile.at(Path(workspace.settings.document.file), absent="")
        workspace.settings.connection(name)  # lists those that exist where it does not
        index = file.index(name)
        if index is None:
            raise UsageError(f"{file.path} was changed in the meantime; try again")
        return cls(workspace=workspace, file=file, name=name, index=index)

    def changed_text(self, changes: Mapping[tuple[str, ...], object]) -> str:
        """Return the settings with some changes.

        Raises:
            UsageError: The file is written in a way that only a person can edit.
        """
        return self.file.with_changes(self.index, changes)

    def require_valid(self, text: str) -> None:
        """Refuse changed settings that have mistakes.

        Raises:
            UsageError: They do; every one is listed.
        """
        Workspace.from_draft(self.file.parsed(text), self.workspace.ports)

    async def test(self, text: str) -> SessionTest:
        """Open the connection as changed settings describe it, and diagnose it.

        Raises:
            UsageError: The settings have mistakes.
            SourceError: It cannot be used.
            AccountMismatch: It opens another account than that of the evidence under its name.
        """
        after = Workspace.from_draft(self.file.parsed(text), self.workspace.ports)
        (connection,) = after.connections([self.name], secrets=True)
        test = await check(after.host, connection, after.stored_account(self.name))
        test.refuse_other_account()
        return test

    def remove(self) -> None:
        """Remove the connection and its secrets; the evidence stays.

        Raises:
            UsageError: The settings cannot be written.
            SecretError: The vault cannot be opened.
        """
        entry = self._unshared_entry()
        self.file.write(self.file.without_connection(self.index))
        if entry is not None:
            self.workspace.vault().remove(entry)

    def _unshared_entry(self) -> str | None:
        """Return the name of its vault entry; None where another connection uses it too."""
        entries = {
            settings.name: vault_entry_name(settings, self.workspace.auth_method(settings))
            for settings in self.workspace.settings.connections
        }
        own = entries.pop(self.name)
        return None if own in entries.values() else own


def _scopes(entry: VaultEntry | None) -> tuple[str, ...] | None:
    return entry.scopes if entry is not None and entry.received_at is not None else None
