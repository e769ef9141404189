"""What can become of an incident, each told as the events of its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.incident_log import Event

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_HUMAN_CHANNELS = ("website", "mobile", "mobile", "sms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where an incident plays: its service, and who stands on which rung of the ladder."""

    random: Random
    service: JsonObject
    ladder: tuple[tuple[int, JsonObject], ...]
    """Seconds until the rung is reached, and a reference to the person on it."""
    quick: bool
    """Whether the urgency is high, so that people hurry."""

    def begin(self) -> list[Event]:
        """The incident is triggered, and assigned to the first rung on which somebody stands."""
        trigger = Event(0, "trigger", self.service, "api")
        if not self.ladder:
            return [trigger]
        _, person = self.ladder[0]
        return [trigger, *self._hand_to(person, 0, "assign")]

    def escalate(self, rung: int) -> list[Event]:
        """Nobody acknowledged, so it goes up."""
        after, person = self.ladder[rung]
        return self._hand_to(person, after, "escalate")

    def climb(self) -> list[Event]:
        """It goes all the way up, and nobody is left."""
        rungs = [self.escalate(rung) for rung in range(1, len(self.ladder))]
        events = [event for rung in rungs for event in rung]
        last = max((event.after for event in events), default=0)
        exhausted = Event(last + 30 * _MINUTE, "exhaust_escalation_path", self.service, "timeout")
        return [*events, exhausted]

    def by_person(self, type_: str, after: int, rung: int = 0) -> Event:
        """Somebody on the ladder does something."""
        if not self.ladder:
            return self.by_service(type_, after, "api")
        person = self.ladder[min(rung, len(self.ladder) - 1)][1]
        return Event(after, type_, person, self.random.choice(_HUMAN_CHANNELS))

    def by_service(self, type_: str, after: int, channel: str) -> Event:
        """The service itself, or the tool behind it, does something."""
        return Event(after, type_, self.service, channel)

    def between(self, low: int, high: int) -> int:
        """Give some seconds; people take longer over what is not urgent."""
        return self.random.randint(low, high) * (1 if self.quick else 4)

    def _hand_to(self, person: JsonObject, after: int, how: str) -> list[Event]:
        return [
            Event(after, how, self.service, "timeout" if how == "escalate" else "auto", person),
            Event(after + 1, "notify", self.service, "auto", person),
        ]


def _in_time(scene: Scene) -> list[Event]:
    acknowledged = scene.between(35, 11 * _MINUTE)
    resolved = acknowledged + scene.between(4 * _MINUTE, 150 * _MINUTE)
    end = (
        scene.by_person("resolve", resolved)
        if scene.random.random() < 0.6  # noqa: PLR2004 - the rest is resolved by its monitoring
        else scene.by_service("resolve", resolved, "api")
    )
    return [*scene.begin(), scene.by_person("acknowledge", acknowledged), end]


def _resolved_itself(scene: Scene) -> list[Event]:
    end = scene.by_service("resolve", scene.random.randint(40, 8 * _MINUTE), "api")
    return [*scene.begin(), end]


def _late(scene: Scene) -> list[Event]:
    acknowledged = scene.between(17 * _MINUTE, 70 * _MINUTE)
    events = [*scene.begin(), scene.by_person("acknowledge", acknowledged, 1)]
    if len(scene.ladder) > 1 and scene.ladder[1][0] < acknowledged:
        events += scene.escalate(1)
    end = acknowledged + scene.between(10 * _MINUTE, 3 * _HOUR)
    raised = scene.by_person("priority_change", acknowledged + _MINUTE, 1)
    return [*events, raised, scene.by_person("resolve", end, 1)]


def _acknowledged_by_tool(scene: Scene) -> list[Event]:
    acknowledge = scene.by_service("acknowledge", scene.random.randint(5, 60), "api")
    return [*scene.begin(), acknowledge, scene.by_service("resolve", 50 * _MINUTE, "api")]


def _timed_out(scene: Scene) -> list[Event]:
    """Nobody acknowledged; it resolved itself when the service's time ran out."""
    return [*scene.begin(), *scene.climb(), scene.by_service("resolve", 4 * _HOUR, "timeout")]


def _acknowledgement_ran_out(scene: Scene) -> list[Event]:
    first = scene.between(2 * _MINUTE, 9 * _MINUTE)
    again = first + 30 * _MINUTE + scene.between(3 * _MINUTE, 12 * _MINUTE)
    return [
        *scene.begin(),
        scene.by_person("acknowledge", first),
        scene.by_service("unacknowledge", first + 30 * _MINUTE, "timeout"),
        scene.by_person("acknowledge", again),
        scene.by_person("resolve", again + _HOUR),
    ]


def _reopened(scene: Scene) -> list[Event]:
    resolved = scene.between(20 * _MINUTE, 90 * _MINUTE)
    back = resolved + scene.between(10 * _MINUTE, 5 * _HOUR)
    return [
        *scene.begin(),
        scene.by_person("acknowledge", scene.between(60, 8 * _MINUTE)),
        scene.by_person("resolve", resolved),
        scene.by_person("reopen", back),
        scene.by_person("acknowledge", back + 4 * _MINUTE),
        scene.by_person("resolve", back + 2 * _HOUR),
    ]


def _exhausted(scene: Scene) -> list[Event]:
    events = [*scene.begin(), *scene.climb()]
    late = events[-1].after + scene.between(20 * _MINUTE, 4 * _HOUR)
    acknowledge = scene.by_person("acknowledge", late)
    note = Event(late + 2 * _MINUTE, "annotate", None, "note", extra={"note": "Nobody was paged"})
    return [*events, acknowledge, note, scene.by_person("resolve", late + _HOUR)]


def _ignored(scene: Scene) -> list[Event]:
    return [*scene.begin(), *scene.climb()]


def _left_acknowledged(scene: Scene) -> list[Event]:
    return [*scene.begin(), scene.by_person("acknowledge", scene.between(60, 10 * _MINUTE))]


def merged(scene: Scene) -> list[Event]:
    """It is folded into another incident."""
    return [*scene.begin(), scene.by_person("resolve", scene.between(2 * _MINUTE, 12 * _MINUTE))]


def resolved_after(scene: Scene, after: int) -> list[Event]:
    """It is acknowledged in time and resolved only after weeks, or reopened then."""
    acknowledge = scene.by_person("acknowledge", scene.between(60, 10 * _MINUTE))
    events = [*scene.begin(), acknowledge]
    if scene.random.random() < 0.25:  # noqa: PLR2004 - a quarter was thought to be over
        events.append(scene.by_person("resolve", min(after - 1, 5 * _HOUR)))
        events.append(scene.by_person("reopen", after))
        return events
    return [*events, scene.by_person("resolve", after)]


Fate = Callable[[Scene], list[Event]]

FATES: tuple[tuple[Fate, int], ...] = (
    (_in_time, 736),
    (_resolved_itself, 190),
    (_late, 10),
    (_acknowledged_by_tool, 5),
    (_timed_out, 5),
    (merged, 18),
    (_acknowledgement_ran_out, 12),
    (_reopened, 12),
    (_exhausted, 7),
    (_ignored, 3),
    (_left_acknowledged, 2),
)
"""Each with how many of a thousand incidents it befalls."""
