"""What the ledger says was stored of some kinds, for comparison with the versions as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from ccm_core.errors import IntegrityError
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import parse_instant
from ccm_core.model.json_codec import JsonObject

Change: TypeAlias = "tuple[str, str, str | None, str | None]"
"""Kind, key, and the digest before and after; None: there was, or is, none."""


@dataclass(frozen=True, slots=True)
class _Collection:
    """One collection, as its leaf states it."""

    is_in_period: bool
    follows_complete: bool
    """Whether the kind had been read completely before: else what it found is no change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedVersions:
    """The versions of one connection, by the leaves of its log."""

    connection: str
    changes: Counter[Change]
    """What changed in a period."""
    newest: Mapping[tuple[str, str], str | None]
    """The newest digest, by kind and key."""

    @classmethod
    def of(
        cls,
        connection: str,
        leaves: Iterable[tuple[int, JsonObject]],
        kinds: Collection[str],
        period: Window,
    ) -> LoggedVersions:
        """Read them from the leaves of a log, in order.

        Args:
            connection: Whose log it is.
            leaves: All of it.
            kinds: Only versions of these.
            period: Changes that were stored after its beginning, up to its end.
        """
        collections: dict[str, _Collection] = {}
        versions: list[JsonObject] = []
        complete: set[str] = set()
        for _, leaf in leaves:
            if leaf.get("kind") not in kinds:
                continue
            if leaf["leaf"] == "version":
                versions.append(leaf)
            elif leaf["leaf"] == "collection":
                ended = parse_instant(leaf["ended_at"])
                collections[leaf["id"]] = _Collection(
                    period.since < ended <= period.until, leaf["kind"] in complete
                )
                if leaf["outcome"] == Outcome.COMPLETE:
                    complete.add(leaf["kind"])
        newest: dict[tuple[str, str], str | None] = {}
        changes = Counter(_changes(versions, collections, newest))
        return cls(connection=connection, changes=changes, newest=newest)

    def require(
        self,
        kinds: Collection[str],
        changes: Iterable[VersionChange],
        trail: str,
        trail_records: Iterable[Record],
    ) -> None:
        """Refuse what was read of the store where the log states something else.

        Args:
            kinds: Those of which all changes of the period were read.
            changes: These.
            trail: The kind of the source's trail.
            trail_records: Its current records.

        Raises:
            IntegrityError: The log states something else.
        """
        self._require_changes(kinds, changes)
        self._require_newest(trail, trail_records)

    def _require_changes(self, kinds: Collection[str], changes: Iterable[VersionChange]) -> None:
        logged = Counter({change: n for change, n in self.changes.items() if change[0] in kinds})
        read = Counter(
            (
                change.kind,
                change.key,
                change.before.digest if change.before else None,
                change.after.digest if change.after else None,
            )
            for change in changes
        )
        if read != logged:
            differing = min((read - logged) | (logged - read), key=_name)
            raise self._damaged(differing[0], differing[1])

    def _require_newest(self, kind: str, records: Iterable[Record]) -> None:
        read = {(kind, record.key): record.digest for record in records}
        logged = {
            name: digest
            for name, digest in self.newest.items()
            if name[0] == kind and digest is not None
        }
        if read != logged:
            differing = {name for name, _ in read.items() ^ logged.items()}
            raise self._damaged(*min(differing))

    def _damaged(self, kind: str, key: str) -> IntegrityError:
        return IntegrityError(
            f"the versions of {kind} {key} of {self.connection} are not those that the ledger "
            "states; run `ccm verify`, which names what differs, and restore the store from a "
            "backup"
        )


def _changes(
    versions: Iterable[JsonObject],
    collections: Mapping[str, _Collection],
    newest: dict[tuple[str, str], str | None],
) -> Iterator[Change]:
    """Yield what changed in the period; note the newest digest of each key."""
    for leaf in versions:
        name, digest = (leaf["kind"], leaf["key"]), leaf.get("digest")
        before = newest.get(name)
        newest[name] = digest
        collection = collections.get(leaf["collection"])
        if collection is None or not collection.is_in_period or not collection.follows_complete:
            continue
        if before != digest:
            yield (*name, before, digest)


def _name(change: Change) -> tuple[str, str]:
    return change[:2]
