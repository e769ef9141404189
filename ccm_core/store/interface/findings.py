"""Changes of findings, derived from one evaluation after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.model.evaluation.finding import FindingChange


class FindingStore(Protocol):
    """Stores what each evaluation changed of findings."""

    def untracked_evaluations(self) -> Sequence[str]:
        """List the digests of evaluations later than all that were tracked, in their order."""

    def append(self, evaluation: str, changes: Sequence[FindingChange]) -> bool:
        """Store what an evaluation changed of findings, by its digest; it is tracked then.

        Returns:
            False where it, or a later one, was tracked already: then nothing is stored.
        """

    def changes(self, *, as_of: datetime | None = None) -> Iterator[FindingChange]:
        """Yield the changes of findings in the order in which they happened."""

    def tracked_until(self, *, as_of: datetime | None = None) -> datetime | None:
        """Return the moment of the last evaluation that was tracked; None: there is none."""
