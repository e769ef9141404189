"""The incidents of the made-up account: on its services, handled by whoever was on call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.incident_log import (
    Event,
    IncidentRecord,
    IncidentState,
    ServiceReferences,
)
from pagerduty_simulator.account.names import TITLES
from pagerduty_simulator.account.objects import Policy, PolicyTarget, Service
from pagerduty_simulator.account.schedule_rendering import Span, final_spans
from pagerduty_simulator.api.serializers.references import (
    service_policy_reference,
    service_reference,
    team_references,
    user_reference,
)
from pagerduty_simulator.demo_data.incident_outcomes import FATES, Scene, merged, resolved_after

_DAY = 86_400
_MINUTE = 60
_OLD_DAYS = (75, 31)
_OLD_ONE_IN = 150
_QUIET_HOURS_KEPT = 0.35
_BUSY_HOURS = range(8, 19)
_WORKING_DAYS = 5
_PRIORITY_ONE_IN = 3


def add_incidents(account: Account, count: int, lookback_days: int, random: Random) -> None:
    """Add incidents of the last days, and a few older ones that still matter."""
    if not account.services or not count:
        return
    duty = _Duty(account, _OLD_DAYS[0])
    old = count // _OLD_ONE_IN
    moments = sorted(
        [
            *_moments(account, count - old, lookback_days, random),
            *_old_moments(account, old, random),
        ]
    )
    services = [each for each in account.services.values() if not each.disabled]
    weights = [min(12.0, random.paretovariate(1.1)) for _ in services]
    chosen = random.choices(services, weights, k=len(moments))
    account.incidents.put(_records(account, duty, list(zip(moments, chosen, strict=True)), random))


def service_references(account: Account, service: Service) -> ServiceReferences:
    """Give the references that all incidents of a service share."""
    return ServiceReferences(
        service=service_reference(account, service),
        policy=service_policy_reference(account, service.policy_id),
        teams=tuple(team_references(account, service.team_ids)),
    )


def _records(
    account: Account, duty: _Duty, scenes: list[tuple[int, Service]], random: Random
) -> Iterator[IncidentRecord]:
    by_service = {
        service.id: service_references(account, service) for service in account.services.values()
    }
    newest: dict[str, int] = {}
    for number, (created, service) in enumerate(scenes, start=1):
        references = by_service[service.id]
        urgency = _urgency(account, service, created, random)
        ladder = duty.ladder(account.policies.get(service.policy_id), created)
        scene = Scene(
            random=random, service=references.service, ladder=ladder, quick=urgency == "high"
        )
        state = _state(account, scene, created, newest.get(service.id))
        yield IncidentRecord(
            number=number,
            created=created,
            references=references,
            state=state,
            title=f"{service.name}: {random.choice(TITLES)}",
            urgency=urgency,
            priority=number % len(account.priorities) if number % _PRIORITY_ONE_IN == 0 else None,
            keyed=number % 20 != 0,
        )
        newest[service.id] = number


def _state(account: Account, scene: Scene, created: int, parent: int | None) -> IncidentState:
    fates, weights = zip(*FATES, strict=True)
    fate = scene.random.choices(fates, weights)[0]
    age = account.epoch - created
    if age > _OLD_DAYS[1] * _DAY:
        events = resolved_after(scene, age - scene.random.randint(_MINUTE, 10 * _DAY))
    elif fate is merged and parent is None:
        events = FATES[0][0](scene)
    else:
        events = fate(scene)
    happened = [event for event in sorted(events, key=_after) if event.after <= age]
    into = parent if fate is merged and happened[-1].type == "resolve" else None
    if age > _OLD_DAYS[1] * _DAY:
        into = None
    return IncidentState(events=tuple(happened), merged_into=into)


def _after(event: Event) -> int:
    return event.after


def _urgency(account: Account, service: Service, created: int, random: Random) -> str:
    if service.urgency == "severity_based":
        return random.choice(("high", "low"))
    if service.urgency == "support_hours":
        local = datetime.fromtimestamp(created, ZoneInfo(account.time_zone))
        working = local.isoweekday() <= _WORKING_DAYS and local.hour in range(9, 17)
        return "high" if working else "low"
    return service.urgency


def _moments(account: Account, count: int, days: int, random: Random) -> Iterator[int]:
    """Give instants of the lookback; nights and weekends are quieter, and some are minutes old."""
    recent = min(count, 3)
    yield from (account.epoch - random.randint(1, 12) * _MINUTE for _ in range(recent))
    made = recent
    while made < count:
        moment = account.epoch - random.randrange(days * _DAY)
        local = datetime.fromtimestamp(moment, UTC)
        busy = local.hour in _BUSY_HOURS and local.isoweekday() <= _WORKING_DAYS
        if busy or random.random() < _QUIET_HOURS_KEPT:
            made += 1
            yield moment


def _old_moments(account: Account, count: int, random: Random) -> Iterator[int]:
    oldest, newest = _OLD_DAYS
    for _ in range(count):
        yield account.epoch - random.randrange(newest * _DAY + 1, oldest * _DAY)


class _Duty:
    """Who was on call when, looked up quickly."""

    def __init__(self, account: Account, days: int) -> None:
        self._account = account
        since, until = account.epoch - days * _DAY, account.epoch + _DAY
        self._spans: dict[str, tuple[Span, ...]] = {
            each.id: final_spans(each, since, until) for each in account.schedules.values()
        }
        self._starts = {key: [span.start for span in spans] for key, spans in self._spans.items()}
        self._people: dict[str, JsonObject] = {
            each: user_reference(account, each) for each in (*account.users, *account.deleted_users)
        }

    def ladder(self, policy: Policy | None, at: int) -> tuple[tuple[int, JsonObject], ...]:
        """Give who stands on the rungs of a policy, and after how many seconds each is reached."""
        rungs, waited = [], 0
        for level in policy.levels if policy else ():
            people = [person for each in level.targets if (person := self._on(each, at))]
            if people:
                rungs.append((waited, self._people[people[0]]))
                waited += level.delay_minutes * _MINUTE
        return tuple(rungs)

    def _on(self, target: PolicyTarget, at: int) -> str | None:
        if target.type == "user":
            return target.id if target.id in self._account.users else None
        position = bisect_right(self._starts.get(target.id, []), at) - 1
        if position < 0:
            return None
        span = self._spans[target.id][position]
        return span.user_id if at < span.end else None
