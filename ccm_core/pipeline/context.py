"""What every step needs: the host, and a connection that is ready to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evidence.acceptance import AcceptedCollapse
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.changes.trail import ChangeTrail
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import AuthMethod, Collector, Connector, EvidenceKind, View

if TYPE_CHECKING:
    from ccm_core.auth.vault import Vault
    from ccm_core.sdk.authorization import TokenProvider


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
    vault: Vault | None = field(default=None, repr=False)
    """Where its tokens are stored; None where it has none."""
    reread_secret: Callable[[str], Secret] | None = field(default=None, repr=False)
    """Reads a secret again by its field: it may have been replaced since."""
    tokens: TokenProvider | None = field(default=None, repr=False)
    """Tokens that are not saved yet, while a new connection is tested."""
    entered_at: datetime | None = None
    """When a person entered its key, or gave consent; None where that is not known."""
    account: str | None = None
    """The account that its settings name; None: that of the evidence stored before."""

    accept_unavailable: Mapping[str, str] = field(default_factory=dict)
    """Why it is accepted that a kind is not available, by kind."""
    accept_collapse: Mapping[str, AcceptedCollapse] = field(default_factory=dict)
    """Why a kind's population may collapse, and until when, by kind."""

    def accepted_collapses(self, now: datetime) -> Mapping[str, str]:
        """Return why the collapse of a kind's population is accepted at a moment, by kind."""
        return {
            kind: f"{collapse.reason} (until {collapse.until})"
            for kind, collapse in self.accept_collapse.items()
            if collapse.is_in_force(now)
        }

    @property
    def method(self) -> AuthMethod:
        """The method by which it authenticates."""
        return next(
            method for method in self.connector.auth_methods if method.name == self.auth_method
        )

    @property
    def rotate_by(self) -> datetime | None:
        """When its key should be rotated at the latest, where that is known."""
        longest = self.method.max_age
        return self.entered_at + longest if self.entered_at and longest else None

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """The connector's collectors, as its settings configure them."""
        return self.connector.selected_collectors(self.settings)

    def horizon(self, now: datetime) -> Window:
        """Return the period that the connection covers at a moment."""
        horizon = self.connector.horizon(self.settings)
        return Window(now - horizon.lookback, now + horizon.lookahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is installed, and the clock."""

    version: str
    kinds: Mapping[str, EvidenceKind]
    views: Mapping[str, View]
    plugins: tuple[PluginVersion, ...]
    clock: Callable[[], datetime]
    response_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock that the ``Date`` of responses is compared with: the machine's, unless a past is
    made."""
    sections: Mapping[str, ReportSection] = field(default_factory=dict)
    """The sections that plugins add to the report."""
    change_trails: Mapping[str, ChangeTrail] = field(default_factory=dict)
    """How the audit trails of sources are read, by connector."""

    @property
    def shown_fields(self) -> Mapping[str, tuple[str, ...]]:
        """The fields of rows that sections read of the index, by view, sorted."""
        fields: dict[str, set[str]] = {}
        for section in self.sections.values():
            for view, names in section.fields.items():
                fields.setdefault(view, set()).update(names)
        return {view: tuple(sorted(names)) for view, names in fields.items()}

    @property
    def user_agent(self) -> str:
        """The User-Agent header of every request."""
        return f"ccm/{self.version}"

    @property
    def revision(self) -> str:
        """The digest of what rows, verdicts and the index depend on: with others, all is made anew.

        Versions, and the fields of rows that the index has for sections.
        """
        plugins = sorted((plugin.distribution, plugin.version) for plugin in self.plugins)
        return digest(json_codec.encode([self.version, plugins, self.shown_fields]))

    @property
    def plugin_failures(self) -> tuple[str, ...]:
        """The plugins that did not load, each with the reason."""
        return tuple(
            f"{plugin.name}: {plugin.failure}" for plugin in self.plugins if plugin.failure
        )
