"""Views: pure functions from records to the rows that rules evaluate, and their partitions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.evidence_kind import SchemaLoader


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One derived object that rules evaluate, and the records it was derived from."""

    subject: Subject
    body: JsonObject
    """JSON values only, derived from records alone. Durations are numbers of seconds, instants are
    texts, intervals ``{since, until}`` and clocks lists of ``{since, until, hours}``. A key that is
    left out is unknown, and a rule that reads it is ``insufficient``; ``null`` says that there is
    none."""
    evidence_digests: tuple[str, ...]
    """Digests of the records it was derived from: one at least, each of a record that the view
    was handed."""
    names: tuple[str, ...] = ()
    """The objects it was derived from, as ``kind:key``; the subject is always among them."""
    absent: tuple[str, ...] = ()
    """Those of the names of which the view was handed no record. The host states them."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Why a key was left out, in plain words, by its dotted path; ``*``: why any other was."""
    occurred_at: datetime | None = None
    """When it occurred; None: it is there at any time, such as a service."""
    final: bool = False
    """Whether nothing about it will change any more. What is final and occurred before the
    evaluated period is not evaluated; the host leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarliestRecords:
    """What a view asks of events: for each object, the earliest that shows something of it.

    Such as the first act of each person in the logs of incidents. Of two that occurred at the same
    moment it is the one with the lesser key. A record counts at any age, and the host finds it by
    an index, which it brings up to date with the events that were stored since.
    """

    name: str
    """Such as ``acme.first_act``. Where several views name it, it is one index."""
    kind: str
    """A kind of events."""
    of: Callable[[Record], str | None]
    """Returns the key of the object of which a record shows it; None: of none. It depends on the
    record alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRequest:
    """What a view is handed: records of its input kinds, of one connection, and nothing else.

    Rows are the same at any moment and for any period: they hold instants, lists of intervals and
    clocks, which conditions compare with ``now`` and ``period``.
    """

    records: Mapping[str, Sequence[Record]]
    """By kind, sorted by key."""
    vanished: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    """The last version of each record that is gone from the source, for the kinds of
    :attr:`View.vanished`, sorted by key. What is deleted is judged by what it was."""
    changes: Mapping[str, Sequence[VersionChange]] = field(default_factory=dict)
    """How records changed from one stored version to the next, in the order in which that was
    stored, for the kinds of :attr:`View.changes`. A version whose body was erased by order is
    there with an empty body and :attr:`Record.erased_at`: what changed then is unknown."""
    earliest: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    """The earliest record of each object, by its key, for each of :attr:`View.earliest`, by its
    name. An object without one: nothing is known of it, because nothing happened, or because it was
    not collected, denied or erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioning:
    """How the rows of a view are partitioned, so that only changed partitions are derived again.

    A partition consists of records that share names, directly or through others. The view
    guarantees that the rows of some partitions are the same whether it is handed the records of
    these partitions or all.
    """

    names: Mapping[str, Callable[[Record], Iterable[str]]]
    """By input kind: the names of a record, such as its own key and that of the object it belongs
    to. Records of every other input are handed to all partitions."""
    name: Callable[[Row], str]
    """One of the names of the partition that a row was derived from."""
    uses: Mapping[tuple[str, str], Callable[[Record], Iterable[str]]] = field(default_factory=dict)
    """By a kind of :attr:`names` and another input: the keys that a record uses of that input,
    whether they exist or not. A change of other records there leaves its partition alone. Where an
    input is not mentioned, any change of it has all rows derived again."""
    reads: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By such another input: the fields at the top of its bodies that rows are derived from. The
    view is handed no others, and a change of others derives nothing again: a status that changes by
    the minute. Where an input is not mentioned, it is handed whole bodies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A pure function from records to derived rows; recomputed, never collected."""

    name: str
    """Such as ``acme.schedule_coverage``."""
    title: str
    inputs: tuple[str, ...]
    """The evidence kinds it reads: a rule over it depends on all of them, but for
    :attr:`optional` ones."""
    rows: Callable[[ViewRequest], Iterable[Row]]
    """Derives one row for each subject."""
    schema: SchemaLoader
    """JSON Schema of a row's body; ``x-ccm-unit: seconds`` marks durations."""
    enumerated: Mapping[str, Sequence[str]] | None = None
    """By field of a row: the inputs whose records it counts or lists, so that a record that a
    credential may not see would change it. Every other field depends on records of the inputs that
    the row looks up by key, and is left out where one of them is missing. A row that fails by such
    fields alone fails whatever is hidden. None: a hidden record may change any field."""
    rows_of: str | None = None
    """The one of :attr:`inputs` whose records its rows are about: the subject of each row is such a
    record, and no row is about anything else. A record of it that has no row because its evidence
    is incomplete is inconclusive by itself; what is incomplete of the others is reported once for
    the connection. None: its rows may be about any of them."""
    optional: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Those of :attr:`inputs` that the source need not offer, each with the fields of a row that
    rest on it. A rule that reads none of these fields does not depend on the kind: every other
    field is the same with its records and without any. Where the kind is not read, the view is
    handed no record of it, and rules that read one of the fields are not evaluated."""
    vanished: tuple[str, ...] = ()
    """Those of :attr:`inputs` of which it is handed vanished records too, because records that
    stay name them: the service of an incident. Snapshot kinds only."""
    changes: tuple[str, ...] = ()
    """Those of :attr:`inputs` of which it is handed the changes that were stored in the evaluated
    period. What the first complete collection of a kind found is no change. Each row that is
    derived from a change is about it alone, has ``occurred_at`` and is ``final``: it is left out
    as soon as its change is older than the period. Snapshot kinds only, and no
    :attr:`partitions`."""
    earliest: tuple[EarliestRecords, ...] = ()
    """What it asks of events that are none of :attr:`inputs`. What is found only adds: a rule over
    the view does not depend on these kinds, and where they were not read its rows are those that it
    derives without any. It is derived again where one of these records is another than before. No
    :attr:`partitions`."""
    partitions: Callable[[], Partitioning] | None = None
    """Returns how its rows are partitioned, when that is first needed. None: whatever changed, all
    of them are derived again."""
