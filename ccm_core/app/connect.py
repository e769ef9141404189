"""Connecting a source in steps: validate, enter secrets, consent, test, save.

Each step is a call of its own, so that a command, or several requests of a web console, may take
them one by one. Nothing is saved before the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ccm_core.app.save_connection import save_connection
from ccm_core.app.workspace import Workspace, vault_entry_name
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import SourceError, UsageError
from ccm_core.pipeline.check import diagnose_refusal
from ccm_core.pipeline.credentials.oauth_consent import begin_consent, finish_consent
from ccm_core.pipeline.source.connection_session import SessionTest, check
from ccm_core.sdk.authorization import StaticToken

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ccm_core.app.new_connection import NewConnection
    from ccm_core.app.ports import CallerPorts
    from ccm_core.auth.oauth_messages import AuthorizationRequest, TokenSet
    from ccm_core.auth.vault import Vault
    from ccm_core.auth.vault_entry import VaultEntry
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.pipeline.context import Connection
    from ccm_core.pipeline.credentials.oauth_consent import ConsentGrant
    from ccm_core.sdk.secret import Secret
    from ccm_core.sdk.types import Diagnosis


@dataclass(slots=True)
class ConnectionSetup:
    """A connection on its way from an answer on a form to a tested entry of the settings."""

    file: SettingsFile
    new: NewConnection
    ports: CallerPorts
    _workspace: Workspace = field(init=False)
    _text: str = field(init=False)
    _vault: Vault = field(init=False)
    _secrets: Mapping[str, Secret] = field(default_factory=dict, init=False, repr=False)
    _entered_at: datetime | None = field(default=None, init=False)
    _tokens: TokenSet | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Validate the settings with the connection in them, before a secret is asked for.

        Raises:
            UsageError: They have mistakes; every one is listed.
        """
        self._validate()
        self._vault = self._workspace.vault()

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The OAuth 2.0 scopes to register; None where the method needs none."""
        grant = self.new.method.oauth
        return None if grant is None else grant.scopes(self._settings.settings, self._settings.auth)

    @property
    def replaces(self) -> bool:
        """Whether its name is that of a connection that exists."""
        return self.file.index(self.new.name) is not None

    @property
    def settings(self) -> ConnectionSettings:
        """Its settings as they would be saved, with defaults."""
        return self._settings

    @property
    def vault_file(self) -> Path | None:
        """Where its secrets are saved; None where the vault keeps none of it."""
        return None if self._entry is None else self._vault.path

    def unlock_vault(self) -> None:
        """Make sure that the vault can be written, where something will be saved in it.

        Raises:
            SecretError: It cannot be opened.
        """
        if self.new.vault_secrets or self.new.method.needs_consent:
            self._vault.ensure_usable()

    def enter_secrets(self, secrets: Mapping[str, Secret]) -> None:
        """Take the secrets that a person entered; optional ones may be missing."""
        self._secrets = secrets
        if self.new.drop_secrets_without_value(secrets):
            self._validate()
        self._entered_at = self._workspace.host.clock()

    def begin_consent(self, redirect_uri: str) -> AuthorizationRequest:
        """Return the request whose URL a person opens to give their consent."""
        return begin_consent(self._workspace.host, self._connection(), redirect_uri)

    async def finish_consent(self, request: AuthorizationRequest, redirected: str) -> ConsentGrant:
        """Exchange what the browser came back with for tokens.

        Raises:
            UsageError: The person did not agree, or the address belongs to something else.
            SourceError: The identity server failed or refused.
        """
        host, connection = self._workspace.host, self._connection()
        granted = await finish_consent(host, connection, request, redirected)
        self._tokens = granted.tokens
        return granted

    def adopt_account_settings(self, granted: ConsentGrant) -> JsonObject:
        """Set what the account of a consent decides, such as the region; return it."""
        grant = self.new.method.oauth
        if granted.account is None or grant is None:
            return {}
        learned = grant.settings_from_identity(granted.account)
        self.new.settings.update(learned)
        self._validate()
        return learned

    async def test(self) -> SessionTest:
        """Open the connection and diagnose it.

        Raises:
            SourceError: It cannot be used.
            AccountMismatch: It opens another account than that of the evidence under its name.
        """
        account = self._workspace.stored_account(self.new.name)
        test = await check(self._workspace.host, self._tested(), account)
        test.refuse_other_account()
        return test

    async def diagnose_refusal(self, error: SourceError) -> Sequence[Diagnosis]:
        """Return why :meth:`test` could not open the connection, with the next step."""
        return await diagnose_refusal(self._workspace.host, self._tested(), error)

    def reread_file(self) -> None:
        """Read the settings file again, which others may have changed since.

        Raises:
            UsageError: A connection of this name came or went meanwhile, or there are mistakes.
        """
        was_there = self.replaces
        self.file = SettingsFile.at(self.file.path, absent=self.file.draft.document.text)
        if self.replaces is not was_there:
            change = "removed" if was_there else "saved by somebody else"
            raise UsageError(f"{self.new.name} was {change} in the meantime; start again")
        self._validate()

    def save(self) -> None:
        """Save secrets and settings, and remove secrets that no connection leads to any more.

        Raises:
            UsageError: They cannot be written; what was saved before stays.
        """
        is_replaced = self.replaces
        save_connection(self._vault, self.new.name, self._entry, self.file, self._text)
        if is_replaced and self._vault.path.exists():
            self._remove_unused_entry()

    @property
    def _settings(self) -> ConnectionSettings:
        return self._workspace.settings.connection(self.new.name)

    @property
    def _entry(self) -> VaultEntry | None:
        """What the vault will hold of it; None where it holds nothing."""
        from ccm_core.auth.vault_entry import VaultEntry

        if self._entered_at is None or not (self._secrets or self._tokens):
            return None
        entry = VaultEntry(secrets=self._secrets, entered_at=self._entered_at)
        return entry if self._tokens is None else entry.with_tokens(self._tokens)

    def _validate(self) -> None:
        self._text = self.new.written_into(self.file)
        self._workspace = Workspace.from_draft(self.file.parsed(self._text), self.ports)

    def _connection(self) -> Connection:
        settings, entry = self._settings, self._entry
        entered = {} if entry is None else entry.secrets
        secrets = {
            key: entered[key] if key in entered else self._workspace.resolve_secret(reference, key)
            for key, reference in settings.secrets.items()
        }
        # These very secrets are tested, not those that were saved before.
        connection = self._workspace.connection(settings, secrets, entry=entry)
        return replace(connection, reread_secret=None)

    def _tested(self) -> Connection:
        connection = self._connection()
        if self._tokens is None:
            return connection
        tokens = StaticToken(self._tokens.access, scopes=self._tokens.scopes)
        return replace(connection, tokens=tokens)

    def _remove_unused_entry(self) -> None:
        workspace = self._workspace
        used = {
            vault_entry_name(settings, workspace.auth_method(settings))
            for settings in workspace.settings.connections
        }
        if self.new.name not in used:
            self._vault.remove(self.new.name)
