"""How a record changed from one stored version to the next."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """One change of one record, as far as collections show when it happened."""

    connection: str
    kind: str
    key: str
    before: Record | None
    """None: it was not there."""
    after: Record | None
    """None: it is gone."""
    since: datetime
    """When the kind was last read completely and the record was as before."""
    until: datetime
    """When it was seen as it is after. It changed between the two."""
