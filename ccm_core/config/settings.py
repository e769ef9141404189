"""The validated settings, as every other module uses them: frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ccm_core.config.secret_reference import SecretReference
from ccm_core.documents import Document
from ccm_core.errors import UsageError
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.rule_choices import RuleChoices
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES, SampleSizes
from ccm_core.model.evidence.acceptance import AcceptedCollapse
from ccm_core.model.finding.policy import IdentityProvider, OwnerRule, Person
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.sdk.types import Horizon
from ccm_core.tickets.types import SystemKind, TicketRules


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where evidence is stored."""

    url: str = "sqlite:///ccm.db"
    """Relative to the settings file's folder."""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """One source and how to connect to it."""

    name: str
    connector: str
    auth_method: str
    auth: JsonObject
    """The method's fields that are not secrets, with defaults."""
    secrets: Mapping[str, SecretReference]
    """By the method's field. References, never values."""
    settings: JsonObject
    """Valid by the connector's own schema, with defaults."""
    horizon: Horizon
    """How far back and ahead it is collected."""
    cadences: Mapping[str, timedelta] = field(default_factory=dict)
    """By kind, where it differs from the kind's own cadence."""
    account: str | None = None
    """The account that its credential has to open; None: that of the evidence stored before."""
    accept_unavailable: Mapping[str, str] = field(default_factory=dict)
    """By kind: why it is accepted that the source does not offer it."""
    accept_collapse: Mapping[str, AcceptedCollapse] = field(default_factory=dict)
    """By kind: why its population may lose most of its records, and until when."""

    @property
    def digest(self) -> str:
        """The digest of everything above, which a manifest records as the settings in force."""
        return digest(
            encode(
                {
                    "name": self.name,
                    "account": self.account,
                    "connector": self.connector,
                    "auth": {"method": self.auth_method, **self.auth},
                    "secrets": {field: str(reference) for field, reference in self.secrets.items()},
                    "settings": self.settings,
                    "cadences": {
                        kind: cadence.total_seconds() for kind, cadence in self.cadences.items()
                    },
                    "accept_unavailable": self.accept_unavailable,
                    "accept_collapse": {
                        kind: [collapse.reason, f"{collapse.until}"]
                        for kind, collapse in self.accept_collapse.items()
                    },
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSettings:
    """The rule packs, their parameters and the waivers."""

    packs: tuple[str, ...] = ()
    """As written: a name, or a path relative to the settings file's folder."""
    parameters: JsonObject = field(default_factory=dict)
    waivers: Path | None = None
    """Joined to the settings file's folder."""
    accept_unsigned: bool = False
    """Whether waivers count that nobody approved by a signature."""
    choices: RuleChoices = field(default_factory=RuleChoices)
    """Which rules are switched off, and which have another severity."""
    frameworks: tuple[str, ...] = ()
    """Those that are shown, in this order; empty: all that packs map to, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursSettings:
    """The hours of every day in which no notification is sent."""

    since: time
    until: time
    timezone: ZoneInfo
    bypass_severity: str | None = None
    """The severity from which on notifications are sent all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """When a channel receives its digest."""

    at: time = time(8)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    weekdays: frozenset[int] = frozenset(range(5))
    """Monday is 0; none: never, but for the first one."""
    send_empty: bool = False
    """Whether one is sent where there is nothing to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """Who is notified of which findings, and when."""

    name: str
    to: tuple[SecretReference, ...]
    owners: tuple[str, ...] = ()
    """Empty: it receives what no other channel takes."""
    rules: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    min_severity: str = "low"
    on: tuple[str, ...] = ()
    """The events; empty: all of them."""
    quiet_hours: QuietHoursSettings | None = None
    digest: DigestSettings = field(default_factory=DigestSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Who is notified of findings, and what messages contain."""

    channels: tuple[ChannelSettings, ...]
    state_path: Path
    """The file that records what was sent to whom; beside the settings file."""
    report_url: str = ""
    finding_url: str = ""
    """With ``{finding}`` for the id."""
    include_reasons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSettings:
    """One ticket system: where it is, and which findings get a ticket in it."""

    kind: SystemKind
    base_url: str
    """Of its API."""
    web_url: str
    """Where people open its tickets."""
    place: str
    """Jira's project, or GitHub's repository."""
    email: str
    """Of the account of a token of Jira Cloud; empty: the token stands for itself."""
    token: SecretReference
    rules: TicketRules

    @property
    def name(self) -> str:
        """What it is called in commands and in the ledger."""
        return self.rules.system


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingSettings:
    """When findings are due, and who owns them."""

    due: Mapping[str, timedelta]
    """By severity; none: never."""
    due_by_framework: Mapping[str, Mapping[str, timedelta]]
    owners: tuple[OwnerRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkSettings:
    """What a company says of one framework."""

    name: str
    catalogue: Path | None = None
    """The file of its catalogue, joined to the settings file's folder; None: the shipped one."""
    owner: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    """By id of the requirement."""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    """Why, by id of the requirements that do not apply."""
    scope: FrameworkScope | None = None
    """Which subjects it concerns; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """What is agreed with whoever examines a period."""

    sampling: tuple[SampleSizes, ...] = STANDARD_SIZES
    """How many items of a test are sampled, the smallest populations first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultSettings:
    """Where the program stores secrets that it updates itself: tokens, keys."""

    path: Path
    """Joined to the settings file's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSettings:
    """By whom people of a team are signed in to the console, and what they may do there."""

    issuer: str
    """Exactly as its ID tokens have it."""
    client_id: str
    roles: Mapping[str, tuple[str, ...]]
    """The values of the claim that give a role, by its name."""
    client_secret: SecretReference | None = None
    """None: a public client."""
    scopes: tuple[str, ...] = ("profile",)
    """Beside ``openid``."""
    claim: str = "groups"
    until: Mapping[str, date] = field(default_factory=dict)
    """The last day on which a value counts; a value that is not here counts without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web console is operated."""

    allowed_hosts: tuple[str, ...] = ()
    """The hosts that connections may lead to beside the vendor's own, as ``HOST`` or
    ``HOST:PORT``."""
    sign_in: SignInSettings | None = None
    """None: the one-time link alone signs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings:
    """Which plugins are required, and which are not loaded."""

    require: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One settings file."""

    document: Document
    """For mistakes that are found later, such as a pack that no plugin has."""
    base: Path
    """The settings file's folder: relative paths start there."""
    store: StoreSettings
    vault: VaultSettings
    connections: tuple[ConnectionSettings, ...]
    rules: RulesSettings
    plugins: PluginSettings
    findings: FindingSettings
    audit: AuditSettings = field(default_factory=AuditSettings)
    frameworks: tuple[FrameworkSettings, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    """By id."""
    identity_providers: Mapping[str, IdentityProvider] = field(default_factory=dict)
    """By issuer."""
    notify: NotifySettings | None = None
    tickets: tuple[TicketSettings, ...] = ()
    web: WebSettings = field(default_factory=WebSettings)

    def connection(self, name: str) -> ConnectionSettings:
        """Return the connection of that name.

        Raises:
            UsageError: There is none.
        """
        for connection in self.connections:
            if connection.name == name:
                return connection
        names = ", ".join(connection.name for connection in self.connections) or "none"
        raise UsageError(f"no connection named {name!r} in {self.document.file}; it has: {names}")
