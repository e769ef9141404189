"""Compares rows with those of an earlier evaluation, object by object.

Of a population of which little changed, most rows are the same objects as before. Whatever has to
be done for each of them is left to the interpreter's own loops, and cached lists are changed in
place: a cache is used up by the evaluation that it is handed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, count, islice
from operator import attrgetter, is_not, lt
from typing import TypeVar

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, Status
from ccm_core.rules.incremental.result_cache import (
    CachedRow,
    CacheKey,
    GroupCache,
    GroupResults,
    SubjectName,
)
from ccm_core.sdk.view import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDiff:
    """How some rows differ from cached ones."""

    before: GroupCache
    indexes: Sequence[int | None]
    """For each row: the index that it, or another one of its subject, had before."""
    changed: Sequence[int]
    """The indexes of rows that are not the very same objects as before."""
    removed: Sequence[int] = ()
    """The earlier indexes of rows of subjects that have none any more."""
    aligned: bool = False
    """Whether each row has the index that its subject had."""

    @classmethod
    def of(cls, before: GroupCache, rows: Sequence[Row]) -> RowDiff:
        """Compare rows with cached ones."""
        old_rows = before.rows
        if len(old_rows) == len(rows):
            changed = list(compress(count(), map(is_not, rows, old_rows)))
            if all(_name(rows[index]) == _name(old_rows[index]) for index in changed):
                return cls(before=before, indexes=range(len(rows)), changed=changed, aligned=True)
        unmatched = dict(zip(map(id, old_rows), count()))
        indexes = [unmatched.pop(identity, None) for identity in map(id, rows)]
        changed = [index for index, old_index in enumerate(indexes) if old_index is None]
        by_name = {_name(old_rows[index]): index for index in unmatched.values()}
        for index in changed:
            indexes[index] = by_name.pop(_name(rows[index]), None)
        removed = set(range(len(old_rows))).difference(indexes)
        return cls(before=before, indexes=indexes, changed=changed, removed=sorted(removed))

    def candidates(self, *, time_independent: bool) -> Iterable[int]:
        """Return the indexes of rows that a rule may have to evaluate again.

        Args:
            time_independent: Whether no rule has to evaluate every row again.
        """
        if not time_independent:
            return range(len(self.indexes))
        pending = self.before.pending
        if not self.aligned:
            pending = {
                index for index, old_index in enumerate(self.indexes) if old_index in pending
            }
        return sorted(pending.union(self.changed))

    def cached_row(self, index: int) -> CachedRow | None:
        """Return what is cached of a row's subject."""
        old_index = self.indexes[index]
        return None if old_index is None else self.before.cached_rows[old_index]

    def updated(
        self,
        rows: Sequence[Row],
        changed: Mapping[int, CachedRow],
        cache_key: CacheKey,
    ) -> GroupCache:
        """Return the cache of these rows.

        Args:
            rows: The rows.
            changed: By index, what is to be cached of rows of which it is not what was.
            cache_key: What the results depend on besides.
        """
        before, rules = self.before, len(cache_key.rules)
        replaced = [old for index in changed if (old := self.indexes[index]) is not None]
        old_indexes = (*replaced, *self.removed)
        old_columns = columns([before.cached_rows[index].results for index in old_indexes], rules)
        new_columns = columns([row.results for row in changed.values()], rules)
        # A counter drops what comes to nothing when it is added to.
        counts = [
            old + plus - minus
            for old, plus, minus in zip(
                before.results.counts,
                count_statuses(new_columns),
                count_statuses(old_columns),
                strict=True,
            )
        ]
        if not self.aligned:
            cached_rows, merged = self._merged(changed, new_columns)
            results = GroupResults(columns=merged, counts=counts, in_order=in_order(rows))
            return group_cache(rows, cached_rows, results, cache_key)
        self._replace_in_place(changed, new_columns)
        pending = {index for index, row in changed.items() if row.changes}
        return replace(
            before,
            rows=rows,
            results=replace(before.results, counts=counts),
            pending=(before.pending - changed.keys()) | pending,
        )

    def _replace_in_place(
        self, changed: Mapping[int, CachedRow], new_columns: Sequence[Sequence[Result]]
    ) -> None:
        for index, row in changed.items():
            self.before.cached_rows[index] = row
        for column, new_column in zip(self.before.results.columns, new_columns, strict=True):
            for index, result in zip(changed, new_column, strict=True):
                column[index] = result

    def _merged(
        self, changed: Mapping[int, CachedRow], new_columns: Sequence[Sequence[Result]]
    ) -> tuple[list[CachedRow], Sequence[list[Result]]]:
        """Merge old and new rows and results in the order of the rows."""
        new_indexes = dict(zip(changed, count(len(self.before.cached_rows))))
        order = [new_indexes.get(index, old) for index, old in enumerate(self.indexes)]
        present = [index for index in order if index is not None]
        runs = list(_runs(present, len(self.before.cached_rows)))
        merged = [
            _concatenated(runs, old, new)
            for old, new in zip(self.before.results.columns, new_columns, strict=True)
        ]
        return _concatenated(runs, self.before.cached_rows, list(changed.values())), merged


def group_cache(
    rows: Sequence[Row],
    cached_rows: list[CachedRow],
    results: GroupResults,
    cache_key: CacheKey,
) -> GroupCache:
    """Return the cache of rows that were all evaluated."""
    return GroupCache(
        cache_key=cache_key,
        rows=rows,
        cached_rows=cached_rows,
        results=results,
        pending={index for index, row in enumerate(cached_rows) if row.changes},
    )


def group_results(
    rows: Sequence[Row], lines: Sequence[tuple[Result, ...]], rules: int
) -> GroupResults:
    """Combine the results of rules on rows, given row by row."""
    by_rule = columns(lines, rules)
    return GroupResults(
        columns=[list(column) for column in by_rule],
        counts=count_statuses(by_rule),
        in_order=in_order(rows),
    )


def columns(lines: Sequence[tuple[Result, ...]], rules: int) -> Sequence[Sequence[Result]]:
    """Return the results by rule of results by row."""
    return list(zip(*lines, strict=True)) if lines else [()] * rules


def count_statuses(columns: Sequence[Sequence[Result]]) -> Sequence[Counter[Status]]:
    """Count the statuses of each rule's results."""
    return [Counter(map(_STATUS, column)) for column in columns]


def in_order(rows: Sequence[Row]) -> bool:
    """Whether rows are sorted, one for each subject, and about single objects."""
    names = list(map(_NAME, map(_SUBJECT, rows)))
    has_aggregates = {CONNECTION, POPULATION} & {kind for kind, _ in names}
    return not has_aggregates and all(map(lt, names, islice(names, 1, None)))


def _runs(order: Iterable[int], old_count: int) -> Iterator[tuple[bool, slice]]:
    """Yield the slices of the old and the new list that follow one another.

    Args:
        order: Indexes into both, one list after the other.
        old_count: How many of them are into the old list.
    """
    start = stop = 0
    for index in order:
        if index != stop or index == old_count:
            if start < stop:
                yield _run(start, stop, old_count)
            start = index
        stop = index + 1
    if start < stop:
        yield _run(start, stop, old_count)


def _run(start: int, stop: int, old_count: int) -> tuple[bool, slice]:
    if start >= old_count:
        return True, slice(start - old_count, stop - old_count)
    return False, slice(start, stop)


def _concatenated(
    runs: Iterable[tuple[bool, slice]], old: Sequence[T], new: Sequence[T]
) -> list[T]:
    merged: list[T] = []
    for is_new, span in runs:
        merged += (new if is_new else old)[span]
    return merged


def _name(row: Row) -> SubjectName:
    return row.subject.kind, row.subject.key


_STATUS = attrgetter("status")
_SUBJECT = attrgetter("subject")
_NAME = attrgetter("kind", "key")
