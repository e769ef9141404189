"""Rows and verdicts, kept by change, and the read model that lists and counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.derived import (
        DerivedBatch,
        SubjectCount,
        SubjectLine,
        VerdictLine,
    )


class DerivedStore(Protocol):
    """Stores rows and verdicts as records of a connection's second log, with lines to list them."""

    def is_unstated(self, connection: str) -> bool:
        """Return whether rows or verdicts were stored since the newest evaluation.

        It was killed then, or refused as stale, or something was erased: nothing of a connection is
        built on, and whoever evaluates calls :meth:`clear`.
        """

    def clear(self, connection: str, at: datetime) -> None:
        """Let all rows and verdicts of a connection vanish with their lines; the log keeps them."""

    def require_unchanged(self, connection: str, kind: str, keys: Iterable[str]) -> None:
        """Compare the index of some rows or verdicts with the roots that were kept.

        Raises:
            IntegrityError: Somebody else wrote to it.
        """

    def append(self, batch: DerivedBatch) -> None:
        """Keep what one partition changed, in one transaction."""

    def line_roots(self, connection: str, names: Iterable[str] | None = None) -> Mapping[str, str]:
        """Return the digests of the read model's lines of a connection, by name: some, or all.

        ``subject/VIEW``, ``verdict/PACK/VIEW``, ``trace/VIEW`` and ``partition/VIEW``: what has no
        leaf, and is read by the next evaluation. A list without lines has none.
        """

    def status_counts(
        self, connection: str, pack: str, view: str, since: datetime
    ) -> Sequence[SubjectCount]:
        """Count the subjects of a period by what a pack says of them, and by day."""

    def count_subjects(self, connection: str, view: str, since: datetime) -> int:
        """Count the subjects of a period."""

    def keys_to_judge(
        self, connection: str, pack: str, view: str, *, since: datetime, until: datetime | None
    ) -> AbstractSet[str]:
        """Return the subjects of a period without a verdict, and those to look at again.

        Those of which a status may change by a moment; without one, all of the period.
        """

    def derived_from(self, connection: str, view: str, names: Iterable[str]) -> AbstractSet[str]:
        """Return the subjects that were derived from records outside their partition."""

    def subjects(
        self, connection: str, view: str, *, since: datetime | None = None
    ) -> Iterator[SubjectLine]:
        """Yield the lines of a view's subjects, of a period or all, sorted by key."""

    def verdicts(
        self, connection: str, pack: str, view: str, keys: AbstractSet[str] | None = None
    ) -> Iterator[VerdictLine]:
        """Yield what a pack says of a view's subjects, or of some of them, sorted by key."""

    def subjects_in(
        self, connection: str, view: str, partition_names: Iterable[str]
    ) -> AbstractSet[str]:
        """Return the keys of the subjects of some partitions."""

    def names_of(
        self, connection: str, view: str, kind: str, keys: Iterable[str]
    ) -> AbstractSet[str]:
        """Return the names that some records of a kind had when they were last written."""

    def closure(
        self, connection: str, view: str, names: Iterable[str]
    ) -> tuple[AbstractSet[str], Mapping[str, AbstractSet[str]]]:
        """Return all names of the partitions that some names are of, and their records, by kind."""

    def digests(
        self, connection: str, kind: str, keys: AbstractSet[str] | None = None
    ) -> dict[str, str]:
        """Return the digests of the current records of a derived kind, or of some of them."""

    def partitions_of(self, connection: str, view: str, keys: Iterable[str]) -> AbstractSet[str]:
        """Return the partitions of some subjects."""

    def some_partitions(self, connection: str, view: str, first: str, number: int) -> Sequence[str]:
        """List some names of partitions, from one on and then from the beginning."""

    def member_keys(
        self, connection: str, view: str, kind: str, *, after: str, until: str | None
    ) -> AbstractSet[str]:
        """Return the keys of the records of a kind that are of any partition, in a range.

        Args:
            connection: Whose.
            view: Whose partitions.
            kind: Of the records.
            after: The key before the first.
            until: The last key; None: there is no bound.
        """

    def partition_names(self, connection: str, view: str) -> AbstractSet[str]:
        """Return the names of all partitions of a view, those of its subjects included."""
