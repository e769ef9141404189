"""How many findings there are: counted once, for the list, the report and every export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ccm_core.model.finding.finding import SEVERITIES
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass

CLOSED = frozenset({WorkState.RESOLVED, WorkState.REMOVED, WorkState.REPLACED})
"""The states of what is no longer there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingTally:
    """The numbers of findings by what is to be done about them."""

    open: int
    """Those that fail, and whose risk nobody accepted."""
    severities: Mapping[str, int]
    """How many of the open ones have each severity, the most severe first; none has 0."""
    overdue: int
    """Those that are due and neither closed nor accepted."""
    accepted: int
    inconclusive: int
    """Those of which it is unknown whether they still fail."""
    closed: int

    @property
    def words(self) -> str:
        """Return them in one line, the same everywhere: ``2 findings open (1 high, 1 low)``."""
        severities = ", ".join(f"{number:,} {name}" for name, number in self.severities.items())
        others = (
            (self.overdue, "overdue"),
            (self.accepted, "accepted"),
            (self.inconclusive, "inconclusive"),
            (self.closed, "closed"),
        )
        parts = [f"{number:,} {word}" for number, word in others if number]
        noun = "finding" if self.open == 1 else "findings"
        first = f"{self.open:,} {noun} open" + (f" ({severities})" if severities else "")
        return ", ".join([first, *parts])


def tally(items: Iterable[WorkItem]) -> FindingTally:
    """Count findings."""
    states: Counter[WorkState] = Counter()
    severities: Counter[str] = Counter()
    overdue = 0
    for item in items:
        states[item.state] += 1
        overdue += item.is_overdue
        if item.state not in CLOSED | {WorkState.ACCEPTED, WorkState.INCONCLUSIVE}:
            severities[item.finding.severity] += 1
    return FindingTally(
        open=severities.total(),
        severities={name: severities[name] for name in SEVERITIES if severities[name]},
        overdue=overdue,
        accepted=states[WorkState.ACCEPTED],
        inconclusive=states[WorkState.INCONCLUSIVE],
        closed=sum(states[state] for state in CLOSED),
    )


def severities_in_words(severities: Iterable[str]) -> str:
    """Return how many findings there are of each severity, the most severe first."""
    counts = Counter(severities)
    return ", ".join(f"{counts[name]:,} {name}" for name in SEVERITIES if counts[name])
