"""What the runner needs of its surroundings: the store, the clock, and an observer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import RecordValidator
from ccm_core.collect.observer import Observer
from ccm_core.model.evidence.collection import Collection, Shortfall
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.write_batch import BodyEncoder, WriteBatch
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.types import CreationEvents, CrossCheck, EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The dependencies of one run."""

    connection: str
    run: str
    validator: Callable[[EvidenceKind], RecordValidator]
    packer: Callable[[str], BodyEncoder]
    """Returns what spools the bodies of one window of a kind until they are stored."""
    append: Callable[[WriteBatch], Collection]
    """Appends one window in one transaction."""
    current_records: Callable[[str], Sequence[JsonObject]]
    """Returns the current bodies of a kind."""
    existing_keys: Callable[[str, AbstractSet[str]], AbstractSet[str]]
    """Returns those of some keys that exist of a kind."""
    vanished_keys: Callable[[str, AbstractSet[str]], AbstractSet[str]] = lambda _kind, _keys: (
        frozenset()
    )
    """Returns those of some keys that a complete list of a kind once had and the last has not."""
    appended_records: Callable[[Collection], Iterable[JsonObject]]
    """Returns the bodies that were new or changed in a collection."""
    records_of_part: Callable[[Collection], Iterable[Record]] = lambda _part: ()
    """Returns the records that were new or changed in a part of a window that was stored early."""
    observer: Observer
    clock: Callable[[], datetime]
    """By the source's time."""
    clock_correction: timedelta = timedelta(0)
    """What to subtract from the time at which this machine received a page."""
    account: str | None = None
    """The account that is read; None where the source does not tell."""
    population: Callable[[str], int] = lambda _kind: 0
    """Counts the current records of a kind as they were when the run began."""
    accepted_collapses: Mapping[str, str] = field(default_factory=dict)
    """Why the collapse of a kind's population is accepted, by kind."""
    cross_checks: tuple[CrossCheck, ...] = ()
    """Of the connector."""
    creation_events: tuple[CreationEvents, ...] = ()
    """Of the connector."""
    doubts: tuple[Shortfall, ...] = ()
    """Shortfalls of everything that the run reads."""

    def creations_shown_by(self, kind: str) -> tuple[CreationEvents, ...]:
        """Return what marks the events of a kind that show the creation of objects."""
        return tuple(events for events in self.creation_events if events.kind == kind)


class CurrentRecords(Mapping[str, Sequence[JsonObject]]):
    """The current bodies of some kinds, loaded when they are looked up."""

    def __init__(self, kinds: Sequence[str], load: Callable[[str], Sequence[JsonObject]]) -> None:
        """Offer these kinds and no others."""
        self._kinds, self._load = kinds, load

    def __getitem__(self, kind: str) -> Sequence[JsonObject]:
        """Load the bodies of a kind."""
        if kind not in self._kinds:
            raise KeyError(kind)
        return self._load(kind)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the kinds."""
        return iter(self._kinds)

    def __len__(self) -> int:
        """Count the kinds."""
        return len(self._kinds)
