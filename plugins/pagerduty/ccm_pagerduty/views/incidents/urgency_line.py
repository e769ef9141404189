"""Urgency and priority of an incident through time.

A log entry about a change of urgency does not tell to which one. There are two, and the incident
tells the last: so each change before it is undone, one after the other. A change of priority tells
both sides, in its channel or in its text.

What decides a limit is the *highest* that an incident had while it waited, and the limit counts
from the moment at which it rose to that. So nobody is late who was called five minutes ago, and
nobody is in time because the urgency was lowered after the limit had run out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.incidents.service_hours import HIGH, LOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.incident_log import TimelineLog

Line = tuple[tuple["datetime", str | None], ...]
"""What an incident was of, from each moment on; the first is its trigger."""

_OTHER = {HIGH: LOW, LOW: HIGH}
_NUMBERED = re.compile(r"(?P<scheme>.*?)(?P<number>[0-9]+)(?P<rest>[^0-9]*)")


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest that an incident was of in a stretch of time."""

    value: str | None
    """None: of none at all."""
    since: datetime
    """When it rose to it first."""


def urgencies(incident: JsonObject, log: TimelineLog, start: datetime) -> Line | None:
    """Return the urgency through time; None where the incident does not tell it."""
    urgency = incident.get("urgency")
    if urgency not in _OTHER:
        return None
    if not log.count("urgency_change"):
        return ((start, urgency),)
    line: list[tuple[datetime, str | None]] = []
    for entry in reversed(log.entries):
        if entry.type == "urgency_change" and entry.at > start:
            line.append((entry.at, urgency))
            urgency = _OTHER[urgency]
    return ((start, urgency), *reversed(line))


def priorities(incident: JsonObject, log: TimelineLog, start: datetime) -> Line | None:
    """Return the priority through time; None where a change does not tell it."""
    current = incident.get("priority")
    changes = log.of_type("priority_change")
    if not changes:
        return ((start, current and title_of(current)),)
    if any(change.priorities is None for change in changes):
        return None
    told = [(change.at, *(change.priorities or (None, None))) for change in changes]
    first = (start, told[0][1])
    return (first, *((max(at, start), new) for at, _, new in told))


def highest_urgency(line: Line, until: datetime | None) -> Highest:
    """Return the highest urgency before a moment, at the trigger at least; None: at any time."""
    if len(line) == 1:
        return Highest(line[0][1], line[0][0])
    rise = next((at for at, urgency in _in_force(line, until) if urgency == HIGH), None)
    if rise is not None:
        return Highest(HIGH, rise)
    return Highest(LOW, line[0][0])


def highest_priority(
    line: Line, until: datetime | None, orders: Mapping[str, int]
) -> Highest | None:
    """Return the highest priority before a moment; None where they cannot be compared.

    Args:
        line: The priority through time.
        until: The moment; None: at any time.
        orders: Of the account's priorities, by name: the greater, the more severe. Where one has
            none, ``P1`` is higher than ``P2``, and other names have no order.
    """
    if len(line) == 1:
        return Highest(line[0][1], line[0][0])
    rises: dict[str, datetime] = {}
    for at, priority in _in_force(line, until):
        if priority is not None:
            rises.setdefault(priority, at)
    if not rises:
        return Highest(None, line[0][0])
    if len(rises) == 1:
        return Highest(*next(iter(rises.items())))
    ranks = _ranks(list(rises), orders)
    if ranks is None:
        return None
    name = max(rises, key=lambda priority: ranks[priority])
    return Highest(name, rises[name])


def _in_force(line: Line, until: datetime | None) -> Line:
    """Return what was in force for a second or more before a moment; at least the last at once."""
    ends = [at for at, _ in line[1:]]
    lasting = tuple(
        part
        for part, end in zip(line, [*ends, None], strict=True)
        if (end is None or part[0] < end) and (until is None or part[0] < until)
    )
    if lasting:
        return lasting
    # It was taken in the second of its trigger: what it was of then counts.
    at_once = [part for part in line if part[0] == line[0][0]]
    return tuple(at_once[-1:])


def _ranks(names: Sequence[str], orders: Mapping[str, int]) -> dict[str, int] | None:
    """Return the ranks of priorities, by what the account says or by the numbers in their names."""
    if all(name in orders for name in names) and len({orders[name] for name in names}) == len(
        names
    ):
        return {name: orders[name] for name in names}
    parts = {name: _NUMBERED.fullmatch(name) for name in names}
    schemes = {(part["scheme"], part["rest"]) for part in parts.values() if part}
    if None in parts.values() or len(schemes) > 1:
        return None
    return {name: -int(part["number"]) for name, part in parts.items() if part}
