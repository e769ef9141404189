"""What a plugin offers and what its collectors are handed: frozen, keyword-only values.

Fields are added with defaults and never renamed, so a plugin written for one minor version
loads in the next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    LookupOutcome,
    Outcome,
    Reason,
    Request,
    Shortfall,
)
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.collector import (
    ChangedBy,
    Collect,
    CollectionNote,
    Collector,
    CollectorEvent,
    CollectRequest,
    DependsOn,
    Overflow,
    Page,
    ResumeFrom,
)
from ccm_core.sdk.oauth import Flow, OAuthGrant

if TYPE_CHECKING:
    from ccm_core.errors import SourceError
    from ccm_core.sdk.authorization import Authorization
    from ccm_core.sdk.rate_limit import Limiters
    from ccm_core.sdk.secret import Secret

SchemaLoader = Callable[[], JsonObject]
"""Loads a JSON Schema when it is first needed."""


# -- evidence kinds ---------------------------------------------------------------------------


class Shape(StrEnum):
    """How collections of a kind add up."""

    SNAPSHOT = "snapshot"
    """Each collection states the whole population; what is no longer listed has vanished."""
    EVENT = "event"
    """A window states what happened in it; the newest version of a key stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKind:
    """What records of one kind look like, how they are identified, how often they are read."""

    name: str
    """``source.noun``, such as ``acme.service``."""
    version: int
    title: str
    """In a table's heading: ``Services``."""
    shape: Shape
    key: tuple[str, ...]
    """Dotted paths into the body whose values, joined by ``/``, identify the object."""
    cadence: timedelta
    """How often it is collected, unless the connection says otherwise."""
    schema: SchemaLoader
    """JSON Schema (2020-12) of the body. Its ``properties`` are the allow-list of what is kept;
    ``x-ccm-privacy`` on a field is ``keep`` (default), ``pseudonym`` or ``drop``;
    ``x-ccm-references: KIND`` marks a field that holds the key of another kind; the mark is
    ``{FIELD: {VALUE: KIND}}`` where a neighbouring field decides the kind."""
    occurred_at: str | None = None
    """For events: the dotted path of the instant that the source's window selects by."""
    title_field: str | None = None
    """The dotted path of what a person calls it; the key where there is none."""
    url_field: str | None = None
    """The dotted path of a link that opens it for a person."""
    owners: Callable[[JsonObject], tuple[str, ...]] | None = None
    """Names the teams that own the object of a body, as people call them; pure. None: a record of
    this kind does not say who owns it."""


# -- connecting -------------------------------------------------------------------------------


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
    """What stands before the first secret in the header ``Authorization``; the host then gives
    :attr:`ConnectRequest.authorization`. None: the connector sends its secrets another way."""
    oauth: OAuthGrant | None = None
    """For OAuth 2.0: how to get tokens. The secrets are then ``client_id`` and
    ``client_secret``, and the host renews and keeps the tokens."""
    longest_age: timedelta | None = None
    """After how long the last of :attr:`secrets` should be replaced by a new one."""
    asks: tuple[str, ...] = ()
    """The settings that are worth asking a person for when the connection is made."""
    instructions: str = ""
    """For a person: where to find what is asked for, in plain words."""

    @property
    def by_person(self) -> bool:
        """Whether a person agrees in a browser, so that tokens rotate and the vault keeps them."""
        return self.oauth is not None and self.oauth.flow is Flow.CODE


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
    waiting: Callable[[float], None] = lambda _seconds: None
    """Told before each wait for a rate limit, in seconds."""
    authorization: Authorization | None = None
    """What authorises requests, renewed when it has to be; for :class:`HttpSource`. None where the
    method has neither a prefix nor OAuth 2.0."""


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What went over the wire since the session was opened. The host reads differences."""

    requests: int = 0
    retries: int = 0
    refused: int = 0
    """Answers with a status of 400 or above that were not tried again."""
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""
    clock_skew: float | None = None
    """Seconds by which our clock is ahead of the newest ``Date`` header."""


class Session(Protocol):
    """What ``connect`` gives: whatever the plugin's collectors need, and these two."""

    @property
    def traffic(self) -> Traffic:
        """The running counters."""

    @property
    def credential(self) -> CredentialInfo:
        """What the source tells of the credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One line of ``ccm check``."""

    subject: str
    """What was looked at: ``credential``, ``/services``."""
    good: bool
    found: str
    """In plain words."""
    next_step: str | None = None
    cause: str | None = None
    """One word for programs, such as ``wrong_region``; None where nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far back and ahead a connection keeps watch."""

    lookback: timedelta
    lookahead: timedelta


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """A built-in source that shows a connector at work without an account."""

    open: Callable[[], AbstractContextManager[DemoSource]]
    """Starts the source on loopback in its own thread or process, and stops it."""


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
    """Looks at a live session and says what is wrong, with the next step."""
    horizon: Callable[[JsonObject], Horizon]
    """Reads lookback and lookahead out of validated settings."""
    example: str = ""
    """A connection for ``ccm init``, as commented YAML of one list item."""
    demonstration: Demonstration | None = None
    """A built-in source for ``ccm demo``."""
    look_up: Callable[[Any, str, str], Awaitable[LookupOutcome]] | None = None
    """Asks a live session for one object, by kind and key, that records name and no listing has.
    None: the source cannot be asked for single objects."""
    refused: Callable[[ConnectRequest, SourceError], Awaitable[Sequence[Diagnosis]]] | None = None
    """Says why :attr:`connect` raised, with the next step. None: the error says all there is."""
    review: Callable[[Sequence[Collection]], Sequence[Diagnosis]] | None = None
    """Says what the newest collections of each kind lack and what follows. None: nothing does."""
    collectors_for: Callable[[JsonObject], tuple[Collector, ...]] | None = None
    """The collectors as a connection's settings want them; those of kinds that
    :attr:`collectors` does not have are left out. None: settings change nothing about them."""

    def chosen(self, settings: JsonObject) -> tuple[Collector, ...]:
        """Give the collectors for a connection's settings."""
        if self.collectors_for is None:
            return self.collectors
        kinds = {one.kind for one in self.collectors}
        return tuple(one for one in self.collectors_for(settings) if one.kind in kinds)


# -- judging ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a rule judges: one derived object and the records it rests on."""

    subject: Subject
    body: JsonObject
    """JSON values only. Durations are numbers of seconds. A key that is left out is unknown, and
    a rule that reads it is ``insufficient``; ``null`` says that there is none."""
    evidence_digests: tuple[str, ...]
    """Digests of the record bodies it was derived from."""
    names: tuple[str, ...] = ()
    """The objects it was derived from, as ``kind:key``; the subject is always among them."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Why a key was left out, in plain words, by its dotted path; ``*``: why any other was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRequest:
    """What a view is handed: records of its input kinds, of one connection, at one moment."""

    records: Mapping[str, Sequence[Record]]
    """By kind, sorted by key."""
    now: datetime
    horizon: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioning:
    """How the rows of a view fall into parts, so that only parts that changed are derived again.

    A part is made of records that share names, directly or through others. The view promises that
    the rows of some parts come out the same whether it is handed the records of these parts or
    all, and that they depend on the moment only as :attr:`ages` and :attr:`passing` say.
    """

    names: Mapping[str, Callable[[Record], Iterable[str]]]
    """By input kind: the names that a record gives, such as its own key and that of the object
    it belongs to. Records of every other input are handed to all parts."""
    name: Callable[[Row], str]
    """One of the names of the part that a row came from."""
    uses: Mapping[tuple[str, str], Callable[[Record], Iterable[str]]] = field(default_factory=dict)
    """By a kind of :attr:`names` and another input: the keys that a record uses of that input,
    whether it has them or not. A change of other records there leaves its part alone. Where an
    input is not mentioned, any change of it has all rows derived again."""
    ages: frozenset[str] = frozenset()
    """Fields of a row that hold numbers which only grow while time passes."""
    passing: Mapping[str, Callable[[Record], datetime]] = field(default_factory=dict)
    """By a kind of :attr:`names`: an instant of a record. Whether it lies before the horizon's
    beginning may change the rows of its part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A pure function from records to derived rows; recomputed, never collected."""

    name: str
    """Such as ``acme.schedule_coverage``."""
    title: str
    inputs: tuple[str, ...]
    """The evidence kinds it reads: a rule over it rests on all of them."""
    rows: Callable[[ViewRequest], Iterable[Row]]
    schema: SchemaLoader
    """JSON Schema of a row's body; ``x-ccm-unit: seconds`` marks durations."""
    partitions: Callable[[], Partitioning] | None = None
    """Tells how its rows fall into parts, when that is first needed. None: whatever changed, all
    of them are derived again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePackSource:
    """A rule pack that a plugin ships."""

    name: str
    text: Callable[[], bytes]
    """Reads the YAML."""
    location: str
    """Where a person can read it."""


__all__ = [
    "AuthMethod",
    "ChangedBy",
    "Collect",
    "CollectRequest",
    "Collection",
    "CollectionNote",
    "Collector",
    "CollectorEvent",
    "ConnectRequest",
    "Connector",
    "CredentialInfo",
    "DemoSource",
    "Demonstration",
    "DependsOn",
    "Diagnosis",
    "EvidenceKind",
    "Horizon",
    "JsonObject",
    "LookupOutcome",
    "Outcome",
    "Overflow",
    "Page",
    "Partitioning",
    "Reason",
    "Record",
    "RecordSource",
    "Request",
    "ResumeFrom",
    "Row",
    "RulePackSource",
    "SchemaLoader",
    "Session",
    "Shape",
    "Shortfall",
    "Subject",
    "Traffic",
    "View",
    "ViewRequest",
    "Window",
]
