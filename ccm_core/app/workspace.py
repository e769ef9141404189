"""What a verb needs before it can begin: settings, plugins, secrets, packs, store, clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.cli.terminal.output import say
from ccm_core.config.locate import find, read_file
from ccm_core.config.raw_settings import SettingsDraft, load_settings
from ccm_core.config.secret_resolver import resolve, resolve_all
from ccm_core.config.settings import ConnectionSettings, Settings
from ccm_core.config.validate import complete
from ccm_core.errors import DocumentError, Mistake, SecretError, UsageError
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.manifest_evidence import manifest_kind
from ccm_core.plugins.catalog import Catalog
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import AuthMethod
from ccm_core.store.interface import EvidenceStore, StoreSettings

if TYPE_CHECKING:
    from ccm_core.auth.vault import Vault
    from ccm_core.auth.vault_entry import Entry
    from ccm_core.pipeline.reproduce import RuleSet
    from ccm_core.rules.pack.compiled import CompiledPacks
    from ccm_core.rules.types import PackText


def clock() -> datetime:
    """Read the clock: the one place of the host that does."""
    return datetime.now(UTC)


def host_of(catalog: Catalog) -> Host:
    """Say who we are and what is installed."""
    return Host(
        version=metadata.version("ccm-core"),
        kinds={
            **catalog.kinds,
            **{one.name: one for one in map(manifest_kind, catalog.connectors)},
        },
        views=catalog.views,
        plugins=catalog.versions(),
        clock=clock,
        sections=catalog.sections,
    )


def installed(config: str | None) -> Catalog:
    """Load the plugins, as the settings want it where there are settings.

    Raises:
        UsageError: The settings file that was named cannot be read.
        PluginError: Plugins clash, or a required one is missing.
    """
    try:
        path = find(chosen_file(config), environment=os.environ, folder=Path())
    except UsageError:
        if config is not None or "CCM_CONFIG" in os.environ:
            raise
        return load(discover())
    wanted = load_settings(path).plugins
    return load(discover(), require=wanted.require, disable=wanted.disable)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRuleSet:
    """What judges evidence."""

    packs: CompiledPacks
    ruling: RuleSet
    """The same as people wrote it."""

    @property
    def waivers(self) -> Sequence[Waiver]:
        """What may fail for a while."""
        return self.ruling.waivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Settings that were read whole, and the plugins they name."""

    settings: Settings
    catalog: Catalog
    _vaults: list[Vault] = field(default_factory=list, init=False, repr=False, compare=False)
    """The vault, once it was asked for: a passphrase is asked for once."""

    @classmethod
    def opened(cls, config: str | None) -> Workspace:
        """Read the settings and load the plugins; every mistake in one go.

        Raises:
            UsageError: Something is to be mended before anything can be done.
        """
        return cls.of(
            load_settings(find(chosen_file(config), environment=os.environ, folder=Path()))
        )

    @classmethod
    def of(cls, draft: SettingsDraft) -> Workspace:
        """Check a draft against the plugins it names; every mistake in one go.

        Raises:
            UsageError: Something is to be mended before anything can be done.
        """
        catalog = load(discover(), require=draft.plugins.require, disable=draft.plugins.disable)
        try:
            settings = complete(draft, catalog.connectors)
        except DocumentError as error:
            failed = [f"{one}: {one.failure}" for one in catalog.failures]
            if failed:
                raise UsageError("\n".join([str(error), *failed])) from error
            raise
        return cls(settings=settings, catalog=catalog)

    @property
    def host(self) -> Host:
        """Who we are and what is installed."""
        return host_of(self.catalog)

    def connections(self, names: Sequence[str] = (), *, secrets: bool) -> tuple[Connection, ...]:
        """Give connections by name, or all of them.

        Args:
            names: Which; none: every one of the settings.
            secrets: Whether their secrets are needed.

        Raises:
            UsageError: There is no such connection, or none at all.
            SecretError: Secrets cannot be resolved; all of those are told.
        """
        chosen = tuple(self.settings.connection(name) for name in dict.fromkeys(names))
        chosen = chosen or self.settings.connections
        if not chosen:
            raise UsageError(f"{self.settings.document.file} has no connections; add one")
        found: Mapping[str, Mapping[str, Secret]] = {}
        if secrets:
            found = resolve_all(
                chosen, environment=os.environ, base=self.settings.base, vaulted=self.vaulted
            )
        return tuple(
            self.connection(
                one,
                found.get(one.name, {}),
                entry=self.entry_of(one) if secrets else None,
            )
            for one in chosen
        )

    @contextmanager
    def store(self, *, create: bool) -> Iterator[EvidenceStore]:
        """Open the store, and close it whatever happens. Its heads are signed by the vault's key.

        Args:
            create: Whether to make it where there is none.
        """
        from ccm_core.pipeline.signing_keys import signing
        from ccm_core.store.sqlite.open import open_store

        wanted = self.settings.store
        store = open_store(
            StoreSettings(url=wanted.url, options=wanted.options),
            base=self.settings.base,
            create=create,
            signing=signing(self._signing_vault, clock, say),
        )
        try:
            yield store
        finally:
            store.close()

    def vault(self) -> Vault:
        """Give the vault of these settings; its file is made with the first entry."""
        from ccm_core.auth.vault import Vault
        from ccm_core.cli.terminal.vault_key import key_sources

        if not self._vaults:
            self._vaults.append(Vault(self.settings.vault.path, key_sources()))
        return self._vaults[0]

    def _signing_vault(self) -> Vault:
        """Give the vault; where there is none yet, nobody is asked for a passphrase to begin it."""
        from ccm_core.auth.vault import Vault
        from ccm_core.auth.vault_encryption import KeySources

        path = self.settings.vault.path
        return self.vault() if path.exists() else Vault(path, KeySources(environment=os.environ))

    def entry_of(self, wanted: ConnectionSettings) -> Entry | None:
        """Give what the vault keeps of a connection; None where its settings do not lead there.

        Raises:
            SecretError: They do, and there is nothing, or the vault cannot be opened.
        """
        name = entry_name(wanted, self.method_of(wanted))
        return None if name is None else self.vault().read(name)

    def method_of(self, wanted: ConnectionSettings) -> AuthMethod:
        """Give the way in which a connection authenticates."""
        methods = self.catalog.connectors[wanted.connector].auth_methods
        return next(one for one in methods if one.name == wanted.auth_method)

    def packs(self) -> CompiledPacks:
        """Compile the packs of the settings with their parameters.

        Raises:
            DocumentError: A pack or a parameter has mistakes, or a pack is not to be found.
        """
        return self._compiled(self.pack_texts())

    def judge(self) -> CompiledRuleSet:
        """Read everything that judges evidence: packs, parameters, waivers.

        Raises:
            UsageError: A pack, a parameter or a waiver has mistakes.
        """
        from ccm_core.pipeline.reproduce import RuleSet

        texts = self.pack_texts()
        return CompiledRuleSet(
            packs=self._compiled(texts),
            ruling=RuleSet(
                packs=texts,
                parameters=self.settings.rules.parameters,
                set_at={name: self._set_at(name) for name in self.settings.rules.parameters},
                waivers=self.waivers(),
            ),
        )

    def pack_texts(self) -> list[PackText]:
        """Read the packs that the settings name.

        Raises:
            DocumentError: One is neither the name of an installed pack nor a file.
        """
        texts, mistakes = [], []
        for place, name in enumerate(self.settings.rules.packs):
            try:
                texts.append(pack_text(self.catalog, name, self.settings.base))
            except UsageError as error:
                where = ("rules", "packs", place)
                mistakes.append(self.settings.document.mistake(where, str(error)))
        if mistakes:
            raise DocumentError(mistakes)
        return texts

    def waivers(self) -> tuple[Waiver, ...]:
        """Read the waivers, where the settings name a file.

        Raises:
            UsageError: The file cannot be read, or has mistakes.
        """
        from ccm_core.rules.pack.waiver_file import read_waivers

        path = self.settings.rules.waivers
        return read_waivers(read_file(path), str(path)) if path else ()

    def _compiled(self, texts: Sequence[PackText]) -> CompiledPacks:
        from ccm_core.pipeline.evaluate import compile_rules

        parameters = self.settings.rules.parameters
        return compile_rules(self.host, texts, parameters, self._parameter_mistake)

    def _parameter_mistake(self, name: str, message: str, at: tuple[int, int] | None) -> Mistake:
        return self.settings.document.mistake(("rules", "parameters", name), message, at=at)

    def _set_at(self, parameter: str) -> str:
        document = self.settings.document
        place = document.place(("rules", "parameters", parameter))
        return f"{document.file}:{place.line}:{place.column}"

    def _again(self, wanted: ConnectionSettings, what: str) -> Secret:
        return resolve(
            wanted.secrets[what],
            environment=os.environ,
            base=self.settings.base,
            field=what,
            vaulted=self.vaulted,
        )

    def vaulted(self, name: str, what: str) -> Secret:
        """Give one secret out of the vault.

        Raises:
            SecretError: It is not there, or the vault cannot be opened.
        """
        kept = self.vault().read(name).secrets
        if what not in kept:
            raise SecretError(f"the vault has no {what} of {name}; connect {name} again")
        return kept[what]

    def connection(
        self,
        wanted: ConnectionSettings,
        secrets: Mapping[str, Secret],
        *,
        entry: Entry | None = None,
    ) -> Connection:
        """Give a connection that is ready to be read.

        Args:
            wanted: As the settings have it.
            secrets: Its secrets, by field.
            entry: What the vault keeps of it, where it keeps something.
        """
        return Connection(
            name=wanted.name,
            connector=self.catalog.connectors[wanted.connector],
            settings=wanted.settings,
            auth_method=wanted.auth_method,
            auth=wanted.auth,
            secrets=secrets,
            cadences=wanted.cadences,
            settings_digest=wanted.digest,
            vault=None if entry is None else self.vault(),
            again=partial(self._again, wanted),
            entered_at=None if entry is None else entry.entered_at,
        )


def pack_text(catalog: Catalog, name: str, base: Path) -> PackText:
    """Read a pack by the name it is installed under, or by its path.

    Raises:
        UsageError: It is neither.
    """
    from ccm_core.rules.types import PackText

    if name in catalog.packs:
        source = catalog.packs[name]
        return PackText(text=source.text(), source=source.location)
    path = base / name
    if path.suffix in {".yaml", ".yml"} or path.exists():
        return PackText(text=read_file(path), source=str(path))
    there = ", ".join(catalog.packs) or "none"
    raise UsageError(f"no rule pack {name!r} is installed and no such file; installed: {there}")


def moment(text: str | None) -> datetime | None:
    """Read ``--as-of``.

    Raises:
        UsageError: It is no instant with an offset.
    """
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as cause:
        raise UsageError(f"--as-of: {cause}") from cause


def entry_name(wanted: ConnectionSettings, method: AuthMethod) -> str | None:
    """Name the vault's entry of a connection; None where its settings do not lead to the vault."""
    if method.by_person:
        return wanted.name
    entries = (one.entry for one in wanted.secrets.values())
    return next((one for one in entries if one is not None), None)


def chosen_file(config: str | None) -> Path | None:
    """Give the settings file that ``-c`` names."""
    return Path(config) if config is not None else None
