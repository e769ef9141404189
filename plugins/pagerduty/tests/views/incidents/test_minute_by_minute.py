"""The timeline of an incident against a model that walks through it minute by minute.

The model knows nothing of spans, clocks or rises: each minute it asks what is so now, and counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

START = datetime(2026, 11, 23, 6, tzinfo=UTC)
"""A Monday; support hours begin and end within the minutes that are walked."""
LAST = 420
"""Minutes that are walked."""
OFFICE = {
    "type": "fixed_time_per_day",
    "time_zone": "Eastern Time (US & Canada)",
    "start_time": "02:00:00",
    "end_time": "05:30:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
LIMITS = (5, 15, 60, 120)
"""Minutes."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happened to one incident, by minutes after :data:`START`."""

    began: int
    urgency: str
    """At the trigger."""
    events: tuple[tuple[int, str, bool], ...]
    """Minute, type, and whether a person did it."""

    @property
    def status(self):
        """The status that the source shows."""
        status = "triggered"
        for _, kind, _ in self.events:
            status = STATUS.get(kind, status)
        return status

    @property
    def changes(self):
        """How often the urgency was changed."""
        return sum(kind == "urgency_change" for _, kind, _ in self.events)


STATUS = {
    "acknowledge": "acknowledged",
    "unacknowledge": "triggered",
    "resolve": "resolved",
    "reopen": "triggered",
}
VALID = {
    "triggered": {"acknowledge", "resolve", "urgency_change", "escalate", "notify"},
    "acknowledged": {"acknowledge", "unacknowledge", "resolve", "urgency_change", "snooze"},
    "resolved": {"reopen", "annotate"},
}
TYPES = sorted(set().union(*VALID.values()))


def story(began, urgency, steps):
    """Tell a story of the steps that are possible one after the other."""
    status, minute, events = "triggered", began, []
    for gap, kind, person in steps:
        if kind in VALID[status]:
            minute += gap
            status = STATUS.get(kind, status)
            events.append((minute, kind, person or kind in {"snooze", "reopen"}))
    return Story(began=began, urgency=urgency, events=tuple(events))


STEPS = st.lists(st.tuples(st.integers(1, 70), st.sampled_from(TYPES), st.booleans()), max_size=7)
STORIES = st.builds(story, st.integers(0, 60), st.sampled_from(["high", "low"]), STEPS)
RULES = {
    "quiet": {"type": "use_support_hours", "outside_support_hours": {"urgency": "low"}},
    "loud": {"type": "use_support_hours", "outside_support_hours": {"urgency": "high"}},
}
SERVICES = st.sampled_from(["quiet", "loud", "none"])


def counts(minute, urgency, service):
    """Return whether a minute counts; of low urgency without support hours all do here."""
    if service == "none" or (service == "loud" and urgency == "high"):
        return True
    wall = (START + timedelta(minutes=minute)).astimezone(ZoneInfo("America/New_York"))
    return "02:00" <= wall.strftime("%H:%M") < "05:30" and wall.isoweekday() < 6


@dataclass(kw_only=True)
class Walk:
    """What the model has counted so far."""

    taken: int | None = None
    ended: int | None = None
    waited: str = "low"
    opened: str = "low"
    seconds: dict[str, int] = field(default_factory=dict)

    def tick(self, name, *, counted):
        """Count a minute."""
        self.seconds[name] = self.seconds.get(name, 0) + 60 * counted


def walk(own, service, *, parent=None, merged=None):
    """Walk through a story; after the merge the parent's events are those of both."""
    seen, urgency = Walk(ended=end_of(own, parent, merged)), own.urgency
    for minute in range(own.began, LAST):
        alone = merged is None or minute < merged
        for _, kind, person in happened(own, parent, merged, minute):
            urgency = FLIP[urgency] if kind == "urgency_change" and alone else urgency
            if person and kind in {"acknowledge", "snooze", "resolve"} and seen.taken is None:
                seen.taken = minute
        if seen.ended is None or minute < seen.ended:
            count_minute(seen, minute, urgency, service)
    return seen


def happened(own, parent, merged, minute):
    """Return the events of a minute: what the parent did before the merge is seen at the merge."""
    if merged is None or minute < merged:
        return [event for event in own.events if event[0] == minute]
    return [event for event in parent.events if max(event[0], merged) == minute]


def end_of(own, parent, merged):
    """Return the minute from which on it stays resolved; None: it is open."""
    ended, resolved = None, False
    for minute in range(own.began, LAST):
        for _, kind, _ in happened(own, parent, merged, minute):
            resolved = STATUS.get(kind, "resolved" if resolved else "") == "resolved"
        ended = (minute if ended is None else ended) if resolved else None
    return ended


FLIP = {"high": "low", "low": "high"}


def count_minute(seen, minute, urgency, service):
    """Count a minute before the end: what went on in it, of the highest urgency so far."""
    if seen.taken is None:
        if urgency == "high" and seen.waited == "low":
            seen.waited = "high"
            seen.seconds.pop("wait", None)
        seen.tick("wait", counted=counts(minute, seen.waited, service))
    if urgency == "high" and seen.opened == "low":
        seen.opened = "high"
        seen.seconds.pop("open", None)
    seen.tick("open", counted=counts(minute, seen.opened, service))


def at(minute):
    """Write the instant of a minute."""
    return (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def bodies(pd, story, key, *, merged=None, into=None):
    """Return the incident and the log entries that the source lists for a story."""
    events = [event for event in story.events if merged is None or event[0] < merged]
    if merged is not None:
        events.append((merged, "resolve", True))
    entries = [
        pd.entry("trigger", key=f"{key}t", incident=key, agent="service", channel="api")
        | {"created_at": at(story.began)}
    ]
    for number, (minute, kind, person) in enumerate(events):
        who = {} if person else {"agent": "service", "channel": "api"}
        entry = pd.entry(kind, key=f"{key}{number}", incident=key, **who)
        entries.append(entry | {"created_at": at(minute)})
    changes = sum(kind == "urgency_change" for _, kind, _ in events)
    statuses = [event for event in events if event[1] in STATUS]
    incident = pd.incident(
        key,
        created_at=at(story.began),
        status=STATUS[statuses[-1][1]] if statuses else "triggered",
        urgency=FLIP[story.urgency] if changes % 2 else story.urgency,
        last_status_change_at=at(statuses[-1][0] if statuses else story.began),
    )
    if into is not None:
        incident["resolve_reason"] = {
            "type": "merge_resolve_reason",
            "incident": pd.ref(into, "incident"),
        }
    return incident, entries


def row_of(make_view, pd, service, *parts):
    """Return rows by id."""
    support = {"support_hours": None if service == "none" else OFFICE}
    rule = RULES.get(service, {"type": "constant", "urgency": "high"})
    rows = make_view(
        "incident_response",
        incident=[incident for incident, _ in parts],
        incident_log_entry=[entry for _, entries in parts for entry in entries],
        service=[pd.service("S1", **support) | {"incident_urgency_rule": rule}],
    )
    return {row.subject.key: row.body for row in rows}


def seconds(story, minute):
    """Return the seconds from the trigger to a minute."""
    return None if minute is None else 60 * (minute - story.began)


@settings(deadline=None, max_examples=300)
@given(own=STORIES, service=SERVICES)
def test_an_incident_is_what_a_walk_through_it_counts(make_view, pd, own, service):
    """Urgency, hours, people and machines, acknowledgements that ran out, reopenings."""
    row = row_of(make_view, pd, service, bodies(pd, own, "I1"))["I1"]
    seen = walk(own, service)
    assert row["open"] is (seen.ended is None)
    assert row["time_to_acknowledge"] == seconds(own, seen.taken)
    assert row["time_to_resolve"] == seconds(own, seen.ended)
    assert (row["response_urgency"], row["highest_urgency"]) == (seen.waited, seen.opened)
    if service != "none" or seen.waited == "high":
        waited = seen.seconds.get("wait", 0)
        assert row["sla_time_to_acknowledge"] == (None if seen.taken is None else waited)
    if service != "none" or seen.opened == "high":
        opened = seen.seconds.get("open", 0)
        assert row["sla_time_to_resolve"] == (None if seen.ended is None else opened)


@settings(deadline=None, max_examples=300)
@given(own=STORIES, service=SERVICES)
def test_an_incident_is_without_an_owner_as_a_walk_through_it_counts(make_view, pd, own, service):
    """From when a person's acknowledgement ran out, or it was reopened, until a person has it."""
    row = row_of(make_view, pd, service, bodies(pd, own, "I1"))["I1"]
    unowned = [minute for minute in range(own.began, LAST) if is_unowned(own, minute)]
    stretches = [
        minute
        for stretch in row["unowned"]
        for minute in range(LAST)
        if stretch["since"] <= at(minute) < (stretch["until"] or "9999")
    ]
    assert stretches == unowned


def is_unowned(own, minute):
    """Return whether nobody has an incident any more in a minute."""
    owned, waits, resolved = False, False, False
    for when, kind, person in own.events:
        if when > minute:
            break
        takes = person and kind in {"acknowledge", "snooze"}
        if takes or kind == "resolve":
            owned, waits = person, False
        elif kind == "acknowledge":
            owned = False
        elif (kind == "unacknowledge" and owned) or kind == "reopen":
            owned, waits = False, True
        resolved = STATUS.get(kind, "resolved" if resolved else "") == "resolved"
    return waits and not resolved


@settings(deadline=None, max_examples=300)
@given(own=STORIES, parent=STORIES, merged=st.integers(1, 90), service=SERVICES)
def test_a_merge_hides_no_delay(make_view, pd, own, parent, merged, service):
    """A child that is late for a limit is counted by itself, or its parent is late as well."""
    merged += own.began
    before = replace(own, events=tuple(event for event in own.events if event[0] < merged))
    assume(before.status != "resolved" and parent.began <= merged)
    rows = row_of(
        make_view,
        pd,
        service,
        bodies(pd, own, "I1", merged=merged, into="I0"),
        bodies(pd, parent, "I0"),
    )
    child, last = rows["I1"], rows["I0"]
    seen = walk(before, service, parent=parent, merged=merged)
    assert child["time_to_acknowledge"] == seconds(own, seen.taken)
    assert child["time_to_resolve"] == seconds(own, seen.ended)
    if service == "none" and seen.waited == "low":
        return
    for limit in LIMITS:
        if is_late(child, limit):
            counted = child["is_primary"] or child["sla_time_alone"] > 60 * limit
            assert counted or is_late(last, limit)


def is_late(row, limit):
    """Return whether a person took it too late, or nobody did."""
    waited = row.get("sla_time_to_acknowledge", row["time_to_acknowledge"])
    return waited is None or waited > 60 * limit
