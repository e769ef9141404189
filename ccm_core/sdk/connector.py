"""Connectors: how to authenticate, open a session, collect and diagnose one kind of source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from ccm_core.model.evidence.collection import Collection, CredentialInfo, LookupOutcome
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.changes.trail import ChangeTrail
from ccm_core.sdk.collector import Collector
from ccm_core.sdk.cross_check import CreationEvents, CrossCheck
from ccm_core.sdk.evidence_kind import SchemaLoader
from ccm_core.sdk.oauth import Flow, OAuthGrant
from ccm_core.sdk.traffic import Traffic
from ccm_core.sdk.vendor.guidance import VendorGuidance

if TYPE_CHECKING:
    from ccm_core.errors import SourceError
    from ccm_core.sdk.authorization import Authorization
    from ccm_core.sdk.rate_limit import Limiters
    from ccm_core.sdk.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthMethod:
    """One way to authenticate."""

    name: str
    """As written in the settings: ``api_key``."""
    title: str
    secrets: tuple[str, ...]
    """The fields that hold secret references, all required."""
    fields: Mapping[str, JsonObject] = field(default_factory=dict)
    """Other fields, each with its JSON Schema."""
    optional: tuple[str, ...] = ()
    """Those of :attr:`secrets` that may be left out."""
    prefix: str | None = None
    """What comes before the first secret in the header ``Authorization``; the host then hands over
    :attr:`ConnectRequest.authorization`. None: the connector sends its secrets another way."""
    oauth: OAuthGrant | None = None
    """For OAuth 2.0: how to get tokens. The secrets are then ``client_id`` and
    ``client_secret``, and the host renews and keeps the tokens."""
    max_age: timedelta | None = None
    """After how long the last of :attr:`secrets` should be replaced by a new one."""
    prompted_settings: tuple[str, ...] = ()
    """The settings to prompt a person for when the connection is created."""
    instructions: str = ""
    """For a person: where to find the secrets, in plain words; empty: :attr:`guidance` says it."""
    guidance: VendorGuidance | None = None
    """The same step by step, with what to enter where. None: :attr:`instructions` are all."""

    @property
    def needs_consent(self) -> bool:
        """Whether a person consents in a browser; the vault then keeps tokens that rotate."""
        return self.oauth is not None and self.oauth.flow is Flow.CODE

    @property
    def instruction_text(self) -> str:
        """What a person is told at a terminal."""
        return self.instructions or (self.guidance.text if self.guidance else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRequest:
    """Everything a connector needs to open one connection."""

    connection: str
    settings: JsonObject
    """Validated by the connector's own schema, defaults filled in."""
    auth_method: str
    auth: JsonObject
    """The method's other fields."""
    secrets: Mapping[str, Secret]
    user_agent: str
    limiters: Limiters
    """Limiters shared by everything in this process that uses the same credential."""
    on_wait: Callable[[float], None] = lambda _seconds: None
    """Called before each wait for a rate limit, with its seconds."""
    authorization: Authorization | None = None
    """What authorizes requests, renewed when necessary; for :class:`HttpSource`. None where the
    method has neither a prefix nor OAuth 2.0."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock that the source's is compared with; for :class:`HttpSource`."""


class Session(Protocol):
    """What ``connect`` opens: whatever the plugin's collectors need, and these two."""

    @property
    def traffic(self) -> Traffic:
        """The running counters."""

    @property
    def credential(self) -> CredentialInfo:
        """What the source reports of the credential, and how much of the account it sees.

        A list is complete only for a credential whose ``visibility`` is ``WHOLE``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One line of ``ccm check``."""

    subject: str
    """What was checked: ``credential``, ``/services``."""
    ok: bool
    message: str
    """In plain words."""
    next_step: str | None = None
    cause: str | None = None
    """One word for programs, such as ``wrong_region``; None where nothing is wrong."""
    refused_kinds: tuple[str, ...] = ()
    """The kinds of evidence that the source refuses, where nothing else is wrong: by the plan, or,
    of optional kinds, by the rights of the credential. Where the connection accepts that of all of
    them, the host makes it a line that is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far back and ahead a connection reads."""

    lookback: timedelta
    lookahead: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAcceptance:
    """A risk that one person of the settings accepts and another one approves."""

    check: str
    """The check whose findings are accepted."""
    reason: str
    owner: str
    approver: str
    days: int
    """How long it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStep:
    """One moment of the past: the source is collected as it was then."""

    at: datetime
    evaluates: bool = False
    parameters: JsonObject = field(default_factory=dict)
    """Parameters of rules that somebody sets before it."""
    accepts: DemoAcceptance | None = None
    """What is accepted after it, where that check fails then."""
    rotates_key: bool = False
    """Whether the signing key of the store is replaced after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHistory:
    """A past that the whole cycle is run through."""

    steps: tuple[DemoStep, ...]
    """In the order of time; the last one is now."""
    move: Callable[[datetime], None]
    """Leads the source to a moment, its clock included."""
    clock: Callable[[], datetime]
    """The clock of the source, which the cycle goes by."""
    settings: JsonObject = field(default_factory=dict)
    """Further sections of the settings, and ``parameters`` of the rules."""
    cadences: Mapping[str, str] = field(default_factory=dict)
    """How often kinds are collected, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSource:
    """How to connect to a demonstration that is running."""

    connection: str
    """The name the connection is given, such as ``acme-demo``."""
    settings: JsonObject
    auth_method: str
    secrets: Mapping[str, Secret]
    serve_command: str = ""
    """The command that serves the same source again, at the address that the settings name."""
    history: DemoHistory | None = None
    """The past that the cycle is run through; None: the source is collected once, as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """A built-in source that shows a connector at work without an account."""

    open: Callable[[], AbstractContextManager[DemoSource]]
    """Starts the source on loopback in its own thread or process, and stops it."""
    open_past: Callable[[int], AbstractContextManager[DemoSource]] | None = None
    """Starts a source that has so many days of history; None: it has no past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A plugin's description of one kind of source."""

    name: str
    title: str
    settings_schema: SchemaLoader
    """JSON Schema of the connection's ``settings``; ``default`` values are filled in."""
    auth_methods: tuple[AuthMethod, ...]
    connect: Callable[[ConnectRequest], AbstractAsyncContextManager[Any]]
    """Opens a :class:`Session`. Raises ``SourceError`` when the source cannot be used at all."""
    collectors: tuple[Collector, ...]
    """In the order in which they are best read; needs come first."""
    check: Callable[[Any], Awaitable[Sequence[Diagnosis]]]
    """Checks an open session: what is wrong, with the next step."""
    horizon: Callable[[JsonObject], Horizon]
    """Reads lookback and lookahead out of validated settings. Raises ``SettingsError`` with every
    value that the source does not permit: each is reported at its place in the settings file."""
    example: str = ""
    """A connection for ``ccm init``, as commented YAML of one list item."""
    demonstration: Demonstration | None = None
    """A built-in source for ``ccm demo``."""
    look_up: Callable[[Any, str, str], Awaitable[LookupOutcome]] | None = None
    """Looks up one object, by kind and key, that records name and no listing has. None: the source
    has no requests for single objects."""
    diagnose_failure: (
        Callable[[ConnectRequest, SourceError], Awaitable[Sequence[Diagnosis]]] | None
    ) = None
    """Diagnoses why :attr:`connect` raised, with the next step. None: the error says it all."""
    review_collections: Callable[[Sequence[Collection]], Sequence[Diagnosis]] | None = None
    """Diagnoses what the newest collections of each kind lack, and what follows."""
    cross_checks: tuple[CrossCheck, ...] = ()
    """Kinds that tell of the same thing: where their records contradict each other, none of them
    counts as complete."""
    creation_events: tuple[CreationEvents, ...] = ()
    """Events that show when objects were created: a list of its window that lacks such an object
    does not count as complete."""
    change_trail: ChangeTrail | None = None
    """How the source's audit trail is read. None: it has none."""
    collectors_for: Callable[[JsonObject], tuple[Collector, ...]] | None = None
    """Returns the collectors for a connection's settings; those of kinds that :attr:`collectors`
    does not have are left out. None: settings change nothing about them."""
    hosts: tuple[str, ...] = ()
    """The vendor's own hosts, such as ``api.example.com`` or ``*.example.com``: the console reaches
    them over HTTPS, and any other one only where the operator allows it."""
    destination_settings: tuple[str, ...] = ()
    """The settings that decide where requests are sent, and the credential with them, beside those
    whose schema says ``format: uri``. The console never sends a stored credential elsewhere."""

    def selected_collectors(self, settings: JsonObject) -> tuple[Collector, ...]:
        """Return the collectors for a connection's settings."""
        if self.collectors_for is None:
            return self.collectors
        kinds = {collector.kind for collector in self.collectors}
        collectors = self.collectors_for(settings)
        return tuple(collector for collector in collectors if collector.kind in kinds)
