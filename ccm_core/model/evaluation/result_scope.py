"""Which results of an evaluation a reader needs: few do, of very many."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field, replace

from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, Status
from ccm_core.model.frozen_dataclass import dataclass

WHOLE_SUBJECTS = (CONNECTION, POPULATION)
"""Kinds of subjects that are no single resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultScope:
    """Which results to read."""

    statuses: AbstractSet[Status] = frozenset()
    """Those with one of these."""
    not_due: bool = False
    """Those that are not due yet."""
    subjects: Mapping[tuple[str, str], AbstractSet[str]] = field(default_factory=dict)
    """Those on these subjects (``KIND:KEY``), by rule and connection, whatever their status."""
    whole: bool = True
    """Those on whole connections and shares."""
    evidence: bool = True
    """Whether to look up the digests of the records behind each."""
    outlined: bool = False
    """Whether failing ones that no subject is named for may lack the reason: of the newest
    evaluation, they are as the index lists them, and no body is read."""

    compared: bool = False
    """Whether all of the index is compared with what the evaluation states, and not what is used
    alone: so whoever is shown something of it learns of the same damage."""

    def includes(self, result: Result) -> bool:
        """Return whether a result is one of them."""
        subject = result.subject
        return (
            result.status in self.statuses
            or (self.not_due and result.due_at is not None)
            or (self.whole and subject.kind in WHOLE_SUBJECTS)
            or subject_name(subject.kind, subject.key)
            in self.subjects.get((result.rule, result.connection), ())
        )


UNSETTLED = ResultScope(
    statuses=frozenset({Status.FAIL, Status.INSUFFICIENT, Status.ERROR}),
    not_due=True,
    evidence=False,
)
"""What people act on: all but what passes or does not apply."""
LISTED = replace(UNSETTLED, compared=True)
"""The same, to be shown."""
OUTLINED = replace(LISTED, outlined=True)
"""The same, to choose those that are shown: the reasons of these are read then."""
