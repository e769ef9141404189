"""What the rules room is told, and what it may ask of other rooms: nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.lookup_function import LookupRecord, LookupRecords
from ccm_core.sdk.types import Row, SchemaLoader


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """A kind or a view that rules may be over, as far as checking a pack needs to know it."""

    name: str
    inputs: tuple[str, ...]
    """The evidence kinds it rests on: a kind on itself, a view on its inputs."""
    schema: SchemaLoader
    """JSON Schema of a row's body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackText:
    """The YAML of one pack."""

    text: bytes
    source: str
    """Where a person can read it: leads every mistake and is written in results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRows:
    """What deriving the rows of a kind or a view came to."""

    rows: Sequence[Row] | None = None
    broken: str | None = None
    """Why there are none."""


def _nothing() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that rules judge of one connection."""

    connection: str
    rows: Mapping[str, Sequence[Row]]
    """By the name of the kind or view."""
    inputs: Mapping[str, tuple[str, ...]]
    """The evidence kinds that each name in ``rows`` rests on. A rule over a name that is not
    here does not concern this connection."""
    sufficiency: Mapping[str, KindSufficiency]
    """By evidence kind. A kind that is not here was never collected."""
    ages: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By view: the fields of its rows that only grow while their records stay the same."""
    since: datetime | None = None
    """When the period begins that is judged; None: it is not known."""
    lookup: LookupRecords = field(default_factory=dict)
    """What ``lookup(kind, key)`` finds: by kind and key."""
    restated: Callable[[str, timedelta], KindSufficiency] | None = None
    """Gives the standing of a kind for another greatest age, for rules that set one. Without it
    such a rule can only be stricter than the standing that is given."""
    broken: Mapping[str, str] = field(default_factory=_nothing)
    """Why the rows of a view could not be derived, by its name: its rules are ``error``."""
    anew: Mapping[str, Callable[[], DerivedRows]] = field(default_factory=dict)
    """By view of which some rows were taken over from an earlier evaluation: derives all of them
    for this moment. What was taken over is for rules that judged the same rows then."""
    plugin_failures: tuple[str, ...] = ()
    """Plugins that did not load, each with the reason."""


__all__ = ["Derived", "Facts", "Found", "JsonObject", "PackText", "Records", "Source"]
