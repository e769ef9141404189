"""The collections of a kind that were missed: due by its required frequency, and not made.

A row lists few of them, however long the history is: an older one only where it is longer than
every later one. That is enough for any limit and any period that reaches up to the evaluation: the
newest that exceeds a limit is always listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta

    from ccm_core.sdk.types import JsonObject

MOST_LISTED = 24
"""As many are listed at most; the last one then stands for all that are older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Consecutive collections that were missed."""

    since: datetime
    """The collection before, or when the kind was first scheduled."""
    until: datetime
    """The collection after."""
    rounds: int

    def plain(self) -> JsonObject:
        """Return it as an interval of a row."""
        return {
            "since": format_instant(self.since),
            "until": format_instant(self.until),
            "rounds": self.rounds,
        }


def missed_collections(
    instants: Iterable[datetime], cadence: timedelta, *, most: int = MOST_LISTED
) -> list[Missed]:
    """Return what was missed between some collections, newest first.

    Args:
        instants: When it was collected, and when the kind was first scheduled.
        cadence: How often it has to be collected; not zero. Only a time that has passed whole
            counts, so that a run that is a little late misses nothing.
        most: How many are listed at most.
    """
    listed = list(_longer_than_later(_missed(instants, cadence)))
    older = listed[most - 1 :]
    if len(older) < 2:  # noqa: PLR2004 - nothing to join
        return listed
    joined = Missed(since=older[-1].since, until=older[0].until, rounds=older[-1].rounds)
    return [*listed[: most - 1], joined]


def _missed(instants: Iterable[datetime], cadence: timedelta) -> list[Missed]:
    return [
        Missed(since=since, until=until, rounds=rounds)
        for since, until in pairwise(sorted(set(instants)))
        if (rounds := (until - since) // cadence - 1) > 0
    ]


def _longer_than_later(in_order: list[Missed]) -> Iterator[Missed]:
    longest = 0
    for missed in reversed(in_order):
        if missed.rounds > longest:
            longest = missed.rounds
            yield missed
