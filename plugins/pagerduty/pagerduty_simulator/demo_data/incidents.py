"""The incidents of the simulated account: on its services, handled by the on-call responders."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.incident_store import (
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
from pagerduty_simulator.demo_data.incident_outcomes import (
    OUTCOME_WEIGHTS,
    OutcomeContext,
    acknowledged_in_time,
    merged,
    resolved_after,
)

_DAY = 86_400
_MINUTE = 60
_OLD_DAYS = (75, 31)
_OLD_ONE_IN = 150
_QUIET_HOURS_SHARE = 0.35
_BUSY_HOURS = range(8, 19)
_WORKING_DAYS = 5
_PRIORITY_ONE_IN = 3
_MAJOR_ONE_IN = 150
_FIRST_P1, _FIRST_P2 = 15, 6
_UNREVIEWED_ONE_IN = 7
"""Of the groups of incidents with a P1 and a P2, the last of so many has no reviews."""


def add_incidents(account: Account, count: int, lookback_days: int, random: Random) -> None:
    """Add incidents of the last days, and a few older ones that are still relevant."""
    if not account.services or not count:
        return
    on_call = _OnCallLookup(account, max(_OLD_DAYS[0], lookback_days))
    old = count // _OLD_ONE_IN
    moments = sorted(
        [
            *_recent_moments(account, count - old, lookback_days, random),
            *_old_moments(account, old, random),
        ]
    )
    services = [service for service in account.services.values() if not service.disabled]
    weights = [min(12.0, random.paretovariate(1.1)) for _ in services]
    chosen = random.choices(services, weights, k=len(moments))
    triggers = list(zip(moments, chosen, strict=True))
    oldest = max(_OLD_DAYS[1], lookback_days) * _DAY
    account.incidents.put(_incidents(account, on_call, triggers, random, oldest))


def service_references(account: Account, service: Service) -> ServiceReferences:
    """Return the references that all incidents of a service share."""
    return ServiceReferences(
        service=service_reference(account, service),
        policy=service_policy_reference(account, service.policy_id),
        teams=tuple(team_references(account, service.team_ids)),
    )


def _incidents(
    account: Account,
    on_call: _OnCallLookup,
    triggers: list[tuple[int, Service]],
    random: Random,
    oldest: int,
) -> Iterator[IncidentRecord]:
    by_service = {
        service.id: service_references(account, service) for service in account.services.values()
    }
    newest: dict[str, int] = {}
    for number, (created, service) in enumerate(triggers, start=1):
        references = by_service[service.id]
        urgency = _urgency(account, service, created, random)
        context = OutcomeContext(
            random=random,
            service=references.service,
            levels=on_call.levels(account.policies.get(service.policy_id), created),
            high_urgency=urgency == "high",
        )
        yield IncidentRecord(
            number=number,
            created=created,
            references=references,
            state=_reviewed(
                _state(account, context, created, newest.get(service.id), oldest),
                context,
                number,
                account.epoch - created,
            ),
            title=f"{service.name}: {random.choice(TITLES)}",
            urgency=urgency,
            priority=_priority(number),
            has_key=number % 20 != 0,
        )
        newest[service.id] = number


def _state(
    account: Account, context: OutcomeContext, created: int, primary: int | None, oldest: int
) -> IncidentState:
    outcomes, weights = zip(*OUTCOME_WEIGHTS, strict=True)
    outcome = context.random.choices(outcomes, weights)[0]
    age = account.epoch - created
    old = age > oldest
    if old:
        events = resolved_after(context, age - context.random.randint(_MINUTE, 10 * _DAY))
    elif outcome is merged and primary is None:
        events = acknowledged_in_time(context)
    else:
        events = outcome(context)
    past = [event for event in sorted(events, key=_after) if event.after <= age]
    is_merged = outcome is merged and not old and past[-1].type == "resolve"
    return IncidentState(events=tuple(past), merged_into=primary if is_merged else None)


def _priority(number: int) -> int | None:
    """Return the position of an incident's priority: few are P1 or P2, and most have none."""
    if number % _PRIORITY_ONE_IN:
        return None
    major = {_FIRST_P1: 0, _FIRST_P2: 1}
    return major.get(number % _MAJOR_ONE_IN, 2 + number // _PRIORITY_ONE_IN % 3)


def _reviewed(
    state: IncidentState, context: OutcomeContext, number: int, age: int
) -> IncidentState:
    """Add the note about the review of a P1 or P2 incident, two days after it was resolved."""
    is_major = number % _MAJOR_ONE_IN in {_FIRST_P1, _FIRST_P2}
    group = number // _MAJOR_ONE_IN % _UNREVIEWED_ONE_IN
    after = state.events[-1].after + 2 * _DAY
    is_due = state.status == "resolved" and after <= age and group != _UNREVIEWED_ONE_IN - 1
    if not (is_major and is_due and context.levels):
        return state
    text = f"Post-incident review: https://wiki.northwind-freight.example/reviews/{number}"
    note = Event(after, "annotate", context.levels[0][1], "note", extra={"note": text})
    return replace(state, events=(*state.events, note))


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


def _recent_moments(account: Account, count: int, days: int, random: Random) -> Iterator[int]:
    """Yield instants of the lookback: fewer at night and on weekends, some of them minutes old."""
    newest = min(count, 3)
    yield from (account.epoch - random.randint(1, 12) * _MINUTE for _ in range(newest))
    total = newest
    while total < count:
        moment = account.epoch - random.randrange(days * _DAY)
        local = datetime.fromtimestamp(moment, UTC)
        busy = local.hour in _BUSY_HOURS and local.isoweekday() <= _WORKING_DAYS
        if busy or random.random() < _QUIET_HOURS_SHARE:
            total += 1
            yield moment


def _old_moments(account: Account, count: int, random: Random) -> Iterator[int]:
    oldest, newest = _OLD_DAYS
    for _ in range(count):
        yield account.epoch - random.randrange(newest * _DAY + 1, oldest * _DAY)


class _OnCallLookup:
    """The users on call at any past instant, by schedule."""

    def __init__(self, account: Account, days: int) -> None:
        self._account = account
        since, until = account.epoch - days * _DAY, account.epoch + _DAY
        self._spans: dict[str, tuple[Span, ...]] = {
            schedule.id: final_spans(schedule, since, until)
            for schedule in account.schedules.values()
        }
        self._starts = {key: [span.start for span in spans] for key, spans in self._spans.items()}
        self._users: dict[str, JsonObject] = {
            user_id: user_reference(account, user_id)
            for user_id in (*account.users, *account.deleted_users)
        }

    def levels(self, policy: Policy | None, instant: int) -> tuple[tuple[int, JsonObject], ...]:
        """Return the responder on each level of a policy, and the seconds until it is reached."""
        levels, delay = [], 0
        for level in policy.levels if policy else ():
            users = [
                user_id for target in level.targets if (user_id := self._user_of(target, instant))
            ]
            if users:
                levels.append((delay, self._users[users[0]]))
                delay += level.delay_minutes * _MINUTE
        return tuple(levels)

    def _user_of(self, target: PolicyTarget, instant: int) -> str | None:
        if target.type == "user":
            return target.id if target.id in self._account.users else None
        position = bisect_right(self._starts.get(target.id, []), instant) - 1
        if position < 0:
            return None
        span = self._spans[target.id][position]
        return span.user_id if instant < span.end else None
