"""Contradictions that a second reading repeated: a third one waits until the kind is due. Pure.

A list that another kind contradicts may have been read at a bad moment, so that the next run reads
it again, due or not. Where that shows the same, one more at once would show it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall

_FIRST = (
    "The next `ccm collect` reads it again, due or not; if it stays so, report it to the source's "
    "support"
)
_REPEATED = (
    "It was the same on a second read, so it is read again when it is due, or with "
    "`ccm collect --all`; report it to the source's support"
)


def repeated_contradictions(collections: Sequence[Collection]) -> frozenset[str]:
    """Return the ids of collections that lack nothing but what the read before them lacked too.

    Args:
        collections: As they were amended, in the order in which they were stored.
    """
    lists: dict[tuple[str, str], list[Collection]] = {}
    repeated = set()
    for collection in collections:
        before = lists.setdefault((collection.connection, collection.kind), [])
        if _is_contradicted(collection) and _repeats(collection, before):
            repeated.add(collection.id)
        before.append(collection)
    return frozenset(repeated)


def with_next_step(amendment: Collection, earlier: Sequence[Collection]) -> Collection:
    """Return an amendment whose contradictions state what is done about them.

    Args:
        amendment: What it adds has no next step yet.
        earlier: The collections before its run, as they were amended, in order.
    """
    before = [collection for collection in earlier if collection.kind == amendment.kind]
    step = _REPEATED if _repeats(amendment, before) else _FIRST
    return replace(
        amendment,
        shortfalls=tuple(
            replace(shortfall, detail=f"{shortfall.detail}. {step}")
            if shortfall.reason is Reason.CONTRADICTED
            and without_next_step(shortfall) == shortfall.detail
            else shortfall
            for shortfall in amendment.shortfalls
        ),
    )


def _is_contradicted(collection: Collection) -> bool:
    reasons = {shortfall.reason for shortfall in collection.shortfalls}
    lasting = {Reason.CONTRADICTED, Reason.HIDDEN_REFERENCES, Reason.VISIBILITY}
    partial = collection.outcome is Outcome.PARTIAL
    return partial and Reason.CONTRADICTED in reasons and reasons <= lasting


def _repeats(collection: Collection, before: Sequence[Collection]) -> bool:
    """Return whether the last read of the same, in an earlier run, had the same contradictions."""
    last = last_read_of_same(collection, before)
    contradictions = _contradictions(collection.shortfalls)
    return last is not None and contradictions <= _contradictions(last.shortfalls)


def last_read_of_same(collection: Collection, before: Sequence[Collection]) -> Collection | None:
    """Return the last read of the same list and time in an earlier run."""
    return next(
        (
            other
            for other in reversed(before)
            if other.kind == collection.kind
            and other.run != collection.run
            and _is_of_same(other, collection)
        ),
        None,
    )


def _is_of_same(other: Collection, collection: Collection) -> bool:
    if other.window is None or collection.window is None:
        return other.window is collection.window
    return other.window.intersection(collection.window) is not None


def _contradictions(shortfalls: Iterable[Shortfall]) -> frozenset[tuple[str, ...]]:
    return frozenset(
        shortfall.subjects or (without_next_step(shortfall),)
        for shortfall in shortfalls
        if shortfall.reason is Reason.CONTRADICTED
    )


def without_next_step(shortfall: Shortfall) -> str:
    """Return the detail of a contradiction without what is done about it."""
    return shortfall.detail.removesuffix(f". {_FIRST}").removesuffix(f". {_REPEATED}")
