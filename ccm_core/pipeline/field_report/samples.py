"""Which stored records stand for the others: every shape, and what the samples refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.field_report.sample_choice import SampleChoice
from ccm_core.pipeline.field_report.sampled_kind import SampledKind
from ccm_core.sdk.types import Shape

if TYPE_CHECKING:
    from ccm_core.store.interface.records import RecordStore

_PAGE = 500
_MOST_READ = 20_000
_MOST_FOLLOWED = 10
_MOST_SAMPLES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSamples:
    """The records that stand for a kind."""

    read: int
    shapes: int
    shapes_left_out: int
    records: tuple[Record, ...]
    """Sorted by key."""


def choose_samples(
    store: RecordStore, connection: str, kinds: Sequence[SampledKind]
) -> Mapping[str, ChosenSamples]:
    """Choose records of every shape, and those that they refer to, so that they can be joined.

    Of the first events, all that refers to them is chosen too: the log of an incident.

    Args:
        store: Where they are.
        connection: Whose.
        kinds: Of which kinds.

    Raises:
        IntegrityError: A record is not what was stored.
    """
    choices = _choices(store, connection, kinds)
    records = {
        name: {record.key: record for record in choice.records} for name, choice in choices.items()
    }
    _add_referenced(store, connection, kinds, records)
    return {
        name: ChosenSamples(
            read=choice.read,
            shapes=choice.shapes,
            shapes_left_out=choice.shapes_left_out,
            records=tuple(records[name][key] for key in sorted(records[name])),
        )
        for name, choice in choices.items()
    }


def _choices(
    store: RecordStore, connection: str, kinds: Sequence[SampledKind]
) -> Mapping[str, SampleChoice]:
    """Read the kinds, events that others refer to before those that do."""
    events = [kind.name for kind in kinds if kind.kind.shape is Shape.EVENT]
    choices: dict[str, SampleChoice] = {}
    followed: set[tuple[str, str]] = set()
    for kind in sorted(kinds, key=lambda kind: sum(map(kind.refers_to, events))):
        choices[kind.name] = choice = _choice(store, connection, kind, followed)
        if kind.name in events:
            followed |= {(kind.name, record.key) for record in choice.records[:_MOST_FOLLOWED]}
    return choices


def _choice(
    store: RecordStore, connection: str, kind: SampledKind, followed: AbstractSet[tuple[str, str]]
) -> SampleChoice:
    choice = SampleChoice(kind, frozenset(followed))
    for page in store.pages(connection, kind.name, _PAGE):
        for record in page:
            if _is_readable(record, kind):
                choice.look_at(record)
        if choice.read >= _MOST_READ:
            break
    return choice


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
        keys = _referenced(kinds, new)
        new = {
            kind.name: _records(store, connection, kind, keys[kind.name], records[kind.name])
            for kind in kinds
        }
        for name, additional in new.items():
            records[name].update((record.key, record) for record in additional)


def _referenced(
    kinds: Sequence[SampledKind], records: Mapping[str, Sequence[Record]]
) -> Mapping[str, set[str]]:
    """Return the keys that records refer to, by kind."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        for record in records[kind.name]:
            for name, key in kind.targets(record.body):
                keys[name].add(key)
    return keys


def _records(
    store: RecordStore,
    connection: str,
    kind: SampledKind,
    keys: AbstractSet[str],
    samples: Mapping[str, Record],
) -> Sequence[Record]:
    """Read the first of some records that are no samples yet."""
    room = max(0, _MOST_SAMPLES - len(samples))
    missing = set(sorted(keys - samples.keys())[:room])
    if not missing:
        return ()
    current = store.get_many(connection, kind.name, missing)
    return [record for record in current if _is_readable(record, kind)]


def _is_readable(record: Record, kind: SampledKind) -> bool:
    """Whether a body is there, in the form that the installed schema describes."""
    return record.erased_at is None and record.version == kind.kind.version
