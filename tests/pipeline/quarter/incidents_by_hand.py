"""What becomes of each incident, counted from the events of the account alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pagerduty_simulator.account.incident_store import Event, IncidentRecord

from tests.pipeline.quarter.account_of_a_quarter import (
    DAY,
    HOUR,
    LOOSE,
    MINUTE,
    STRICT,
    STRICTER_FROM,
    Snapshot,
)

LOOKBACK = timedelta(days=30)
"""How far back the connection looks each time."""
PASS, FAIL, OPEN = "pass", "fail", "open"
BY_PRIORITY = {"P1": 5 * MINUTE, "P2": 15 * MINUTE, "P3": 8 * HOUR, "P4": 8 * HOUR, "P5": 8 * HOUR}
Told = Callable[["Story"], str | None]


@dataclass(frozen=True, kw_only=True)
class Story:
    """One incident, as it was when it was tested last."""

    record: IncidentRecord
    others: Mapping[int, IncidentRecord]
    now: int
    limit: int
    """In which a high-urgency one was to be acknowledged at that time."""

    @property
    def events(self) -> list[Event]:
        """What had happened by then."""
        return [
            one for one in self.record.state.events if self.record.created + one.after <= self.now
        ]

    @property
    def is_high(self) -> bool:
        """Whether it is of high urgency: no incident of the account changes its own."""
        return self.record.urgency == "high"

    @property
    def is_merged(self) -> bool:
        """Whether it went into one that was there before; those are as urgent."""
        target = self.record.state.merged_into
        return target is not None and self.others[target].created <= self.record.created

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved, or was opened again."""
        last = [one.type for one in self.events if one.type in {"trigger", "resolve", "reopen"}][-1]
        return last != "resolve"

    @property
    def resolved(self) -> int | None:
        """After how many seconds it was resolved in the end."""
        return None if self.is_open else [e.after for e in self.events if e.type == "resolve"][-1]

    @property
    def taken(self) -> int | None:
        """After how many seconds a person had it."""
        return next((one.after for one in self.events if _takes(one)), None)

    @property
    def went_by_itself(self) -> bool:
        """Whether monitoring resolved it, and no person ever had it."""
        return not self.is_open and self.taken is None


def _takes(event: Event) -> bool:
    by_person = (event.agent or {}).get("type") == "user_reference"
    return by_person and event.type in {"acknowledge", "resolve"}


def acknowledged(story: Story) -> str | None:
    """High urgency: a person has it within the limit."""
    if not story.is_high:
        return None
    limit = story.limit
    if story.is_merged:  # its own wait counts where it was too long
        waited = min(x for x in (story.taken, story.resolved) if x is not None)
        return FAIL if waited > limit else None
    if story.went_by_itself and (story.resolved or 0) <= limit:
        return None
    if story.is_open and story.taken is None and story.now - story.record.created <= limit:
        return OPEN
    return PASS if story.taken is not None and story.taken <= limit else FAIL


def low_acknowledged(story: Story) -> str | None:
    """Low urgency: eight hours of Monday to Friday, nine to five in UTC."""
    if story.is_high or story.is_merged:
        return None
    used = working_seconds(story.record.created, story.record.created + (story.taken or 0))
    if story.taken is None:
        so_far = working_seconds(story.record.created, story.now)
        return OPEN if so_far <= 8 * HOUR else FAIL
    return PASS if used <= 8 * HOUR or story.taken <= 8 * HOUR else FAIL


def within_priority(story: Story) -> str | None:
    """Each priority has its limit, from the trigger on."""
    if story.record.priority is None or story.is_merged:
        return None
    limit = BY_PRIORITY[f"P{story.record.priority + 1}"]
    if story.went_by_itself and (story.resolved or 0) <= limit:
        return None
    if story.is_open and story.taken is None and story.now - story.record.created <= limit:
        return OPEN
    return PASS if story.taken is not None and story.taken <= limit else FAIL


def keeps_an_owner(story: Story) -> str | None:
    """Of high urgency that lost their owner: nobody had them for no more than a quarter hour."""
    lost, without = None, 0
    for event in story.events:
        if event.type in {"unacknowledge", "reopen"} and lost is None:
            lost = event.after
        elif lost is not None and (_takes(event) or event.type == "resolve"):
            without, lost = without + event.after - lost, None
    if not story.is_high or (lost is None and without == 0):
        return None
    if lost is not None:
        without += story.now - story.record.created - lost
    return PASS if without <= 15 * MINUTE else FAIL


def not_exhausted(story: Story) -> str | None:
    """High urgency: the last level was not asked in vain."""
    if not story.is_high:
        return None
    return FAIL if any(e.type == "exhaust_escalation_path" for e in story.events) else PASS


def not_unseen(story: Story) -> str | None:
    """High urgency, resolved, and not by monitoring alone: a person had it."""
    if not story.is_high or story.is_merged or story.is_open or story.went_by_itself:
        return None
    return PASS if story.taken is not None else FAIL


def resolved(story: Story) -> str | None:
    """High urgency: four hours."""
    if not story.is_high or (story.is_merged and (story.resolved or 0) <= 4 * HOUR):
        return None
    if story.is_open:
        return OPEN if story.now - story.record.created <= 4 * HOUR else FAIL
    return PASS if (story.resolved or 0) <= 4 * HOUR and not story.is_merged else FAIL


def low_resolved(story: Story) -> str | None:
    """Low urgency: forty hours of Monday to Friday, nine to five in UTC."""
    if story.is_high or story.is_merged:
        return None
    until = story.now if story.resolved is None else story.record.created + story.resolved
    is_in_time = working_seconds(story.record.created, until) <= 40 * HOUR
    if story.is_open:
        return OPEN if is_in_time else FAIL
    return PASS if is_in_time else FAIL


def reviewed(story: Story) -> str | None:
    """P1 and P2 that are resolved: a person's note about a review within a week."""
    if story.record.priority not in {0, 1} or story.is_merged or story.resolved is None:
        return None
    notes = [
        event.after
        for event in story.events
        if event.type == "annotate" and event.agent and "review" in str(event.extra).lower()
    ]
    if any(story.resolved <= after <= story.resolved + 7 * DAY for after in notes):
        return PASS
    passed = story.now - story.record.created - story.resolved
    return OPEN if passed <= 7 * DAY else FAIL


def working_seconds(since: int, until: int) -> int:
    """Count the seconds of Monday to Friday, nine to five in UTC, day by day."""
    total, day = 0, since - since % DAY
    while day < until:
        if datetime.fromtimestamp(day, UTC).weekday() < 5:
            total += max(0, min(until, day + 17 * HOUR) - max(since, day + 9 * HOUR))
        day += DAY
    return total


def overdue(story: Story) -> str | None:
    """Open: not longer than it may take to resolve it."""
    if story.is_merged or not story.is_open:
        return None
    return PASS if (resolved if story.is_high else low_resolved)(story) == OPEN else FAIL


TESTS: Mapping[str, Told] = {
    "pagerduty_incidents_of_a_month_acknowledged_in_time": acknowledged,
    "pagerduty_low_urgency_incident_acknowledged_in_time": low_acknowledged,
    "pagerduty_incident_acknowledged_within_its_priority": within_priority,
    "pagerduty_acknowledged_incident_keeps_an_owner": keeps_an_owner,
    "pagerduty_incident_escalation_not_exhausted": not_exhausted,
    "pagerduty_incident_not_resolved_unseen": not_unseen,
    "pagerduty_incident_resolved_in_time": resolved,
    "pagerduty_low_urgency_incident_resolved_in_time": low_resolved,
    "pagerduty_major_incident_is_reviewed": reviewed,
    "pagerduty_no_incident_is_open_and_overdue": overdue,
}
BY_MONTH = {
    "pagerduty_incidents_of_a_month_acknowledged_in_time",
    "pagerduty_low_urgency_incident_acknowledged_in_time",
    "pagerduty_incident_acknowledged_within_its_priority",
    "pagerduty_incident_resolved_in_time",
    "pagerduty_low_urgency_incident_resolved_in_time",
}
"""Of these, 95 % of each month's incidents are to pass."""


def told(tell: Told, steps: Sequence[Snapshot], number: int) -> str | None:
    """Return what becomes of an incident: as it was found last, and a failure stays one."""
    record = steps[-1].incidents[number]
    occurred = datetime.fromtimestamp(record.created, UTC)
    looked_at = [step for step in steps if occurred <= step.at <= occurred + LOOKBACK]
    every = [_told_at(tell, step, number) for step in looked_at]
    gone = every[-1] is None and FAIL in every
    return FAIL if gone else every[-1]


def _told_at(tell: Told, step: Snapshot, number: int) -> str | None:
    """Return what a test says of an incident at a step, by the limit of then."""
    record = step.incidents[number]
    limit = LOOSE if step.at < STRICTER_FROM else STRICT
    now = int(step.at.timestamp())
    return tell(Story(record=record, others=step.incidents, now=now, limit=limit))
