"""What an evaluation remembers for the next one, so that what did not change is not judged again.

A result is taken over where its rule, the pack's parameters, what the rule reads of the row, the
records behind the row and what the rule may rest on are the same, and where the moment makes no
difference. An evaluation with a memory gives the same as one without.
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
from ccm_core.sdk.types import Row

SubjectName: TypeAlias = tuple[str, str]
"""The kind and the key of a subject."""

NOT_DUE_YET = "not due yet"
"""The reason of a result that is not applicable because it is not due."""


class TimeDependence(Enum):
    """How what a rule says of an unchanged row depends on the evaluation's moment."""

    NONE = "none"
    UNTIL_DUE = "until due"
    """Once, when the row falls due; that moment is the result's ``due_at`` where it is known."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDependencies:
    """What a rule's verdict on a row can depend on."""

    timing: TimeDependence = TimeDependence.ALWAYS
    reads: frozenset[str] | None = None
    """The fields of the row that it reads; None: any of them."""
    grows: frozenset[str] = frozenset()
    """Fields that it only holds against the limit until which a row is not due: while they grow,
    what is due stays due."""
    chooses: frozenset[str] | None = None
    """The fields that decide whether it is about a row at all; None: any, or the moment."""


@dataclass(frozen=True, slots=True)
class CachedRow:
    """What all rules of a group said of one row."""

    row: Row
    line: tuple[Result, ...]
    """By rule, as in the group."""
    pending: bool
    """Whether any of them was not due yet."""
    seal: bytes | None
    """What they read of it, but for fields that grow; None: to be compared field by field."""
    waits: bool = False
    """Whether a rule heeds its ages, so that it may not be taken over as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """What the results of a group over one connection rest on, apart from the rows."""

    rules: tuple[Rule, ...]
    """Those whose evidence sufficed."""
    parameters: JsonObject
    shared: tuple[Any, ...]
    """For each rule: the objects in doubt, and what it looks records up in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResults:
    """What the rules of a group said of the rows of one connection."""

    columns: Sequence[list[Result]]
    """By rule: what it said of each row."""
    counts: Sequence[Counter[Status]]
    """By rule: how many rows have which status."""
    in_order: bool
    """Whether the rows are sorted, one for each subject, and about single objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCache:
    """The rows of one kind or view of one connection, as one pack judged them."""

    premises: CacheKey
    rows: Sequence[Row]
    said: list[CachedRow]
    """Of each row."""
    results: GroupResults
    """The same, by rule."""
    pending: set[int]
    """The places of rows of which something is not due yet."""
    waiting: set[int] | None
    """The places of rows that may not be taken over as they are; None: any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCache:
    """What one evaluation leaves for the next one, which uses it up. It is never kept."""

    at: datetime
    groups: Mapping[tuple[str, str, str], GroupCache] = field(default_factory=dict)
    """By pack, kind or view, and connection."""

    def recall(
        self, name: tuple[str, str, str], premises: CacheKey, now: datetime
    ) -> GroupCache | None:
        """Give the rows that may be taken over: none where the premises differ."""
        found = self.groups.get(name)
        if found is None or now < self.at or found.premises != premises:
            return None
        return found

    def waiting(self, over: str, connection: str) -> Sequence[Row] | None:
        """Give the rows of a kind or view that some rule heeds the ages of; None: any of them."""
        found: list[Row] = []
        groups = [one for name, one in self.groups.items() if name[1:] == (over, connection)]
        for group in groups:
            if group.waiting is None:
                return None
            found.extend(group.rows[place] for place in sorted(group.waiting))
        return found if groups else None


@dataclass(slots=True)
class Invalidator:
    """Finds out which rules have to judge a row again."""

    senses: Sequence[RuleDependencies]
    """By rule."""
    aged: Sequence[bool]
    """By rule: whether when a row falls due is told from an age and the moment."""
    now: datetime
    _read: frozenset[str] | None = None
    _growing: tuple[str, ...] = ()
    """Fields that are held against a limit only."""
    _pick: Callable[[JsonObject], tuple[Any, ...]] | None = None
    """Takes the other fields that are read out of a body that has all of them."""
    _plans: dict[frozenset[str], tuple[frozenset[int], frozenset[int]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Put together what any rule reads."""
        fields = [one.reads | one.grows for one in self.senses if one.reads is not None]
        if len(fields) == len(self.senses):
            self._read = frozenset().union(*fields)
            settled = frozenset[str]().union(*(one.reads or () for one in self.senses))
            self._growing = tuple(sorted(self._read - settled))
            if len(settled) >= _TWO:
                self._pick = itemgetter(*sorted(settled))

    def seal(self, row: Row) -> bytes | None:
        """Put what the rules read of a row, but for fields that grow, into a few bytes.

        JSON tells 1, 1.0 and true apart, as conditions do.
        """
        if self._pick is None:
            return None
        try:
            return encode(self._pick(row.body))
        except (KeyError, ValueError, OverflowError):
            return None

    def again(self, known: CachedRow, row: Row, seal: bytes | None = None) -> frozenset[int] | None:
        """Give the places of the rules that have to judge a row again; None: all of them.

        Of the others the verdict stands, whatever records the row rests on by now.
        """
        then = known.row
        if row.unknown != then.unknown:
            return None
        sealed = seal is not None and seal == known.seal and not known.pending
        if sealed and self._only_grew(then.body, row.body):
            return self._planned(_NOTHING)[0]
        changed = _changed(then.body, row.body, self._watched(then.body, row.body))
        return self._places(known, row, changed)

    def same(self, known: CachedRow) -> frozenset[int]:
        """Give the places of the rules that have to judge the very same row again."""
        return self._places(known, known.row, _NOTHING)

    @property
    def timeless(self) -> bool:
        """Whether no rule has to judge a row again that is the same and is due."""
        return not self._planned(_NOTHING)[0]

    def _places(self, known: CachedRow, row: Row, changed: frozenset[str]) -> frozenset[int]:
        always, growing = self._planned(changed)
        grew = not growing or _grew(known.row.body, row.body, changed)
        if grew and not known.pending:
            return always
        return always | {
            place
            for place, result in enumerate(known.line)
            if self._pending(place, result)
            or (place in growing and (_is_pending(result) or not grew))
        }

    def _watched(self, then: JsonObject, now: JsonObject) -> Iterable[str]:
        """Name the fields that any rule reads."""
        if self._read is None:
            return then.keys() | now.keys()
        return self._read

    def _only_grew(self, then: JsonObject, now: JsonObject) -> bool:
        """Whether each field that is held against a limit is the same or a number that grew."""
        for name in self._growing:
            one, other = then.get(name, _ABSENT), now.get(name, _ABSENT)
            if one is other:
                continue
            if type(one) not in _NUMBERS or type(one) is not type(other) or one > other:
                return False
        return True

    def _planned(self, changed: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
        plan = self._plans.get(changed)
        if plan is None:
            plan = self._plans[changed] = self._plan(changed)
        return plan

    def _plan(self, changed: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
        """Tell which rules read what changed, and which only hold it against a limit."""
        always, growing = set(), set()
        for place, one in enumerate(self.senses):
            touched = bool(changed) if one.reads is None else not changed.isdisjoint(one.reads)
            if one.timing is TimeDependence.ALWAYS or touched:
                always.add(place)
            elif not changed.isdisjoint(one.grows):
                growing.add(place)
        return frozenset(always), frozenset(growing)

    def _pending(self, place: int, result: Result) -> bool:
        """Whether a result was not due and may be by now, or is due at another moment."""
        if not _is_pending(result):
            return False
        if self.senses[place].timing is TimeDependence.NONE and result.due_at is None:
            return False
        return self.aged[place] or result.due_at is None or result.due_at <= self.now


def _is_pending(result: Result) -> bool:
    return result.reason == NOT_DUE_YET


def _changed(then: JsonObject, now: JsonObject, watched: Iterable[str]) -> frozenset[str]:
    """Name the fields among those watched that differ: 1, 1.0 and true are three values."""
    changed = [
        name
        for name in watched
        # The values of small numbers, true, false and null are the very same objects.
        if (one := then.get(name, _ABSENT)) is not (other := now.get(name, _ABSENT))
        and not _same(one, other)
    ]
    return frozenset(changed) if changed else _NOTHING


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict | list):
        return one == other and encode(one) == encode(other)
    return bool(one == other)


def _grew(then: JsonObject, now: JsonObject, changed: frozenset[str]) -> bool:
    """Whether every number that changed only grew."""
    return all(
        type(then.get(name)) in _NUMBERS
        and type(now.get(name)) in _NUMBERS
        and then[name] <= now[name]
        for name in changed
    )


_NUMBERS = {int, float}
_TWO = 2
"""As many names make :func:`~operator.itemgetter` give a tuple."""
_NOTHING: frozenset[str] = frozenset()
_ABSENT = object()
