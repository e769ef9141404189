"""Findings: changes, derived from one evaluation after the other, and what people did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ccm_core.model.finding.finding import FindingState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.finding.act import FindingAct
    from ccm_core.model.finding.finding import Finding, FindingChange


class FindingStore(Protocol):
    """Stores what each evaluation changed of findings."""

    def untracked_evaluations(self) -> Sequence[str]:
        """List the digests of evaluations later than what was tracked last, in their order.

        One that was made more than an hour before the moment of that, by change and after it, is
        among them: the clock was ahead then and is not any more.
        """

    def append(
        self,
        evaluation: str,
        changes: Sequence[FindingChange],
        findings: Iterable[Finding] = (),
        *,
        anew: bool = False,
    ) -> bool:
        """Store what an evaluation changed of findings; it is tracked then.

        Args:
            evaluation: Its digest.
            changes: What it changed.
            findings: Those that are others now, as they are: after their changes, and with what
                the evaluation says of those that are open.
            anew: Whether they are all that there are, because what was tracked for a later moment
                does not count any more.

        Returns:
            False where it, or a later one, was tracked already: then nothing is stored.
        """

    def current(
        self, states: AbstractSet[FindingState] = frozenset(FindingState)
    ) -> Sequence[Finding]:
        """List the findings in some states as they are now, by id. No history is read."""

    def count(self) -> int:
        """Count all findings, those that were resolved too."""

    def teams(self) -> frozenset[str]:
        """Return the teams of the source that own a resource of any finding."""

    def by_id(self, ids: Iterable[str]) -> Sequence[Finding]:
        """List the findings of some ids as they are now."""

    def append_act(self, act: FindingAct, *, revision: int | None = None) -> int:
        """Store what somebody did about a finding; return its number.

        Args:
            act: What was done.
            revision: How many acts of the finding whoever did it has seen; None: whatever there is.

        Raises:
            UsageError: There is no such finding, or somebody did something else meanwhile.
        """

    def acts(self, ids: Iterable[str] | None = None) -> Mapping[str, Sequence[FindingAct]]:
        """Return what was done about some findings, or about all, each in order.

        Raises:
            IntegrityError: One is not what was stored.
        """

    def changes(self, *, as_of: datetime | None = None) -> Iterator[FindingChange]:
        """Yield the changes of findings in the order in which they happened."""

    def tracked_until(self, *, as_of: datetime | None = None) -> datetime | None:
        """Return the moment of the last evaluation that was tracked; None: there is none."""

    def tracked_evaluation(self, moment: datetime) -> str | None:
        """Return the digest of the evaluation of a moment that was tracked; None: there is none."""
