"""What an evaluation remembers for the next one, so that what did not change is not judged again.

A result is taken over where its rule, the pack's parameters, the row, the records it was derived
from and what the rule may rest on are the same, and where the moment makes no difference. An
evaluation with a memory gives the same as one without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from ccm_core.model.json import JsonObject, encode
from ccm_core.model.result import Result
from ccm_core.model.rule import Rule
from ccm_core.sdk.types import Row

SubjectName: TypeAlias = tuple[str, str]
"""The kind and the key of a subject."""


class Timing(Enum):
    """How what a rule says of an unchanged row depends on the evaluation's moment."""

    NONE = "none"
    UNTIL_DUE = "until due"
    """Once, when the row falls due; that moment is the result's ``due_at`` where it is known."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What all rules of a group said of one row."""

    seal: bytes
    """Stands for the row: its body, its title and the records behind it."""
    line: tuple[Result, ...]
    """By rule, as in the group."""
    again: tuple[bool, ...] | None
    """Which of them have to be judged again however little changed; None: none of them."""
    until: datetime | None
    """When the first of them falls due; None: none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What the results of a group over one connection rest on, apart from the rows."""

    rules: tuple[Rule, ...]
    """Those whose evidence sufficed."""
    parameters: JsonObject
    shared: tuple[Any, ...]
    """For each rule: the objects in doubt, and what it looks records up in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMemory:
    """The rows of one kind or view of one connection, as one pack judged them."""

    premises: Premises
    rows: Mapping[SubjectName, Remembered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one evaluation leaves for a later one. It is never kept, only handed on."""

    at: datetime
    groups: Mapping[tuple[str, str, str], GroupMemory] = field(default_factory=dict)
    """By pack, kind or view, and connection."""

    def recall(
        self, name: tuple[str, str, str], premises: Premises, now: datetime
    ) -> Mapping[SubjectName, Remembered]:
        """Give the rows that may be taken over: none where the premises differ."""
        found = self.groups.get(name)
        if found is None or now < self.at or found.premises != premises:
            return {}
        return found.rows


def seal_of(row: Row, *, is_record: bool) -> bytes | None:
    """Give 16 bytes that are the same only for the same row; None where it is not JSON.

    Args:
        row: The row.
        is_record: Whether its body is a kept record, which its digest stands for already.
    """
    subject = row.subject
    parts: Sequence[Any] = (
        None if is_record else row.body,
        row.rests_on,
        row.names,
        subject.title,
        subject.url,
    )
    try:
        return hashlib.blake2b(encode(parts), digest_size=16).digest()
    except (TypeError, ValueError):
        return None


def remembered(
    seal: bytes, line: tuple[Result, ...], timings: Sequence[Timing], *, aged: Sequence[bool]
) -> Remembered:
    """Note what was said of a row, and what of it the moment may change.

    Args:
        seal: Of the row.
        line: The results, by rule.
        timings: How each rule depends on the moment.
        aged: Of each rule, whether when it falls due is told from an age and the moment.
    """
    again = tuple(
        _again(result, timing, told_from_age)
        for result, timing, told_from_age in zip(line, timings, aged, strict=True)
    )
    dues = [result.due_at for result in line if result.due_at is not None]
    return Remembered(
        seal=seal, line=line, again=again if any(again) else None, until=min(dues, default=None)
    )


def _again(result: Result, timing: Timing, told_from_age: bool) -> bool:  # noqa: FBT001 - one of three facts that are zipped
    if timing is Timing.ALWAYS:
        return True
    if result.due_at is not None:
        return told_from_age
    # Not due, and nobody knows until when.
    return timing is Timing.UNTIL_DUE and result.reason == NOT_DUE_YET


NOT_DUE_YET = "not due yet"
"""The reason of a result that is not applicable because it is not due."""
