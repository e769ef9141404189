"""Who takes part: the host, and a connection that is ready to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccm_core.model.json import JsonObject
from ccm_core.model.manifest import PluginVersion
from ccm_core.model.window import Window
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Collector, Connector, EvidenceKind, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One configured source, ready to be read."""

    name: str
    connector: Connector
    settings: JsonObject
    auth_method: str
    auth: JsonObject = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    cadences: Mapping[str, timedelta] = field(default_factory=dict)
    settings_digest: str

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """Give the connector's collectors as the settings want them."""
        return self.connector.chosen(self.settings)

    def horizon(self, now: datetime) -> Window:
        """Give the period the connection keeps watch over at a moment."""
        horizon = self.connector.horizon(self.settings)
        return Window(now - horizon.lookback, now + horizon.lookahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What every stage may be handed: who we are and what is installed."""

    version: str
    kinds: Mapping[str, EvidenceKind]
    views: Mapping[str, View]
    plugins: tuple[PluginVersion, ...]
    clock: Callable[[], datetime]

    @property
    def plugin_failures(self) -> tuple[str, ...]:
        """Name the plugins that did not load, each with the reason."""
        return tuple(f"{one.name}: {one.failure}" for one in self.plugins if one.failure)
