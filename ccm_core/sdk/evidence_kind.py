"""Evidence kinds: what records of one kind look like, and how often they are collected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

SchemaLoader = Callable[[], JsonObject]
"""Loads a JSON Schema when it is first needed."""


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
    """JSON Schema (2020-12) of the body. Its ``properties`` are the allow-list of what is stored;
    ``x-ccm-privacy`` on a field is ``keep`` (default), ``pseudonym`` or ``drop``;
    ``x-ccm-references: KIND`` marks a field that holds the key of another kind; the mark is
    ``{FIELD: {VALUE: KIND}}`` where a neighbouring field decides the kind. ``x-ccm-vocabulary``
    marks a field whose values a field report may have as they are: ``words`` in snake case that
    the source defines; names of ``time_zones``; ``times``, of a day or local; or a list of the only
    ones. An empty list marks a number that identifies something."""
    occurred_at: str | None = None
    """For events: the dotted path of the instant that the source's window selects by."""
    title_field: str | None = None
    """The dotted path of what a person calls it; the key where there is none."""
    url_field: str | None = None
    """The dotted path of a link that opens it for a person."""
    filtered: bool = True
    """Whether the source can leave out of its lists what the credential may not see. Then a list
    is complete only for a credential that is shown to see the whole account."""
    optional: bool = False
    """Whether a connection may well be without it: the source sells it with some plans only, or
    asks for a right that many credentials lack. A person may then accept a denial of it, as they
    may accept of any kind that the source does not offer it."""
    never_empty: bool = False
    """For snapshots: whether there is always at least one, such as the owner of an account. An
    empty list then shows that the credential sees nothing of it."""
    owners: Callable[[JsonObject], tuple[str, ...]] | None = None
    """Names the teams that own the object of a body, as people call them; pure. None: a record of
    this kind does not say who owns it."""
