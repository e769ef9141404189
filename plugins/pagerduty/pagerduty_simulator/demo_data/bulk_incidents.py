"""Incidents by the hundred thousand, for tests and benchmarks of size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.incident_store import (
    Event,
    IncidentRecord,
    IncidentState,
    ServiceReferences,
)
from pagerduty_simulator.account.names import TITLES
from pagerduty_simulator.api.serializers.references import user_reference
from pagerduty_simulator.demo_data.incidents import service_references


def many_incidents(
    account: Account,
    count: int,
    *,
    at: datetime | None = None,
    spread: tuple[datetime, datetime] | None = None,
) -> None:
    """Add incidents, all in the second ``at`` or evenly over ``spread``.

    Each was acknowledged by a user after two minutes and resolved after half an hour: five log
    entries. They are on all services in turn, every fourth of low urgency.

    Raises:
        ValueError: Neither or both of ``at`` and ``spread`` are passed.
    """
    if (at is None) == (spread is None):
        msg = "expected either at= or spread=, got both or neither"
        raise ValueError(msg)
    begin, end = spread or (at, at)
    first, last = int(begin.timestamp()), int(end.timestamp())  # type: ignore[union-attr]
    account.incidents.put(_incidents(account, count, first, last - first))


def _incidents(account: Account, count: int, first: int, length: int) -> Iterator[IncidentRecord]:
    references = [service_references(account, service) for service in account.services.values()]
    states = [_state(account, service, index) for index, service in enumerate(references)]
    number = account.incidents.next_number
    for position in range(count):
        service = position % len(references)
        yield IncidentRecord(
            number=number + position,
            created=first + length * position // count,
            references=references[service],
            state=states[service],
            title=TITLES[position % len(TITLES)],
            urgency="low" if position % 4 == 3 else "high",  # noqa: PLR2004 - every fourth
        )


def _state(account: Account, references: ServiceReferences, position: int) -> IncidentState:
    users = list(account.users)
    responder = user_reference(account, users[position % len(users)])
    return IncidentState(
        events=(
            Event(0, "trigger", references.service, "api"),
            Event(0, "assign", references.service, "auto", responder),
            Event(1, "notify", references.service, "auto", responder),
            Event(120, "acknowledge", responder, "mobile"),
            Event(1800, "resolve", responder, "website"),
        )
    )
