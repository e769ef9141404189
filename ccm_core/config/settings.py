"""Settings as everything else is handed them: frozen, whole and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ccm_core.config.secret_reference import SecretReference
from ccm_core.documents import Document
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import JsonObject, digest, encode
from ccm_core.sdk.types import Horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where evidence is kept."""

    url: str = "sqlite:///ccm.db"
    """Relative to the settings file's folder."""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """One source and how to reach it."""

    name: str
    connector: str
    auth_method: str
    auth: JsonObject
    """The method's fields that are no secrets, defaults filled in."""
    secrets: Mapping[str, SecretReference]
    """By the method's field. References, never values."""
    settings: JsonObject
    """As the connector's own schema allows them, defaults filled in."""
    horizon: Horizon
    """How far back and ahead it keeps watch."""
    cadences: Mapping[str, timedelta] = field(default_factory=dict)
    """By kind, where it differs from the kind's own."""

    @property
    def digest(self) -> str:
        """The digest of everything above: what a manifest names as the settings in force."""
        return digest(
            encode(
                {
                    "name": self.name,
                    "connector": self.connector,
                    "auth": {"method": self.auth_method, **self.auth},
                    "secrets": {key: str(one) for key, one in self.secrets.items()},
                    "settings": self.settings,
                    "cadences": {key: one.total_seconds() for key, one in self.cadences.items()},
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSettings:
    """What judges the evidence."""

    packs: tuple[str, ...] = ()
    """As written: a name, or a path relative to the settings file's folder."""
    parameters: JsonObject = field(default_factory=dict)
    waivers: Path | None = None
    """Joined to the settings file's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursSettings:
    """Hours of every day in which people are left alone."""

    since: time
    until: time
    zone: ZoneInfo
    unless: str | None = None
    """The severity from which on they are told all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Who is told when something changes."""

    to: tuple[SecretReference, ...]
    memory: Path
    """What was told to whom; beside the settings file."""
    on: tuple[str, ...] = ()
    """What is told; empty: all of it."""
    least: str = "low"
    quiet: QuietHoursSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSettings:
    """Where the program keeps what it must be able to write back: tokens, keys."""

    path: Path
    """Joined to the settings file's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings:
    """Which plugins must be there, and which are not to be loaded."""

    require: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One settings file."""

    document: Document
    """For mistakes that are found later, such as a pack's that nobody ships."""
    base: Path
    """The settings file's folder: relative paths start there."""
    store: StoreSettings
    vault: VaultSettings
    connections: tuple[ConnectionSettings, ...]
    rules: RulesSettings
    plugins: PluginSettings
    notify: NotifySettings | None = None

    def connection(self, name: str) -> ConnectionSettings:
        """Give the connection of that name.

        Raises:
            UsageError: There is none.
        """
        for connection in self.connections:
            if connection.name == name:
                return connection
        there = ", ".join(one.name for one in self.connections) or "none"
        raise UsageError(
            f"no connection named {name!r} in {self.document.file}; there are: {there}"
        )
