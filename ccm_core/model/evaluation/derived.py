"""Rows and verdicts as the store keeps them: what is written, and the lines of the read model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime

from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

DERIVED = "@derived"
"""What follows a connection's name in that of its second log, of rows and verdicts."""
ROWS, VERDICTS = "rows/", "verdicts/"
"""How the names of derived kinds begin."""
ALWAYS = datetime.min.replace(tzinfo=UTC)
"""In place of a moment: look again in each evaluation."""


def derived_log(connection: str) -> str:
    """Return the name under which the rows and verdicts of a connection are kept."""
    return f"{connection}{DERIVED}"


def is_derived(log: str) -> bool:
    """Return whether a log is one of rows and verdicts."""
    return log.endswith(DERIVED)


def connection_of(log: str) -> str:
    """Return the connection that a log is of, be it of evidence or of rows and verdicts."""
    return log.removesuffix(DERIVED)


def rows_kind(view: str) -> str:
    """Return the derived kind of the rows of a view."""
    return f"{ROWS}{view}"


def verdicts_kind(pack: str, over: str) -> str:
    """Return the derived kind of what the rules of a pack over a kind or view say."""
    return f"{VERDICTS}{pack}/{over}"


def subject_name(kind: str, key: str) -> str:
    """Return the key of a subject's derived records."""
    return f"{kind}:{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLine:
    """What lists show of the subject of a row."""

    view: str
    key: str
    """``KIND:KEY``."""
    title: str
    url: str | None = None
    owners: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    final: bool = False
    partition: str = ""
    """The name of the partition that it was derived from; empty: the view has none."""
    shown: JsonObject = field(default_factory=dict)
    """The fields of its row that sections of the report show, as far as they are known."""
    trace: tuple[str, ...] = ()
    """Records outside its partition that it was derived from, there or not, as ``kind:key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """The statuses of a subject by the rules of one pack over one view."""

    pack: str
    view: str
    key: str
    statuses: str
    """A letter for each rule, in the order of their names."""
    recheck_at: datetime | None = None
    """When one of them may change; None: with the row alone; :data:`ALWAYS`: at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedBatch:
    """What one partition changed, to be kept in one transaction."""

    connection: str
    batches: Sequence[WriteBatch] = ()
    """One for each derived kind, of the connection's second log."""
    subjects: Sequence[SubjectLine] = ()
    verdicts: Sequence[VerdictLine] = ()
    members: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """By view and kind, then by key: the names of a record's partitions, none where it is gone."""
    removed_subjects: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By view: keys that have no row any more."""
    removed_verdicts: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """By pack and view: keys that no rule of the pack judges any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectCount:
    """How many subjects have the same statuses by one pack, of one day."""

    statuses: str
    day: int | None
    """Days since 1970-01-01, UTC; None: they occurred at no moment."""
    subjects: int
    whole: bool = False
    """Whether the row is about the connection itself, which is no subject of its own."""
    in_period: bool = True
    """Whether they occurred in the period; what is open from before is no share of a month."""
