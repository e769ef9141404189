"""Evidence that was dated by a wrong clock, told by the order in which it was stored. Pure.

Where a source tells no time, only this machine's clock dates evidence. A collection that claims to
have ended long after one that was stored later was dated by a clock that ran ahead: its window
covers hours that nobody has read. It counts for nothing, so these hours are read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccm_core.model.evidence.collection import Collection

TOLERANCE = timedelta(hours=1)
"""As far as a clock may be off while evidence is collected."""


def dated_in_order(collections: Sequence[Collection], since: datetime) -> list[Collection]:
    """Return collections without those that claim to be later than what was stored after them.

    Args:
        collections: Of one connection, in the order in which they were stored.
        since: The beginning of the horizon; what ended before it says nothing of other dates.
    """
    credible, earliest = list[Collection](), None
    for collection in reversed(collections):
        if earliest is not None and collection.ended_at - earliest > TOLERANCE:
            continue
        credible.append(collection)
        if collection.ended_at >= since:
            earliest = min(collection.ended_at, earliest or collection.ended_at)
    return credible[::-1]
