"""Names: what the records of a run name of other kinds, as far as it may lead nowhere.

A name is forgotten as soon as it is sure that what it names stands, so that a backfill of years
holds no more of them than a run of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from ccm_core.collect.dangling_lookup import ByCollection
from ccm_core.model.evidence.collection import Dangling

Named = Mapping[tuple[str, str, str], str]
"""``(field, kind, key)``, each with the key of one record that names it."""
Keys = Callable[[str, AbstractSet[str]], AbstractSet[str]]
"""Gives those of some keys that stand of a kind."""


class ReferenceTracker:
    """What is named in a run and was not seen to stand."""

    def __init__(self, keys: Keys) -> None:
        """Begin with nothing named."""
        self._keys = keys
        self._by_collection: dict[str, Named] = {}

    def take(self, collection: str, names: Named, lasting: Callable[[str], bool]) -> None:
        """Take what the records of a collection name, once they are kept.

        Args:
            collection: Its id.
            names: What they name, of kinds that are read.
            lasting: Whether what stands of a kind now still stands when the run ends.
        """
        kinds = {kind for _, kind, _ in names if lasting(kind)}
        left = self._without_standing(names, kinds)
        if left:
            self._by_collection[collection] = left

    def leading_nowhere(self) -> ByCollection:
        """Give what is named and does not stand, by collection."""
        every = {kind for names in self._by_collection.values() for _, kind, _ in names}
        left = {
            collection: self._without_standing(names, every)
            for collection, names in self._by_collection.items()
        }
        return {
            collection: tuple(
                Dangling(field=field, kind=kind, key=key, named_by=by)
                for (field, kind, key), by in sorted(names.items())
            )
            for collection, names in left.items()
        }

    def _without_standing(self, names: Named, kinds: AbstractSet[str]) -> Named:
        standing = {
            kind: self._keys(kind, among)
            for kind in kinds
            if (among := {key for _, of, key in names if of == kind})
        }
        return {
            name: by for name, by in names.items() if name[2] not in standing.get(name[1], set())
        }
