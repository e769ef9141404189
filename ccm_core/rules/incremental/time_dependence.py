"""Decides which rows have to be derived for this very moment for the rules that evaluate them.

A row that is reused from an earlier derivation is right but for its ages: fields that grew since.
That matters to a rule that may read them, and only as long as its result may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.rules.incremental.result_cache import NOT_DUE_YET, RuleDependencies, TimeDependence


class AgeSensitivity(Enum):
    """For which rows a rule depends on ages."""

    NONE = "none"
    NOT_DUE = "those that are not due yet"
    APPLICABLE = "those that the rule applies to"
    ALL = "all"


def age_sensitivity(dependencies: RuleDependencies, age_fields: AbstractSet[str]) -> AgeSensitivity:
    """Return for which rows a rule depends on some ages.

    Due is due, however old it grows. What is outside a rule's ``match`` stays outside while that
    reads neither an age nor the moment.
    """
    if not age_fields:
        return AgeSensitivity.NONE
    is_read = dependencies.fields is None or not age_fields.isdisjoint(dependencies.fields)
    if not is_read and age_fields.isdisjoint(dependencies.growing_fields):
        return AgeSensitivity.NONE
    if not is_read and dependencies.time_dependence is not TimeDependence.ALWAYS:
        return AgeSensitivity.NOT_DUE
    match_fields = dependencies.match_fields
    if match_fields is not None and age_fields.isdisjoint(match_fields):
        return AgeSensitivity.APPLICABLE
    return AgeSensitivity.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAgeSensitivity:
    """How the rules of a group depend on ages."""

    any: bool = False
    """Whether one of them does."""
    all: bool = False
    """Whether one of them does for all rows."""
    applicable: tuple[int, ...] = ()
    """The indexes of those that do for the rows that they apply to."""

    @classmethod
    def of(
        cls, dependencies: Iterable[RuleDependencies], age_fields: AbstractSet[str]
    ) -> GroupAgeSensitivity:
        """Combine how rules depend on some ages."""
        sensitivities = [age_sensitivity(rule, age_fields) for rule in dependencies]
        return cls(
            any=any(sensitivity is not AgeSensitivity.NONE for sensitivity in sensitivities),
            all=AgeSensitivity.ALL in sensitivities,
            applicable=tuple(
                index
                for index, sensitivity in enumerate(sensitivities)
                if sensitivity is AgeSensitivity.APPLICABLE
            ),
        )

    def needs_refresh(self, results: Sequence[Result], *, pending: bool) -> bool:
        """Return whether a row has to be derived again for the next moment.

        Args:
            results: The result of each rule.
            pending: Whether any of them is not due yet.
        """
        if pending and self.any:
            return True
        return any(not _is_outside_match(results[index]) for index in self.applicable)


AGE_INSENSITIVE = GroupAgeSensitivity()
"""No rule depends on an age."""


def _is_outside_match(result: Result) -> bool:
    return result.status is Status.NOT_APPLICABLE and result.reason != NOT_DUE_YET
