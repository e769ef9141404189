"""What rows over on-call coverage say at a moment, by the functions that conditions use.

A row holds intervals over all that is observed. A rule asks about the past, or about what is ahead.
"""

from __future__ import annotations

from datetime import datetime

from ccm_core.rules.cel.interval_functions import overlapping, total, within
from ccm_core.sdk.types import Window


class At:
    """The questions of rules at one moment, over one evaluated period."""

    def __init__(self, now, horizon):
        """Take the moment and the period."""
        self.now, self.horizon = now, horizon

    def past(self, row):
        """Return what is observed of the past; None where that is nothing."""
        return self._observed(row, Window(self.horizon.since, max(self.now, self.horizon.since)))

    def ahead(self, row):
        """Return what is observed from now on; None where that is nothing."""
        return self._observed(row, Window(self.now, max(self.now, self.horizon.until)))

    def gaps(self, row, intervals, tense):
        """Return the intervals of a tense, clipped to it; None where they are unknown."""
        period = getattr(self, tense)(row)
        if period is None:
            return None
        try:
            return within(intervals, period.since, period.until)
        except LookupError:
            return None

    def seconds(self, row, intervals, tense):
        """Return their length; None where it is unknown."""
        gaps = self.gaps(row, intervals, tense)
        return None if gaps is None else total(gaps)

    def people(self, row, people, tense):
        """Return the ids of those who are on call in a tense."""
        period = getattr(self, tense)(row)
        return [
            person["id"]
            for person in people
            if overlapping(person["on_call"], period.since, period.until)
        ]

    def reaches(self, row, level, tense="ahead"):
        """Return whether a level reaches somebody; None where it is unknown."""
        period = getattr(self, tense)(row)
        if period is None:
            return None
        if overlapping(level["covered"], period.since, period.until):
            return True
        gaps = self.gaps(row, level["gaps"], tense)
        return None if gaps is None else not gaps

    @staticmethod
    def _observed(row, period):
        if "observed" not in row:
            return None
        bounds = (datetime.fromisoformat(row["observed"][name]) for name in ("since", "until"))
        return Window(*bounds).intersection(period)
