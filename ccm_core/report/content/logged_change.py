"""One change of one object, as a change log shows it."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.changes.trail import ChangedField


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """One change of one object."""

    connection: str
    kind: str | None
    """Its evidence kind; None: the connector has none for it."""
    key: str
    title: str
    action: str
    """``created``, ``changed`` or ``deleted``, or as the source names it."""
    at: datetime | None
    """When, by the trail; None: it is known to lie between the other two."""
    since: datetime | None
    until: datetime
    actors: tuple[str, ...]
    """Who, by the trail; empty: it is not known."""
    method: str | None
    fields: tuple[ChangedField, ...]
    """By our own versions where there are any, else by the trail."""
    in_trail: bool | None
    """Whether the source's trail shows it; None: the trail of that time is not in the evidence."""
    in_versions: bool | None
    """Whether our own versions show it; None: its kind had not been read yet, or is not."""

    @property
    def moment(self) -> datetime:
        """When it happened, at the latest."""
        return self.at or self.until
