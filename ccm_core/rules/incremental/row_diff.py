"""Rows held against those that were judged before, by looking at what is not the very same only.

Of a population of which little changed, most rows are the same objects as before. Whatever has to
be done for each of them is left to the interpreter's own loops, and lists that are remembered are
changed where they stand: a memory is used up by the evaluation that it is handed to.
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
from ccm_core.rules.incremental.time_dependence import GroupAgeSensitivity
from ccm_core.sdk.types import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDiff:
    """What is remembered of some rows."""

    before: GroupCache
    places: Sequence[int | None]
    """For each row: where it, or another one of its subject, stood before."""
    other: Sequence[int]
    """The places of rows that are not the very same objects as before."""
    gone: Sequence[int] = ()
    """Where rows stood of subjects that have none any more."""
    aligned: bool = False
    """Whether each row stands where its subject stood."""

    @classmethod
    def of(cls, before: GroupCache, rows: Sequence[Row]) -> RowDiff:
        """Hold rows against what was judged before."""
        were = before.rows
        if len(were) == len(rows):
            other = list(compress(count(), map(is_not, rows, were)))
            if all(_name(rows[place]) == _name(were[place]) for place in other):
                return cls(before=before, places=range(len(rows)), other=other, aligned=True)
        stood = dict(zip(map(id, were), count()))
        places = [stood.pop(one, None) for one in map(id, rows)]
        other = [place for place, one in enumerate(places) if one is None]
        left = {_name(were[place]): place for place in stood.values()}
        for place in other:
            places[place] = left.pop(_name(rows[place]), None)
        gone = set(range(len(were))).difference(places)
        return cls(before=before, places=places, other=other, gone=sorted(gone))

    def to_look_at(self, *, timeless: bool) -> Iterable[int]:
        """Give the places of rows of which something may have to be said anew.

        Args:
            timeless: Whether of a row that is the same and is due nothing has.
        """
        if not timeless:
            return range(len(self.places))
        pending = self.before.pending
        if not self.aligned:
            pending = {place for place, was in enumerate(self.places) if was in pending}
        return sorted(pending.union(self.other))

    def said(self, place: int) -> CachedRow | None:
        """Give what was said of a row's subject."""
        was = self.places[place]
        return None if was is None else self.before.said[was]

    def remembered(
        self,
        rows: Sequence[Row],
        new: Mapping[int, CachedRow],
        premises: CacheKey,
        heeds: GroupAgeSensitivity,
    ) -> GroupCache:
        """Put together what is to be remembered of these rows.

        Args:
            rows: The rows.
            new: By place, what was said of those of which it is not what was said before.
            premises: What it rests on.
            heeds: How the rules heed what only grows.
        """
        before, rules = self.before, len(premises.rules)
        were = [was for place in new if (was := self.places[place]) is not None]
        gone = columns([before.said[place].line for place in (*were, *self.gone)], rules)
        came = columns([one.line for one in new.values()], rules)
        # A counter drops what comes to nothing when it is added to.
        counts = [
            old + plus - minus
            for old, plus, minus in zip(
                before.results.counts, counted(came), counted(gone), strict=True
            )
        ]
        if not self.aligned:
            said, found = self._spliced(new, came)
            results = GroupResults(columns=found, counts=counts, in_order=in_order(rows))
            return group_cache(rows, said, results, premises, heeds)
        self._change(new, came)
        results = replace(before.results, counts=counts)
        pending = {place for place, one in new.items() if one.pending}
        waiting = {place for place, one in new.items() if one.waits}
        return replace(
            before,
            rows=rows,
            results=results,
            pending=(before.pending - new.keys()) | pending,
            waiting=None if before.waiting is None else (before.waiting - new.keys()) | waiting,
        )

    def _change(self, new: Mapping[int, CachedRow], came: Sequence[Sequence[Result]]) -> None:
        """Change what is new where it stands."""
        for place, one in new.items():
            self.before.said[place] = one
        for column, plus in zip(self.before.results.columns, came, strict=True):
            for place, result in zip(new, plus, strict=True):
                column[place] = result

    def _spliced(
        self, new: Mapping[int, CachedRow], came: Sequence[Sequence[Result]]
    ) -> tuple[list[CachedRow], Sequence[list[Result]]]:
        """Put what there was and what is new together in the order of the rows."""
        after = dict(zip(new, count(len(self.before.said))))
        order = [after.get(place, was) for place, was in enumerate(self.places)]
        runs = list(_runs([one for one in order if one is not None], len(self.before.said)))
        found = [
            _along(runs, old, plus)
            for old, plus in zip(self.before.results.columns, came, strict=True)
        ]
        return _along(runs, self.before.said, list(new.values())), found


def group_cache(
    rows: Sequence[Row],
    said: list[CachedRow],
    results: GroupResults,
    premises: CacheKey,
    heeds: GroupAgeSensitivity,
) -> GroupCache:
    """Give what is remembered of rows."""
    return GroupCache(
        premises=premises,
        rows=rows,
        said=said,
        results=results,
        pending={place for place, one in enumerate(said) if one.pending},
        waiting=None if heeds.all else {place for place, one in enumerate(said) if one.waits},
    )


def group_results(
    rows: Sequence[Row], lines: Sequence[tuple[Result, ...]], rules: int
) -> GroupResults:
    """Put together what rules said of rows, line by line."""
    found = columns(lines, rules)
    return GroupResults(
        columns=[list(one) for one in found], counts=counted(found), in_order=in_order(rows)
    )


def columns(lines: Sequence[tuple[Result, ...]], rules: int) -> Sequence[Sequence[Result]]:
    """Give what each rule said, from what was said of each row."""
    return list(zip(*lines, strict=True)) if lines else [()] * rules


def counted(columns: Sequence[Sequence[Result]]) -> Sequence[Counter[Status]]:
    """Count the statuses that each rule gave."""
    return [Counter(map(_STATUS, column)) for column in columns]


def in_order(rows: Sequence[Row]) -> bool:
    """Whether rows are sorted, one for each subject, and about single objects."""
    names = list(map(_NAME, map(_SUBJECT, rows)))
    whole = {CONNECTION, POPULATION} & {kind for kind, _ in names}
    return not whole and all(map(lt, names, islice(names, 1, None)))


def _runs(order: Iterable[int], old: int) -> Iterator[tuple[bool, slice]]:
    """Tell which stretches of what there was, and of what is new, follow one another.

    Args:
        order: Places in both, one after the other.
        old: How many of them are of what there was.
    """
    start = stop = 0
    for place in order:
        if place != stop or place == old:
            if start < stop:
                yield _stretch(start, stop, old)
            start = place
        stop = place + 1
    if start < stop:
        yield _stretch(start, stop, old)


def _stretch(start: int, stop: int, old: int) -> tuple[bool, slice]:
    return (True, slice(start - old, stop - old)) if start >= old else (False, slice(start, stop))


def _along(runs: Iterable[tuple[bool, slice]], old: Sequence[T], new: Sequence[T]) -> list[T]:
    found: list[T] = []
    for is_new, stretch in runs:
        found += (new if is_new else old)[stretch]
    return found


def _name(row: Row) -> SubjectName:
    return row.subject.kind, row.subject.key


_STATUS = attrgetter("status")
_SUBJECT = attrgetter("subject")
_NAME = attrgetter("kind", "key")
