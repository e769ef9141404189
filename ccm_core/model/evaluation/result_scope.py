"""Which results of an evaluation a reader needs: few do, of very many."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, Status

WHOLE_SUBJECTS = (CONNECTION, POPULATION)
"""Kinds of subjects that are no single resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultScope:
    """Results on single subjects to read; those on whole connections and shares always are."""

    statuses: AbstractSet[Status] = frozenset()
    """Those with one of these."""
    not_due: bool = False
    """Those that are not due yet."""
    subjects: Mapping[tuple[str, str], AbstractSet[str]] = field(default_factory=dict)
    """Those on these subjects (``KIND:KEY``), by rule and connection, whatever their status."""
    evidence: bool = True
    """Whether to look up the digests of the records behind each."""

    def includes(self, result: Result) -> bool:
        """Return whether a result is one of them."""
        subject = result.subject
        return (
            result.status in self.statuses
            or (self.not_due and result.due_at is not None)
            or subject.kind in WHOLE_SUBJECTS
            or subject_name(subject.kind, subject.key)
            in self.subjects.get((result.rule, result.connection), ())
        )


UNSETTLED = ResultScope(
    statuses=frozenset({Status.FAIL, Status.INSUFFICIENT, Status.ERROR}),
    not_due=True,
    evidence=False,
)
"""What people act on: all but what passes or does not apply."""
