"""The outcomes of an incident, each as the events of its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.incident_store import Event

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_HUMAN_CHANNELS = ("website", "mobile", "mobile", "sms")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeContext:
    """The service of an incident, and the responders on each level of its escalation policy."""

    random: Random
    service: JsonObject
    levels: tuple[tuple[int, JsonObject], ...]
    """Seconds until the level is reached, and a reference to the responder on it."""
    high_urgency: bool
    """Whether responders are fast."""

    def trigger(self) -> list[Event]:
        """Return the trigger, and the assignment to the first level that has a responder."""
        trigger = Event(0, "trigger", self.service, "api")
        if not self.levels:
            return [trigger]
        _, responder = self.levels[0]
        return [trigger, *self._assign(responder, 0, "assign")]

    def escalate(self, level: int) -> list[Event]:
        """Return the escalation to a level, because nobody acknowledged."""
        after, responder = self.levels[level]
        return self._assign(responder, after, "escalate")

    def exhaust(self) -> list[Event]:
        """Return the escalations to every level, and the end of the escalation policy."""
        escalations = [self.escalate(level) for level in range(1, len(self.levels))]
        events = [event for escalation in escalations for event in escalation]
        last = max((event.after for event in events), default=0)
        exhausted = Event(last + 30 * _MINUTE, "exhaust_escalation_path", self.service, "timeout")
        return [*events, exhausted]

    def by_responder(self, type_: str, after: int, level: int = 0) -> Event:
        """Return an event whose agent is the responder on a level."""
        if not self.levels:
            return self.by_service(type_, after, "api")
        responder = self.levels[min(level, len(self.levels) - 1)][1]
        return Event(after, type_, responder, self.random.choice(_HUMAN_CHANNELS))

    def by_service(self, type_: str, after: int, channel: str) -> Event:
        """Return an event whose agent is the service itself, or the tool behind it."""
        return Event(after, type_, self.service, channel)

    def delay(self, low: int, high: int) -> int:
        """Return some seconds; people take longer where the urgency is low."""
        return self.random.randint(low, high) * (1 if self.high_urgency else 4)

    def _assign(self, responder: JsonObject, after: int, type_: str) -> list[Event]:
        channel = "timeout" if type_ == "escalate" else "auto"
        return [
            Event(after, type_, self.service, channel, responder),
            Event(after + 1, "notify", self.service, "auto", responder),
        ]


def acknowledged_in_time(context: OutcomeContext) -> list[Event]:
    """Return an incident that is acknowledged in time and resolved."""
    acknowledged = context.delay(35, 11 * _MINUTE)
    resolved = acknowledged + context.delay(4 * _MINUTE, 150 * _MINUTE)
    end = (
        context.by_responder("resolve", resolved)
        if context.random.random() < 0.6  # noqa: PLR2004 - the rest is resolved by its monitoring
        else context.by_service("resolve", resolved, "api")
    )
    return [*context.trigger(), context.by_responder("acknowledge", acknowledged), end]


def _resolved_by_monitoring(context: OutcomeContext) -> list[Event]:
    end = context.by_service("resolve", context.random.randint(40, 8 * _MINUTE), "api")
    return [*context.trigger(), end]


def _acknowledged_late(context: OutcomeContext) -> list[Event]:
    acknowledged = context.delay(17 * _MINUTE, 70 * _MINUTE)
    events = [*context.trigger(), context.by_responder("acknowledge", acknowledged, 1)]
    if len(context.levels) > 1 and context.levels[1][0] < acknowledged:
        events += context.escalate(1)
    end = acknowledged + context.delay(10 * _MINUTE, 3 * _HOUR)
    priority = context.by_responder("priority_change", acknowledged + _MINUTE, 1)
    return [*events, priority, context.by_responder("resolve", end, 1)]


def _acknowledged_by_tool(context: OutcomeContext) -> list[Event]:
    acknowledge = context.by_service("acknowledge", context.random.randint(5, 60), "api")
    return [*context.trigger(), acknowledge, context.by_service("resolve", 50 * _MINUTE, "api")]


def _auto_resolved(context: OutcomeContext) -> list[Event]:
    """Nobody acknowledged; the auto-resolve timeout of the service ended it."""
    resolve = context.by_service("resolve", 4 * _HOUR, "timeout")
    return [*context.trigger(), *context.exhaust(), resolve]


def _acknowledgement_timed_out(context: OutcomeContext) -> list[Event]:
    first = context.delay(2 * _MINUTE, 9 * _MINUTE)
    second = first + 30 * _MINUTE + context.delay(3 * _MINUTE, 12 * _MINUTE)
    return [
        *context.trigger(),
        context.by_responder("acknowledge", first),
        context.by_service("unacknowledge", first + 30 * _MINUTE, "timeout"),
        context.by_responder("acknowledge", second),
        context.by_responder("resolve", second + _HOUR),
    ]


def _reopened(context: OutcomeContext) -> list[Event]:
    resolved = context.delay(20 * _MINUTE, 90 * _MINUTE)
    reopened = resolved + context.delay(10 * _MINUTE, 5 * _HOUR)
    return [
        *context.trigger(),
        context.by_responder("acknowledge", context.delay(60, 8 * _MINUTE)),
        context.by_responder("resolve", resolved),
        context.by_responder("reopen", reopened),
        context.by_responder("acknowledge", reopened + 4 * _MINUTE),
        context.by_responder("resolve", reopened + 2 * _HOUR),
    ]


def _escalation_exhausted(context: OutcomeContext) -> list[Event]:
    events = [*context.trigger(), *context.exhaust()]
    late = events[-1].after + context.delay(20 * _MINUTE, 4 * _HOUR)
    acknowledge = context.by_responder("acknowledge", late)
    note = Event(late + 2 * _MINUTE, "annotate", None, "note", extra={"note": "Nobody was paged"})
    return [*events, acknowledge, note, context.by_responder("resolve", late + _HOUR)]


def _ignored(context: OutcomeContext) -> list[Event]:
    return [*context.trigger(), *context.exhaust()]


def _left_acknowledged(context: OutcomeContext) -> list[Event]:
    acknowledge = context.by_responder("acknowledge", context.delay(60, 10 * _MINUTE))
    return [*context.trigger(), acknowledge]


def merged(context: OutcomeContext) -> list[Event]:
    """Return an incident that is merged into another."""
    resolve = context.by_responder("resolve", context.delay(2 * _MINUTE, 12 * _MINUTE))
    return [*context.trigger(), resolve]


def resolved_after(context: OutcomeContext, after: int) -> list[Event]:
    """Return an incident acknowledged in time and resolved only after weeks, or reopened then."""
    acknowledge = context.by_responder("acknowledge", context.delay(60, 10 * _MINUTE))
    events = [*context.trigger(), acknowledge]
    if context.random.random() < 0.25:  # noqa: PLR2004 - a quarter seemed to be over
        events.append(context.by_responder("resolve", min(after - 1, 5 * _HOUR)))
        events.append(context.by_responder("reopen", after))
        return events
    return [*events, context.by_responder("resolve", after)]


IncidentOutcome = Callable[[OutcomeContext], list[Event]]

OUTCOME_WEIGHTS: tuple[tuple[IncidentOutcome, int], ...] = (
    (acknowledged_in_time, 736),
    (_resolved_by_monitoring, 190),
    (_acknowledged_late, 10),
    (_acknowledged_by_tool, 5),
    (_auto_resolved, 5),
    (merged, 18),
    (_acknowledgement_timed_out, 12),
    (_reopened, 12),
    (_escalation_exhausted, 7),
    (_ignored, 3),
    (_left_acknowledged, 2),
)
"""How many of a thousand incidents have each outcome."""
