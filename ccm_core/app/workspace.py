"""The workspace: the settings, and the plugins, secrets, connections and store they name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.installation import build_host, clock
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.config.locate import find
from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.secret_resolver import resolve, resolve_all
from ccm_core.config.settings import ConnectionSettings, Settings
from ccm_core.config.settings_reader import SettingsDraft, load_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError, SecretError, StoreError, StoreNotFound, UsageError
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection, Host
from ccm_core.plugins.catalog import Catalog
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import AuthMethod
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation

if TYPE_CHECKING:
    from ccm_core.auth.vault import Vault
    from ccm_core.auth.vault_entry import VaultEntry
    from ccm_core.ledger.signed_note import VerifierKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Settings that were read completely, and the plugins they name."""

    settings: Settings
    catalog: Catalog
    ports: CallerPorts
    clock: Callable[[], datetime] = clock
    """What says which moment it is: the machine's clock, unless a past is made."""
    _vaults: list[Vault] = field(default_factory=list, init=False, repr=False, compare=False)
    """The vault, once it was opened: a passphrase is asked for once."""

    @classmethod
    def open(cls, settings_file: Path | None, ports: CallerPorts) -> Workspace:
        """Read the settings and load the plugins.

        Args:
            settings_file: The settings; None: CCM_CONFIG, or ``ccm.yaml`` of this folder.
            ports: How the caller is reached.

        Raises:
            UsageError: Something must be fixed first; every mistake is listed.
        """
        path = find(settings_file, environment=os.environ, folder=Path())
        return cls.from_draft(load_settings(path), ports)

    @classmethod
    def from_draft(cls, draft: SettingsDraft, ports: CallerPorts) -> Workspace:
        """Check a draft of settings against the plugins it names.

        Raises:
            UsageError: Something must be fixed first; every mistake is listed.
        """
        catalog = load(discover(), require=draft.plugins.require, disable=draft.plugins.disable)
        try:
            settings = validate(draft, catalog.connectors, clock().date())
        except DocumentError as error:
            failures = [f"{plugin}: {plugin.failure}" for plugin in catalog.failures]
            if failures:
                raise UsageError("\n".join([str(error), *failures])) from error
            raise
        return cls(settings=settings, catalog=catalog, ports=ports)

    @property
    def host(self) -> Host:
        """What is installed, and the clock."""
        return replace(build_host(self.catalog), clock=self.clock, response_clock=self.clock)

    @property
    def finding_policy(self) -> FindingPolicy:
        """When findings are due, who owns them, and who is who."""
        findings = self.settings.findings
        return FindingPolicy(
            due=findings.due,
            due_by_framework=findings.due_by_framework,
            owners=findings.owners,
            people=self.settings.people,
        )

    # -- connections --------------------------------------------------------------------------

    def connections(self, names: Sequence[str] = (), *, secrets: bool) -> tuple[Connection, ...]:
        """Return connections by name, or all of them.

        Args:
            names: Which; none: every one of the settings.
            secrets: Whether their secrets are needed.

        Raises:
            UsageError: There is no such connection, or none at all.
            SecretError: Secrets cannot be resolved; all of those are listed.
        """
        selected = tuple(self.settings.connection(name) for name in dict.fromkeys(names))
        selected = selected or self.settings.connections
        if not selected:
            raise UsageError(f"{self.settings.document.file} has no connections; add one")
        resolved: Mapping[str, Mapping[str, Secret]] = {}
        if secrets:
            resolved = resolve_all(
                selected, environment=os.environ, base=self.settings.base, read_vault=self.vaulted
            )
        return tuple(
            self.connection(
                settings,
                resolved.get(settings.name, {}),
                entry=self.vault_entry(settings) if secrets else None,
            )
            for settings in selected
        )

    def connection(
        self,
        settings: ConnectionSettings,
        secrets: Mapping[str, Secret],
        *,
        entry: VaultEntry | None = None,
    ) -> Connection:
        """Return a connection that is ready to be read.

        Args:
            settings: Its settings.
            secrets: Its secrets, by field.
            entry: What the vault holds of it, where it holds something.
        """
        return Connection(
            name=settings.name,
            connector=self.catalog.connectors[settings.connector],
            settings=settings.settings,
            auth_method=settings.auth_method,
            auth=settings.auth,
            secrets=secrets,
            cadences=settings.cadences,
            settings_digest=settings.digest,
            vault=None if entry is None else self.vault(),
            reread_secret=partial(self._reread_secret, settings),
            entered_at=None if entry is None else entry.entered_at,
            account=settings.account,
            accept_unavailable=settings.accept_unavailable,
            accept_collapse=settings.accept_collapse,
        )

    def auth_method(self, settings: ConnectionSettings) -> AuthMethod:
        """Return the method by which a connection authenticates."""
        methods = self.catalog.connectors[settings.connector].auth_methods
        return next(method for method in methods if method.name == settings.auth_method)

    # -- the store ----------------------------------------------------------------------------

    @contextmanager
    def read_store(self) -> Iterator[EvidenceStore]:
        """Open the store for reading: nothing is written, made, migrated or signed.

        Raises:
            StoreNotFound: There is none yet.
            StoreError: It cannot be opened.
        """
        from ccm_core.store.sqlite.open import open_store

        store = open_store(self.store_settings, base=self.settings.base, read_only=True)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def write_store(self, *, create: bool) -> Iterator[EvidenceStore]:
        """Open the store for writing; its checkpoints are signed with the vault's key.

        Args:
            create: Whether to make it where there is none.

        Raises:
            StoreError: It cannot be opened.
        """
        from ccm_core.pipeline.credentials.vault_signing import newest_key, vault_signing
        from ccm_core.store.sqlite.open import open_store

        store = open_store(
            self.store_settings,
            base=self.settings.base,
            create=create,
            signing=vault_signing(
                self.signing_vault,
                self.clock,
                self.ports.show_message,
                lambda: newest_key(store.ledger),
            ),
        )
        try:
            yield store
        finally:
            store.close()

    def store_key(self) -> VerifierKey | None:
        """Return the key that the store is signed with; None: there is no store, or it has none."""
        from ccm_core.pipeline.credentials.vault_signing import newest_key

        with suppress(StoreError), self.read_store() as store:
            return newest_key(store.ledger)
        return None

    def stored_account(self, connection: str) -> str | None:
        """Return the account whose evidence is stored under a connection's name, if any is."""
        from ccm_core.pipeline.source.account import stored_account

        with suppress(StoreNotFound), self.read_store() as store:
            return stored_account(store.runs, connection, self.clock())
        return None

    @property
    def store_settings(self) -> StoreLocation:
        """Where the store is, and its options."""
        settings = self.settings.store
        return StoreLocation(url=settings.url, options=settings.options)

    # -- secrets ------------------------------------------------------------------------------

    def vault(self) -> Vault:
        """Return the vault of these settings; its file is made with the first entry."""
        from ccm_core.auth.vault import Vault

        if not self._vaults:
            self._vaults.append(Vault(self.settings.vault.path, self.ports.key_sources()))
        return self._vaults[0]

    def vault_entry(self, settings: ConnectionSettings) -> VaultEntry | None:
        """Return what the vault holds of a connection; None where its settings do not name it.

        Raises:
            SecretError: They do, and it holds nothing, or cannot be opened.
        """
        name = vault_entry_name(settings, self.auth_method(settings))
        return None if name is None else self.vault().read(name)

    def vaulted(self, entry: str, secret: str) -> Secret:
        """Return one secret of the vault.

        Raises:
            SecretError: It is missing, or the vault cannot be opened.
        """
        secrets = self.vault().read(entry).secrets
        if secret not in secrets:
            raise SecretError(f"the vault has no {secret} of {entry}; connect {entry} again")
        return secrets[secret]

    def resolve_secret(self, reference: SecretReference, secret: str) -> Secret:
        """Return the secret that a reference leads to.

        Raises:
            SecretError: It is missing, or cannot be read.
        """
        return resolve(
            reference,
            environment=os.environ,
            base=self.settings.base,
            field=secret,
            read_vault=self.vaulted,
        )

    def _reread_secret(self, settings: ConnectionSettings, secret: str) -> Secret:
        return self.resolve_secret(settings.secrets[secret], secret)

    def signing_vault(self) -> Vault:
        """Return the vault; nobody is asked for the passphrase of one that does not exist yet."""
        from ccm_core.auth.vault import Vault

        path = self.settings.vault.path
        return self.vault() if path.exists() else Vault(path, environment_keys())


def vault_entry_name(settings: ConnectionSettings, method: AuthMethod) -> str | None:
    """Return the name of a connection's vault entry; None where its settings name none."""
    if method.needs_consent:
        return settings.name
    entries = (reference.entry for reference in settings.secrets.values())
    return next((entry for entry in entries if entry is not None), None)
