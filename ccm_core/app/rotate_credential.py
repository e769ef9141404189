"""Rotating a credential: the old one stays in use until the new one was tested and saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from ccm_core.app.edit_connection import ConnectionEdit
from ccm_core.config.secret_reference import SecretReference
from ccm_core.errors import SourceError, UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.credentials.authorization import renew_tokens
from ccm_core.pipeline.source.connection_session import SessionTest, check

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.auth.vault_entry import VaultEntry
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.pipeline.context import Connection
    from ccm_core.sdk.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRotation:
    """One secret of a connection that is about to be replaced."""

    workspace: Workspace
    settings: ConnectionSettings
    field: str
    """The secret, as the connection's settings call it."""
    entry_name: str
    stored_field: str
    """The secret, as the vault's entry calls it."""
    old_entry: VaultEntry

    @classmethod
    def begin(cls, workspace: Workspace, name: str, field: str | None) -> Self:
        """Find the secret in the vault.

        Args:
            workspace: The settings and their vault.
            name: The connection.
            field: Which secret; None: the one that the connection's method names last.

        Raises:
            UsageError: There is no such secret, or the vault does not hold it.
            SecretError: The vault cannot be opened.
        """
        settings = workspace.settings.connection(name)
        field = field or workspace.auth_method(settings).secrets[-1]
        entry_name, stored_field = _stored_as(settings, field)
        return cls(
            workspace=workspace,
            settings=settings,
            field=field,
            entry_name=entry_name,
            stored_field=stored_field,
            old_entry=workspace.vault().read(entry_name),
        )

    def read_secret(self, source: str) -> Secret:
        """Return the new secret from where a reference leads.

        Raises:
            UsageError: It is no reference.
            SecretError: There is nothing.
        """
        try:
            reference = SecretReference.parse(source)
        except ValueError as refused:
            raise UsageError(f"--from: {refused}") from refused
        return self.workspace.resolve_secret(reference, self.field)

    def refuse_the_same(self, new: Secret) -> None:
        """Refuse a secret that is in use already.

        Raises:
            UsageError: It is.
        """
        if self.old_entry.secrets.get(self.stored_field) == new:
            raise UsageError(
                f"that is the {self.field} that {self.settings.name} uses already; make a new one"
            )

    async def test(self, new: Secret, *, other_account: bool = False) -> SessionTest:
        """Open the connection with the new secret and diagnose it.

        Args:
            new: The secret.
            other_account: Whether it may open another account.

        Raises:
            SourceError: It was refused; the old one is in use as before.
            AccountMismatch: It opens another account, which it may not.
        """
        workspace, connection = self.workspace, self._connection(new)
        try:
            if connection.method.needs_consent:
                await renew_tokens(workspace.host, connection)
            entered_at = workspace.host.clock()
            connection = replace(connection, entered_at=entered_at)
            account = workspace.stored_account(connection.name)
            test = await check(workspace.host, connection, account)
        except SourceError as error:
            raise type(error)(
                f"{error}\nthe new {self.field} was not saved; {self.settings.name} continues with "
                "the old one"
            ) from error
        if not other_account:
            test.refuse_other_account()
        return test

    def save(self, new: Secret) -> None:
        """Replace the old secret.

        Raises:
            SecretError: The vault cannot be written.
        """
        vault = self.workspace.vault()
        # The lock keeps out whoever is renewing tokens of the same entry.
        with vault.lock(self.entry_name):
            entry = vault.read(self.entry_name)
            secrets = {**entry.secrets, self.stored_field: new}
            entered_at = self.workspace.host.clock()
            vault.write(self.entry_name, replace(entry, secrets=secrets, entered_at=entered_at))

    def save_account(self, account: str) -> None:
        """Name in the settings the account that the connection belongs to from now on.

        Raises:
            UsageError: The settings cannot be written.
        """
        edit = ConnectionEdit.begin(self.workspace, self.settings.name)
        edit.file.write(edit.changed_text({("account",): account}))

    def _connection(self, new: Secret) -> Connection:
        (saved,) = self.workspace.connections([self.settings.name], secrets=True)
        # It is this very secret that is tested, so it is not read again.
        return replace(saved, secrets={**saved.secrets, self.field: new}, reread_secret=None)


def _stored_as(settings: ConnectionSettings, field: str) -> tuple[str, str]:
    """Return the vault's entry and field of a secret."""
    reference = settings.secrets.get(field)
    if reference is None:
        expected = ", ".join(settings.secrets)
        raise UsageError(f"{settings.name} has no {field}; expected one of: {expected}")
    entry, _, stored_field = reference.name.partition("/")
    if reference.entry is None:
        raise UsageError(
            f"the {field} of {settings.name} is stored in {reference}, where ccm does not write: "
            f"put the new one there and run `ccm check {settings.name}`. To store it in the vault, "
            f"connect again: ccm connect {settings.connector} --name {settings.name} --replace"
        )
    return entry, stored_field or field
