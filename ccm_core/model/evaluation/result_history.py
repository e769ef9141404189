"""What a time's evaluations say of each rule on each subject, and no evaluation by itself."""

from __future__ import annotations

from ccm_core.model.evaluation.result import Status
from ccm_core.model.frozen_dataclass import dataclass

WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHistory:
    """One rule on one subject over some evaluations, which are numbered by their moments."""

    id: str
    """Of the result."""
    rule: str
    connection: str
    subject: str
    """As ``KIND:KEY``."""
    evaluations: int
    """How many have a result for it."""
    worst_status: Status
    last_status: Status
    last: int
    """The number of the last that has one."""

    def merged(self, other: ResultHistory) -> ResultHistory:
        """Return the history over the evaluations of both."""
        later = self if self.last >= other.last else other
        return ResultHistory(
            id=self.id,
            rule=self.rule,
            connection=self.connection,
            subject=self.subject,
            evaluations=self.evaluations + other.evaluations,
            worst_status=min(self.worst_status, other.worst_status, key=WORST_FIRST.index),
            last_status=later.last_status,
            last=later.last,
        )
