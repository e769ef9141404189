"""The results of an evaluation that the next one can reuse, and which of them became invalid.

A result is reused where its rule, the pack's parameters, what the rule reads of the row, the
records behind the row and the sufficiency of its evidence are the same, and where the moment makes
no difference. An evaluation with a cache gives the same results as one without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from operator import itemgetter
from typing import Any, TypeAlias

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.sdk.view import Row

SubjectName: TypeAlias = tuple[str, str]
"""The kind and the key of a subject."""

NOT_DUE_YET = "not due yet"
"""The reason of a result that is not applicable because it is not due."""


class TimeDependence(Enum):
    """How a rule's result on an unchanged row depends on the evaluation's moment."""

    NONE = "none"
    UNTIL_DUE = "until due"
    """Once, when the row falls due; that moment is the result's ``due_at`` where it is known."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDependencies:
    """What a rule's result on a row can depend on."""

    time_dependence: TimeDependence = TimeDependence.ALWAYS
    fields: frozenset[str] | None = None
    """The fields of the row that it reads; None: any of them."""
    growing_fields: frozenset[str] = frozenset()
    """Fields that it only compares with the limit until which a row is not due: while they grow,
    what is due stays due."""
    match_fields: frozenset[str] | None = None
    """The fields that decide whether it applies to a row; None: any, or the moment."""


@dataclass(frozen=True, slots=True)
class CachedRow:
    """The results of all rules of a group on one row."""

    row: Row
    results: tuple[Result, ...]
    """By rule, as in the group."""
    pending: bool
    """Whether any of them was not due yet."""
    fingerprint: bytes | None
    """Of what they read of it, but for fields that grow; None: to be compared field by field."""
    needs_refresh: bool = False
    """Whether a rule depends on its ages, so that it cannot be reused without deriving it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """What the results of a group over one connection depend on, apart from the rows."""

    rules: tuple[Rule, ...]
    """Those whose evidence sufficed."""
    parameters: JsonObject
    evidence: tuple[Any, ...]
    """For each rule: the incomplete objects, and the records that it can look up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResults:
    """The results of the rules of a group on the rows of one connection."""

    columns: Sequence[list[Result]]
    """By rule: its result on each row."""
    counts: Sequence[Counter[Status]]
    """By rule: how many rows have which status."""
    in_order: bool
    """Whether the rows are sorted, one for each subject, and about single objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCache:
    """The rows of one kind or view of one connection, as one pack evaluated them."""

    cache_key: CacheKey
    rows: Sequence[Row]
    cached_rows: list[CachedRow]
    """Of each row."""
    results: GroupResults
    """The same, by rule."""
    pending: set[int]
    """The indexes of rows of which a result is not due yet."""
    refresh: set[int] | None
    """The indexes of rows that have to be derived again; None: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCache:
    """What one evaluation leaves for the next one, which uses it up. It is never stored."""

    at: datetime
    groups: Mapping[tuple[str, str, str], GroupCache] = field(default_factory=dict)
    """By pack, kind or view, and connection."""

    def get(
        self, name: tuple[str, str, str], cache_key: CacheKey, now: datetime
    ) -> GroupCache | None:
        """Return the results that can be reused: none where the cache key differs."""
        group = self.groups.get(name)
        if group is None or now < self.at or group.cache_key != cache_key:
            return None
        return group

    def rows_to_refresh(self, over: str, connection: str) -> Sequence[Row] | None:
        """Return the rows of a kind or view on whose ages a rule depends; None: all of them."""
        rows: list[Row] = []
        groups = [group for name, group in self.groups.items() if name[1:] == (over, connection)]
        for group in groups:
            if group.refresh is None:
                return None
            rows.extend(group.rows[index] for index in sorted(group.refresh))
        return rows if groups else None


@dataclass(slots=True)
class Invalidator:
    """Finds out which rules have to evaluate a row again."""

    dependencies: Sequence[RuleDependencies]
    """By rule."""
    due_by_age: Sequence[bool]
    """By rule: whether the moment at which a row falls due is derived from an age."""
    now: datetime
    _fields: frozenset[str] | None = None
    _growing: tuple[str, ...] = ()
    """Fields that are compared with a limit only."""
    _pick: Callable[[JsonObject], tuple[Any, ...]] | None = None
    """Picks the other fields that are read from a body that has all of them."""
    _plans: dict[frozenset[str], tuple[frozenset[int], frozenset[int]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Combine the fields that any rule reads."""
        fields = [
            rule.fields | rule.growing_fields
            for rule in self.dependencies
            if rule.fields is not None
        ]
        if len(fields) == len(self.dependencies):
            self._fields = frozenset().union(*fields)
            compared = frozenset[str]().union(*(rule.fields or () for rule in self.dependencies))
            self._growing = tuple(sorted(self._fields - compared))
            if len(compared) >= _TWO:
                self._pick = itemgetter(*sorted(compared))

    def fingerprint(self, row: Row) -> bytes | None:
        """Encode what the rules read of a row, but for fields that grow.

        JSON tells 1, 1.0 and true apart, as conditions do.
        """
        if self._pick is None:
            return None
        try:
            return encode(self._pick(row.body))
        except (KeyError, ValueError, OverflowError):
            return None

    def invalid_rules(
        self, cached: CachedRow, row: Row, fingerprint: bytes | None = None
    ) -> frozenset[int] | None:
        """Return the indexes of the rules that have to evaluate a row again; None: all of them.

        The results of the others are valid, whatever records the row is derived from now.
        """
        before = cached.row
        if row.unknown != before.unknown:
            return None
        is_equal = (
            fingerprint is not None and fingerprint == cached.fingerprint and not cached.pending
        )
        if is_equal and self._only_grew(before.body, row.body):
            return self._cached_plan(_NONE)[0]
        changed = _changed(before.body, row.body, self._compared(before.body, row.body))
        return self._invalid(cached, row, changed)

    def invalid_for_same_row(self, cached: CachedRow) -> frozenset[int]:
        """Return the indexes of the rules that have to evaluate the very same row again."""
        return self._invalid(cached, cached.row, _NONE)

    @property
    def time_independent(self) -> bool:
        """Whether no rule has to evaluate a row again that is the same and is due."""
        return not self._cached_plan(_NONE)[0]

    def _invalid(self, cached: CachedRow, row: Row, changed: frozenset[str]) -> frozenset[int]:
        always, growing = self._cached_plan(changed)
        has_grown = not growing or _has_grown(cached.row.body, row.body, changed)
        if has_grown and not cached.pending:
            return always
        return always | {
            index
            for index, result in enumerate(cached.results)
            if self._may_be_due(index, result)
            or (index in growing and (_is_pending(result) or not has_grown))
        }

    def _compared(self, before: JsonObject, after: JsonObject) -> Iterable[str]:
        """Return the names of the fields that any rule reads."""
        if self._fields is None:
            return before.keys() | after.keys()
        return self._fields

    def _only_grew(self, before: JsonObject, after: JsonObject) -> bool:
        """Whether each field that is compared with a limit is the same or a number that grew."""
        for name in self._growing:
            old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
            if old is new:
                continue
            if type(old) not in _NUMBERS or type(old) is not type(new) or old > new:
                return False
        return True

    def _cached_plan(self, changed: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
        plan = self._plans.get(changed)
        if plan is None:
            plan = self._plans[changed] = self._plan(changed)
        return plan

    def _plan(self, changed: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
        """Return which rules read what changed, and which only compare it with a limit."""
        always, growing = set(), set()
        for index, rule in enumerate(self.dependencies):
            is_read = bool(changed) if rule.fields is None else not changed.isdisjoint(rule.fields)
            if rule.time_dependence is TimeDependence.ALWAYS or is_read:
                always.add(index)
            elif not changed.isdisjoint(rule.growing_fields):
                growing.add(index)
        return frozenset(always), frozenset(growing)

    def _may_be_due(self, index: int, result: Result) -> bool:
        """Whether a result was not due and may be by now, or is due at another moment."""
        if not _is_pending(result):
            return False
        is_fixed = self.dependencies[index].time_dependence is TimeDependence.NONE
        if is_fixed and result.due_at is None:
            return False
        return self.due_by_age[index] or result.due_at is None or result.due_at <= self.now


def _is_pending(result: Result) -> bool:
    return result.reason == NOT_DUE_YET


def _changed(before: JsonObject, after: JsonObject, compared: Iterable[str]) -> frozenset[str]:
    """Return the names of fields that differ: 1, 1.0 and true are three values."""
    changed = [
        name
        for name in compared
        # The values of small numbers, true, false and null are the very same objects.
        if (old := before.get(name, _ABSENT)) is not (new := after.get(name, _ABSENT))
        and not _is_equal(old, new)
    ]
    return frozenset(changed) if changed else _NONE


def _is_equal(old: Any, new: Any) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, dict | list):
        return old == new and encode(old) == encode(new)
    return bool(old == new)


def _has_grown(before: JsonObject, after: JsonObject, changed: frozenset[str]) -> bool:
    """Whether every number that changed only grew."""
    return all(
        type(before.get(name)) in _NUMBERS
        and type(after.get(name)) in _NUMBERS
        and before[name] <= after[name]
        for name in changed
    )


_NUMBERS = {int, float}
_TWO = 2
"""As many names make :func:`~operator.itemgetter` return a tuple."""
_NONE: frozenset[str] = frozenset()
_ABSENT = object()
