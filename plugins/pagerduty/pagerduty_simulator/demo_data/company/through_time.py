"""An account as it was at a moment: incidents so far, and the changes made by then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.incident_store import IncidentLog, IncidentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedChange:
    """A change of an account."""

    at: datetime
    apply: Callable[[Account, datetime], None]


class AccountThroughTime:
    """An account that is led from one moment to a later one."""

    def __init__(self, account: Account, changes: Sequence[DatedChange]) -> None:
        """Take the incidents out of an account; they come back as they happen."""
        self._account = account
        self._changes = deque(sorted(changes, key=lambda change: change.at))
        self._coming = deque(sorted(account.incidents, key=lambda incident: incident.created))
        self._under_way: dict[int, IncidentRecord] = {}
        account.incidents = IncidentLog()

    def move(self, moment: datetime) -> None:
        """Lead the account to a moment, which is not before the last one."""
        self._account.now = moment.replace(microsecond=0)
        self._happen(self._account.epoch)
        while self._changes and self._changes[0].at <= moment:
            change = self._changes.popleft()
            change.apply(self._account, change.at)

    def _happen(self, epoch: int) -> None:
        while self._coming and self._coming[0].created <= epoch:
            incident = self._coming.popleft()
            self._under_way[incident.number] = incident
        self._account.incidents.put([_until(one, epoch) for one in self._under_way.values()])
        self._under_way = {
            number: incident
            for number, incident in self._under_way.items()
            if incident.updated > epoch
        }


def days_before(now: datetime, days: float) -> datetime:
    """Return the moment some days before another."""
    return now - timedelta(days=days)


def _until(incident: IncidentRecord, epoch: int) -> IncidentRecord:
    """Return an incident as it was at a moment."""
    past = tuple(
        event for event in incident.state.events if incident.created + event.after <= epoch
    )
    if len(past) == len(incident.state.events):
        return incident
    return replace(incident, state=replace(incident.state, events=past, merged_into=None))
