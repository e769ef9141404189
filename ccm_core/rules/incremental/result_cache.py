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


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDependencies:
    """What a rule's result on a row can depend on."""

    each_time: bool = True
    """Whether the moment of the evaluation may change it at any time."""
    fields: frozenset[str] | None = None
    """The fields of the row that it reads; None: any of them."""


@dataclass(frozen=True, slots=True)
class CachedRow:
    """The results of all rules of a group on one row."""

    row: Row
    results: tuple[Result, ...]
    """By rule, as in the group."""
    changes: tuple[tuple[int, datetime], ...]
    """The rules that have to evaluate it again at a moment, by index, with the first of those."""
    fingerprint: bytes | None
    """Of what they read of it; None: to be compared field by field."""


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
    """The indexes of rows of which the moment may change a result."""


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


@dataclass(slots=True)
class Invalidator:
    """Finds out which rules have to evaluate a row again."""

    dependencies: Sequence[RuleDependencies]
    """By rule."""
    now: datetime
    _fields: frozenset[str] | None = None
    _pick: Callable[[JsonObject], tuple[Any, ...]] | None = None
    """Picks the fields that are read from a body that has all of them."""
    _plans: dict[frozenset[str], frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Combine the fields that any rule reads."""
        fields = [rule.fields for rule in self.dependencies if rule.fields is not None]
        if len(fields) == len(self.dependencies):
            self._fields = frozenset().union(*fields)
            if len(self._fields) >= _TWO:
                self._pick = itemgetter(*sorted(self._fields))

    def fingerprint(self, row: Row) -> bytes | None:
        """Encode what the rules read of a row.

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
        if fingerprint is not None and fingerprint == cached.fingerprint:
            return self._invalid(cached, _NONE)
        return self._invalid(cached, _changed(before.body, row.body, self._compared(before, row)))

    def invalid_for_same_row(self, cached: CachedRow) -> frozenset[int]:
        """Return the indexes of the rules that have to evaluate the very same row again."""
        return self._invalid(cached, _NONE)

    @property
    def time_independent(self) -> bool:
        """Whether no rule has to evaluate every row again, though it is the same."""
        return not self._plan(_NONE)

    def _invalid(self, cached: CachedRow, changed: frozenset[str]) -> frozenset[int]:
        invalid = self._plan(changed)
        if not cached.changes:
            return invalid
        return invalid | {index for index, moment in cached.changes if moment <= self.now}

    def _compared(self, before: Row, after: Row) -> Iterable[str]:
        """Return the names of the fields that any rule reads."""
        return before.body.keys() | after.body.keys() if self._fields is None else self._fields

    def _plan(self, changed: frozenset[str]) -> frozenset[int]:
        """Return which rules read what changed, or are looked at each time."""
        plan = self._plans.get(changed)
        if plan is None:
            plan = self._plans[changed] = frozenset(
                index
                for index, rule in enumerate(self.dependencies)
                if rule.each_time or _reads(rule, changed)
            )
        return plan


def _reads(rule: RuleDependencies, changed: frozenset[str]) -> bool:
    return bool(changed) if rule.fields is None else not changed.isdisjoint(rule.fields)


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


_TWO = 2
"""As many names make :func:`~operator.itemgetter` return a tuple."""
_NONE: frozenset[str] = frozenset()
_ABSENT = object()
