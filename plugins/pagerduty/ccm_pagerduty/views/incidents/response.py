"""The response to one incident, read from the timelines of its merge chain.

Time to acknowledge (MTTA) runs from the trigger until a person takes the incident: who
acknowledges, snoozes or resolves it. Time to resolve (MTTR) runs until the final resolution. A
merged incident is followed into the last one of its chain, which answers for it from the merge on:
a person who takes either has taken it, the last one not before the merge, and it is resolved when
the last one is.

Limits count on a clock of their own: from the moment at which the urgency rose to its highest, in
the hours of the service that count for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccm_pagerduty.views.incidents.incident_log import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ccm_pagerduty.views.incidents.incident_log import TimelineEntry
    from ccm_pagerduty.views.incidents.incident_timeline import IncidentTimeline
    from ccm_pagerduty.views.incidents.service_hours import CountedHours, ServiceHours
    from ccm_pagerduty.views.incidents.urgency_line import Highest, Line


@dataclass(frozen=True, slots=True)
class Taking:
    """When a person took an incident, as far as the logs show it."""

    first: datetime | None
    """When a person took it first; None: nobody did, or nothing shows who did."""
    by_person: bool | None
    """None: unknown."""
    exact: bool
    """Whether no earlier entry may be a person's."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the timelines of a merge chain show of the response to its first incident."""

    own: IncidentTimeline
    last: IncidentTimeline
    start: datetime
    hours: ServiceHours | None
    """None: unknown."""
    line: Line | None
    """Of its urgency; None: unknown."""
    taking: Taking | None
    """None: unknown."""
    end: datetime | None
    """When it was resolved, or merged into one that is lost; None: it is open, or unknown."""
    ends: bool
    """Whether the evidence shows if it ended, and when."""
    merged_at: datetime | None
    """When it was merged; None: it was not, or unknown."""
    acknowledged: Sequence[datetime] | None
    """When anybody or anything acknowledged it, in order; None: unknown."""
    orders: Mapping[str, int] = field(default_factory=dict)
    """Of the account's priorities, by name: the greater, the more severe."""

    @property
    def stop(self) -> datetime | None:
        """Return when it no longer waited for a person; None: it waits, or unknown."""
        taken = self.taking.first if self.taking else None
        return min((at for at in (taken, self.end) if at is not None), default=None)

    @property
    def waited(self) -> bool:
        """Return whether the evidence shows until when it waited for a person."""
        if self.taking is None or self.taking.by_person is None:
            return False
        return self.ends or self.taking.first is not None

    def hours_of(self, highest: Highest) -> CountedHours | None:
        """Return the hours that count for an urgency; None: unknown."""
        return None if self.hours is None else self.hours.of(str(highest.value))


def response(
    timelines: Sequence[IncidentTimeline],
    hours: ServiceHours | None,
    *,
    lost: bool,
    orders: Mapping[str, int] | None = None,
) -> Response | None:
    """Return the response to the first of a merge chain; None where a log is not there.

    Args:
        timelines: Of the chain, as far as it is in the evidence.
        hours: Of the service; None: unknown.
        lost: Whether the last of them was merged into one that is not in the evidence.
        orders: Of the account's priorities, by name.
    """
    own, last = timelines[0], timelines[-1]
    if own.trigger is None or any(timeline.trigger is None for timeline in timelines):
        return None
    start, merges = own.trigger.at, _merges(timelines, lost=lost)
    end = _end(last, merges, lost=lost)
    return Response(
        own=own,
        last=last,
        start=start,
        hours=hours,
        line=own.urgencies(start),
        taking=None if merges is None else _taking(timelines, merges, start),
        end=None if end is None else max(end, start),
        ends=merges is not None and (lost or not last.lacks_resolution),
        merged_at=max(merges[0], start) if merges else None,
        acknowledged=None if merges is None else _acknowledged(timelines, merges, start),
        orders=orders or {},
    )


def _end(
    last: IncidentTimeline, merges: Sequence[datetime] | None, *, lost: bool
) -> datetime | None:
    if merges is None:
        return None
    if lost:
        return merges[-1]
    return None if last.end is None else max((last.end.at, *merges[-1:]))


def _merges(timelines: Sequence[IncidentTimeline], *, lost: bool) -> list[datetime] | None:
    """Return from when on each next one of the chain answers; None: a merge has no time."""
    merges: list[datetime] = []
    for timeline in timelines if lost else timelines[:-1]:
        merged_at = timeline.merged_at
        if merged_at is None:
            return None
        merges.append(max(merged_at, merges[-1]) if merges else merged_at)
    return merges


def _counted(
    own: Sequence[TimelineEntry],
    others: Sequence[Sequence[TimelineEntry]],
    merges: Sequence[datetime],
    start: datetime,
) -> list[tuple[datetime, TimelineEntry]]:
    """Return entries with the moments from which on they count for the first of the chain.

    Nothing counts before its trigger, whatever the clock of another part of the source says.
    """
    counted = [(max(entry.at, start), entry) for entry in own]
    for since, entries in zip(merges, others, strict=False):
        counted += [(max(entry.at, since, start), entry) for entry in entries]
    return sorted(counted, key=lambda pair: (pair[0], pair[1].id)) if others else counted


def _taking(
    timelines: Sequence[IncidentTimeline], merges: Sequence[datetime], start: datetime
) -> Taking | None:
    if any(timeline.lacks_acknowledgement for timeline in timelines):
        return None
    others = [timeline.takings for timeline in timelines[1:]]
    return taking(_counted(timelines[0].takings, others, merges, start))


def taking(entries: Sequence[tuple[datetime, TimelineEntry]]) -> Taking:
    """Return when a person took an incident first, by entries that do or may."""
    first = next((at for at, entry in entries if entry.actor is Actor.PERSON), None)
    unclear = any(
        entry.actor is Actor.UNCLEAR and (first is None or at < first) for at, entry in entries
    )
    if first is None:
        return Taking(None, None if unclear else False, exact=not unclear)
    return Taking(first, by_person=True, exact=not unclear)


def _acknowledged(
    timelines: Sequence[IncidentTimeline], merges: Sequence[datetime], start: datetime
) -> Sequence[datetime] | None:
    if any(timeline.lacks_acknowledgement for timeline in timelines):
        return None
    of_each = [timeline.log.of_type("acknowledge") for timeline in timelines]
    return [at for at, _ in _counted(of_each[0], of_each[1:], merges, start)]
