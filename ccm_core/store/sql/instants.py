"""Instants as the store has them: whole microseconds since 1970, UTC.

Integers sort the same way in every database and lose nothing, unlike text and floats.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from ccm_core.model.instant import EPOCH, from_microseconds

_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Return the microseconds from 1970 to an aware instant."""
    return (instant - EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)  # all of a page were observed at once
def instant(microseconds: int) -> datetime:
    """Return the instant that many microseconds after 1970, in UTC."""
    return from_microseconds(microseconds)
