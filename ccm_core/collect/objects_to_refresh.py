"""Which objects may have changed since they were read, by the events of another kind.

No cursor is stored. The newest refresh that left nothing in doubt is the watermark: every object
that an event stored after it names is read again. Without a refresh, the first complete window is
the watermark. A run that was cut off between the two loses nothing: its events come after the
watermark, and the next run reads them back from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import at_path
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.window import Window, subtract
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import ChangedBy, Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedKeys:
    """The objects of one kind that may have changed."""

    keys: tuple[str, ...]
    doubtful: frozenset[str] = frozenset()
    """Those of them of which the last refresh could not read everything."""
    unobserved: tuple[Window, ...]
    """Windows in which something may have changed and no event was read."""

    @classmethod
    def left_in_doubt(cls, kind: str, earlier: Iterable[Collection]) -> ChangedKeys:
        """Return what the last refresh of a kind could not read, where no event reports changes.

        Args:
            kind: The kind.
            earlier: The collections before this run, in order.
        """
        of_kind = (collection for collection in earlier if collection.kind == kind)
        refreshes = _conclusive_refreshes(of_kind)
        subjects = _doubtful(refreshes[-1]) if refreshes else frozenset[str]()
        keys = frozenset(subject.removeprefix(f"{kind}:") for subject in subjects)
        return cls(keys=tuple(sorted(keys)), doubtful=keys, unobserved=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChanges:
    """The changes that a run's events report, and the objects that it has read again since."""

    _reported: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """By kind and key: when the newest event happened that names it."""
    _read: dict[str, set[str]] = field(default_factory=dict)

    def add_reported(self, kind: str, changed: Mapping[str, datetime], since: datetime) -> None:
        """Add when objects of a kind changed, from an instant on."""
        changes = self._reported.setdefault(kind, {})
        for key, instant in changed.items():
            if instant >= since:
                changes[key] = max(instant, changes.get(key, instant))

    def add_read(self, kind: str, keys: Iterable[str]) -> None:
        """Add the keys that windows of a kind have read."""
        self._read.setdefault(kind, set()).update(keys)

    def reported(self, kind: str) -> Mapping[str, datetime]:
        """Return when objects of a kind changed, by key."""
        return self._reported.get(kind, {})

    def read_keys(self, kind: str) -> AbstractSet[str]:
        """Return the keys that windows of a kind have read."""
        return self._read.get(kind, set())


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFeed:
    """One kind and the events that report its changes."""

    kind: str
    changed_by: ChangedBy
    occurred_at: str
    """The path of an event's instant."""
    delay: timedelta
    """How long after it happened an event may come to be listed."""
    earlier: Sequence[Collection] = ()
    """The collections of both kinds before this run, in order."""
    current: Sequence[Collection] = ()
    """Those of this run."""

    def changed_keys(
        self,
        events: Mapping[str, datetime],
        read_keys: AbstractSet[str],
        appended_records: Callable[[Collection], Iterable[JsonObject]],
        now: datetime,
    ) -> ChangedKeys:
        """Return what may have changed and was not read again in this run.

        Args:
            events: The keys that this run's events name, and when the newest of them happened.
            read_keys: The keys that this run's windows of the kind have read.
            appended_records: Reads what was new in a collection of an earlier run.
            now: Up to when changes count.
        """
        watermark = self._watermark()
        if watermark is None:
            return ChangedKeys(keys=(), unobserved=())
        since = watermark.started_at - self.delay
        keys = {key for key, instant in events.items() if instant >= since}
        for collection in self._events_after(watermark):
            keys |= set(self._keys_in(appended_records(collection), since))
        doubtful = {subject.removeprefix(f"{self.kind}:") for subject in _doubtful(watermark)}
        return ChangedKeys(
            keys=tuple(sorted((keys | doubtful) - read_keys)),
            doubtful=frozenset(doubtful),
            unobserved=self._unobserved(watermark.started_at, now),
        )

    def among(self, earlier: Iterable[Collection], current: Iterable[Collection]) -> ChangeFeed:
        """Return it with those of some collections that are of its two kinds.

        Args:
            earlier: The collections before this run, in order.
            current: Those of this run.
        """
        both = {self.kind, self.changed_by.kind}
        return replace(
            self,
            earlier=[collection for collection in earlier if collection.kind in both],
            current=[collection for collection in current if collection.kind in both],
        )

    def relevant_since(self, now: datetime) -> datetime:
        """Return from when on changes count; ``now`` is the moment of the run."""
        watermark = self._watermark()
        # Without a watermark, the first window that this run completes will be it.
        return (now if watermark is None else watermark.started_at) - self.delay

    def _watermark(self) -> Collection | None:
        collections = [
            collection
            for collection in (*self.earlier, *self.current)
            if collection.kind == self.kind
        ]
        if refreshes := _conclusive_refreshes(collections):
            return refreshes[-1]
        complete = (
            collection
            for collection in collections
            if collection.window
            and collection.window.length
            and collection.outcome is Outcome.COMPLETE
        )
        return next(complete, None)

    def _events_after(self, watermark: Collection) -> Sequence[Collection]:
        """Return the event collections of runs that ended before they could refresh anything."""
        ids = [collection.id for collection in self.earlier]
        after = self.earlier[ids.index(watermark.id) + 1 :] if watermark.id in ids else ()
        return [
            collection
            for collection in after
            if collection.kind == self.changed_by.kind and collection.counts.appended
        ]

    def _keys_in(self, bodies: Iterable[JsonObject], since: datetime) -> Iterable[str]:
        for body in bodies:
            key, instant = at_path(body, self.changed_by.path), at_path(body, self.occurred_at)
            if (
                isinstance(key, str)
                and isinstance(instant, str)
                and parse_instant(instant) >= since
            ):
                yield key

    def _unobserved(self, since: datetime, now: datetime) -> tuple[Window, ...]:
        if since >= now:
            return ()
        observed = [
            collection.window
            for collection in (*self.earlier, *self.current)
            # Events found through the objects themselves do not report objects that were not read.
            if collection.kind == self.changed_by.kind
            and collection.window
            and collection.outcome is Outcome.COMPLETE
            and self.kind not in collection.depends_on
        ]
        return subtract([Window(since, now)], observed)


def relevant_since(
    collectors: Sequence[Collector],
    collections: Mapping[str, Sequence[Collection]],
    begin: datetime,
) -> datetime | None:
    """Return from when on collections matter to a plan; None: all of them do.

    Args:
        collectors: Of the connection.
        collections: What is known of its collections by kind: the newest of each kind and outcome
            at least, those without a window apart.
        begin: Where the connection's horizon begins.
    """
    moments = [begin]
    for collector in collectors:
        earlier = collections.get(collector.kind, ())
        if collector.refresh is None or collector.changed_by is None or not earlier:
            continue
        watermarks = _conclusive_refreshes(earlier)
        if not watermarks:
            return None
        moments.append(watermarks[-1].started_at)
    return min(moments)


def _conclusive_refreshes(collections: Iterable[Collection]) -> list[Collection]:
    """Return the refreshes of which it is known which objects they did not see, if any."""
    return [
        collection
        for collection in collections
        if collection.window is None and collection.doubted is not None
    ]


def _doubtful(watermark: Collection) -> AbstractSet[str]:
    return (watermark.doubted or frozenset()) if watermark.window is None else frozenset()
