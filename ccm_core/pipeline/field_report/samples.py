"""Which stored records stand for the others: every shape, and what the samples refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccm_core.collect.references.schema_references import ReferenceField, reference_fields
from ccm_core.model.evidence.record import Record
from ccm_core.pipeline.field_report.field_spec import FieldSpec, field_spec
from ccm_core.pipeline.field_report.redaction import features

if TYPE_CHECKING:
    from ccm_core.sdk.types import EvidenceKind
    from ccm_core.store.interface.records import RecordStore

_PAGE = 500
_MOST_READ = 20_000
_MOST_SHAPES = 40
_MOST_CHOSEN = 60
_MOST_SAMPLES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledKind:
    """A kind whose records are looked at."""

    kind: EvidenceKind
    spec: FieldSpec
    references: tuple[ReferenceField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSamples:
    """The records that stand for a kind."""

    read: int
    shapes: int
    shapes_left_out: int
    records: tuple[Record, ...]
    """Sorted by key."""


def sampled_kind(kind: EvidenceKind) -> SampledKind:
    """Compile what the schema of a kind says of its fields."""
    schema = kind.schema()
    return SampledKind(kind=kind, spec=field_spec(schema), references=reference_fields(schema))


def choose_samples(
    store: RecordStore, connection: str, kinds: Sequence[SampledKind]
) -> Mapping[str, ChosenSamples]:
    """Choose records of every shape, and those that they refer to, so that they can be joined.

    Args:
        store: Where they are.
        connection: Whose.
        kinds: Of which kinds.

    Raises:
        IntegrityError: A record is not what was stored.
    """
    chosen = {kind.kind.name: _chosen(store, connection, kind) for kind in kinds}
    records = {
        name: {record.key: record for record in samples.records} for name, samples in chosen.items()
    }
    _add_referenced(store, connection, kinds, records)
    return {
        name: replace(samples, records=tuple(records[name][key] for key in sorted(records[name])))
        for name, samples in chosen.items()
    }


def _chosen(store: RecordStore, connection: str, kind: SampledKind) -> ChosenSamples:
    """Choose a record of each shape; where there are too many shapes, those with a new feature."""
    shapes: set[frozenset[str]] = set()
    sampled: set[frozenset[str]] = set()
    seen: set[str] = set()
    records: list[Record] = []
    read = 0
    for page in store.pages(connection, kind.kind.name, _PAGE):
        for record in page:
            if record.erased_at is not None or record.version != kind.kind.version:
                continue
            read += 1
            shape = frozenset(features(record.body, kind.spec))
            room = len(records) < (_MOST_CHOSEN if shape - seen else _MOST_SHAPES)
            if room and shape not in sampled:
                records.append(record)
                sampled.add(shape)
                seen |= shape
            shapes.add(shape)
        if read >= _MOST_READ:
            break
    return ChosenSamples(
        read=read,
        shapes=len(shapes),
        shapes_left_out=len(shapes - sampled),
        records=tuple(records),
    )


def _add_referenced(
    store: RecordStore,
    connection: str,
    kinds: Sequence[SampledKind],
    records: Mapping[str, dict[str, Record]],
) -> None:
    """Add what the samples refer to, and what that refers to, as long as there is room."""
    new: Mapping[str, Sequence[Record]] = {
        name: tuple(samples.values()) for name, samples in records.items()
    }
    while any(new.values()):
        referenced = _referenced(kinds, new)
        new = {
            name: _records(store, connection, name, referenced[name] - samples.keys(), samples)
            for name, samples in records.items()
        }
        for name, additional in new.items():
            records[name].update((record.key, record) for record in additional)


def _referenced(
    kinds: Sequence[SampledKind], records: Mapping[str, Sequence[Record]]
) -> Mapping[str, set[str]]:
    """Return the keys that records refer to, by kind."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        for record in records.get(kind.kind.name, ()):
            for reference in kind.references:
                for name, key in reference.targets(record.body):
                    keys[name].add(key)
    return keys


def _records(
    store: RecordStore, connection: str, kind: str, keys: set[str], samples: Mapping[str, Record]
) -> Sequence[Record]:
    room = max(0, _MOST_SAMPLES - len(samples))
    first = set(sorted(keys)[:room])
    if not first:
        return ()
    current = store.get_many(connection, kind, first)
    return [record for record in current if record.erased_at is None]
