"""References from the records of a run to records of other kinds that may not exist.

A reference is dropped as soon as it is certain that its target exists, so that a backfill of years
holds no more of them than a run of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from ccm_core.collect.references.dangling_lookup import DanglingByCollection
from ccm_core.model.evidence.collection import Dangling

References = Mapping[tuple[str, str, str], str]
"""``(field, kind, key)``, each with the key of one record that contains the reference."""
ExistingKeys = Callable[[str, AbstractSet[str]], AbstractSet[str]]
"""Returns those of some keys that exist of a kind."""


class ReferenceTracker:
    """The references of a run whose targets were not seen to exist."""

    def __init__(self, existing_keys: ExistingKeys) -> None:
        """Start without references."""
        self._existing_keys = existing_keys
        self._by_collection: dict[str, References] = {}

    def add(
        self, collection: str, references: References, permanent: Callable[[str], bool]
    ) -> None:
        """Add the references of a collection's records, once these are stored.

        Args:
            collection: Its id.
            references: To kinds that are collected.
            permanent: Whether what exists of a kind now still exists when the run ends.
        """
        kinds = {kind for _, kind, _ in references if permanent(kind)}
        if unresolved := self._unresolved(references, kinds):
            self._by_collection[collection] = unresolved

    def dangling(self) -> DanglingByCollection:
        """Return the references whose target does not exist, by collection."""
        kinds = {kind for references in self._by_collection.values() for _, kind, _ in references}
        unresolved = {
            collection: self._unresolved(references, kinds)
            for collection, references in self._by_collection.items()
        }
        return {
            collection: tuple(
                Dangling(field=field, kind=kind, key=key, named_by=referrer)
                for (field, kind, key), referrer in sorted(references.items())
            )
            for collection, references in unresolved.items()
        }

    def _unresolved(self, references: References, kinds: AbstractSet[str]) -> References:
        existing = {
            kind: self._existing_keys(kind, keys)
            for kind in kinds
            if (keys := {key for _, target, key in references if target == kind})
        }
        return {
            reference: referrer
            for reference, referrer in references.items()
            if reference[2] not in existing.get(reference[1], set())
        }
