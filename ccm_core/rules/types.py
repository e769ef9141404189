"""The values that rules are compiled and evaluated from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.lookup_function import LookupRecords
from ccm_core.sdk.evidence_kind import SchemaLoader
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """A kind or view that rules may be over, as checking a pack needs it."""

    name: str
    inputs: tuple[str, ...]
    """The evidence kinds it reads: a kind itself, a view its inputs."""
    schema: SchemaLoader
    """JSON Schema of a row's body."""
    optional: Mapping[str, Collection[str]] = field(default_factory=dict)
    """:attr:`ccm_core.sdk.view.View.optional`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackText:
    """The YAML of one pack."""

    text: bytes
    source: str
    """Where a person can read it: leads every mistake and is kept in results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRows:
    """The rows of a kind or view, or why there are none."""

    rows: Sequence[Row] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that rules read of one connection."""

    connection: str
    rows: Mapping[str, Sequence[Row]]
    """By the name of the kind or view."""
    inputs: Mapping[str, tuple[str, ...]]
    """The evidence kinds that each name in ``rows`` is derived from. A rule over a name that is
    not here does not concern this connection."""
    sufficiency: Mapping[str, KindSufficiency]
    """By evidence kind. A kind that is not here was never collected."""
    enumerated: Mapping[str, Mapping[str, Sequence[str]] | None] = field(default_factory=dict)
    """By kind or view: :attr:`ccm_core.sdk.view.View.enumerated`. One that is not here may have
    any field changed by what is hidden."""
    rows_of: Mapping[str, str] = field(default_factory=dict)
    """By kind or view: the kind that each of its rows is about, where that is stated."""
    period_start: datetime | None = None
    """When the evaluated period begins; None: it is not known."""
    period_end: datetime | None = None
    """When it ends, in the future where the connection looks ahead; None: it is not known."""
    lookup_records: LookupRecords = field(default_factory=dict)
    """What ``lookup(kind, key)`` finds: by kind and key."""
    reassess: Callable[[str, timedelta], KindSufficiency] | None = None
    """Returns the sufficiency of a kind for another maximum age, for rules that set one. Without it
    such a rule can only be stricter than ``sufficiency``."""
    derivation_errors: Mapping[str, str] = field(default_factory=dict)
    """Why the rows of a view could not be derived, by its name: its rules are ``error``."""
    narrowing: tuple[str, ...] = ()
    """What its settings leave out, in words."""
    plugin_failures: tuple[str, ...] = ()
    """Plugins that did not load, each with the reason."""

    @property
    def period(self) -> Window | None:
        """Return the evaluated period; None: it is not known."""
        if self.period_start is None or self.period_end is None:
            return None
        return Window(self.period_start, self.period_end)
