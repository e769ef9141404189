"""The share of a month that passed a test, as the evaluations found it that saw most of the month.

Early in a month a share is one of few items, and once a month is long ago it is one of those that a
connection still looks back to. Neither is the share of the month.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ccm_core.bundle.verifier.scope import period_bounds


class SeenShare(NamedTuple):
    """The share of a month as one evaluation found it: the later, the more it counts."""

    seen: timedelta
    """How much of the month it looked at."""
    order: tuple[datetime, int]
    """When it was, and the index of its leaf."""
    status: str


class MonthShare:
    """What evaluations say of the share of one month."""

    def __init__(self) -> None:
        self.whole: SeenShare | None = None
        """The last that saw all of the month."""
        self.begun: SeenShare | None = None
        """Of those before the month ended, the one that saw most of it."""
        self.ended: SeenShare | None = None
        """Of those after it, the one that saw most of it."""

    def add(self, month: str, since: datetime, order: tuple[datetime, int], status: str) -> None:
        """Add what an evaluation says that looks back to a moment."""
        begins, ends = period_bounds(month)
        at = order[0]
        share = SeenShare(min(at, ends) - max(since, begins), order, status)
        if share.seen == ends - begins:
            self.whole = max(share, self.whole or share)
        elif at < ends:
            self.begun = max(share, self.begun or share)
        else:
            self.ended = max(share, self.ended or share)

    @property
    def fails(self) -> bool:
        """Return whether too few items of the month passed.

        Where no evaluation saw all of it, two together did: then none of them may find so.
        """
        shares = [self.whole] if self.whole else [self.begun, self.ended]
        return any(share is not None and share.status == "fail" for share in shares)
