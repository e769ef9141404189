"""The incidents of the healthy account: each is answered as its service asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState
from pagerduty_simulator.account.objects import Service
from pagerduty_simulator.account.schedule_rendering import final_spans
from pagerduty_simulator.api.serializers.references import user_reference
from pagerduty_simulator.demo_data.incident_outcomes import OutcomeContext
from pagerduty_simulator.demo_data.incidents import service_references

ANSWERED, SELF_RESOLVED, BOT, PRIMARY, MERGED, WEEKEND, AT_NIGHT, IN_HOURS = range(1, 9)
URGENT, RAN_OUT, OPEN = range(9, 12)
"""The numbers of its incidents, by what they show."""
HELPER = 9
"""The number of the user who acknowledged :data:`PRIMARY` once more, and helped."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_TRIGGERED = 3
"""An incident begins with a trigger, an assignment and a notification."""


class _Plan(NamedTuple):
    """One incident, as the account has it."""

    number: int
    service: int
    created: int
    urgency: str
    acknowledged_after: int
    """Seconds; 0: its monitoring resolves it, and nobody acknowledges."""
    resolved_after: int
    """Seconds; 0: it is open."""


def add_healthy_incidents(account: Account) -> None:
    """Add them to an account that has services, policies, schedules and users."""
    account.incidents.put(_incident(account, plan) for plan in _plans(account))


def change_incident(account: Account, number: int, *events: Event, **changes: Any) -> None:
    """Replace the events of an incident after its trigger, and change other fields of it.

    Args:
        account: The account.
        number: The number of the incident.
        events: What happened after it was triggered, assigned and notified of.
        changes: Fields of the incident.
    """
    incident = account.incidents[number]
    state = replace(incident.state, events=(*incident.state.events[:_TRIGGERED], *events))
    account.incidents.put([replace(incident, state=state, **changes)])


def _plans(account: Account) -> list[_Plan]:
    payments, office, archive = 0, 1, 2
    midnight = account.epoch - account.epoch % _DAY
    monday = _last_monday(account)
    weekend = monday - 46 * _HOUR
    night = monday + 26 * _HOUR
    return [
        _Plan(ANSWERED, payments, midnight - 3 * _DAY + 3 * _HOUR, "high", 4 * _MINUTE, _HOUR),
        _Plan(SELF_RESOLVED, payments, midnight - 4 * _DAY, "high", 0, 5 * _MINUTE),
        _Plan(BOT, payments, midnight - 5 * _DAY, "high", 4 * _MINUTE, _HOUR),
        _Plan(PRIMARY, payments, midnight - 6 * _DAY, "high", 5 * _MINUTE, 2 * _HOUR),
        _Plan(MERGED, payments, midnight - 6 * _DAY + _MINUTE, "high", 0, 3 * _MINUTE),
        _Plan(WEEKEND, archive, weekend, "low", 56 * _HOUR, 57 * _HOUR),
        _Plan(AT_NIGHT, office, night, "low", 8 * _HOUR, 9 * _HOUR),
        _Plan(IN_HOURS, office, monday + 35 * _HOUR, "high", 6 * _MINUTE, _HOUR),
        _Plan(URGENT, payments, midnight - 7 * _DAY, "high", 3 * _MINUTE, _HOUR),
        _Plan(RAN_OUT, payments, midnight - 8 * _DAY, "high", 3 * _MINUTE, 2 * _HOUR),
        _Plan(OPEN, payments, account.epoch - 20 * _MINUTE, "high", 2 * _MINUTE, 0),
    ]


def _last_monday(account: Account) -> int:
    """Return midnight of the last Monday but one, by the clock of the account."""
    local = datetime.fromtimestamp(account.epoch, ZoneInfo(account.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0)
    return int((midnight - timedelta(days=local.weekday() + 7)).timestamp())


def _incident(account: Account, plan: _Plan) -> IncidentRecord:
    service = account.services[object_id("service", plan.service)]
    references = service_references(account, service)
    context = OutcomeContext(
        random=Random(plan.number),
        service=references.service,
        levels=((0, user_reference(account, _responder(account, service, plan.created))),),
        high_urgency=plan.urgency == "high",
    )
    return IncidentRecord(
        number=plan.number,
        created=plan.created,
        references=references,
        state=IncidentState(
            events=tuple(_with_helper(account, plan, _events(context, plan))),
            merged_into=PRIMARY if plan.number == MERGED else None,
        ),
        title=f"{service.name}: {_title(plan)}",
        urgency=plan.urgency,
        priority=0 if plan.number == URGENT else None,
    )


def _responder(account: Account, service: Service, at: int) -> str:
    """Return who is on call on the first level that has somebody."""
    for level in account.policies[service.policy_id].levels:
        for target in level.targets:
            if target.type == "user":
                return target.id
            for span in final_spans(account.schedules[target.id], at, at):
                return str(span.user_id)
    raise LookupError(f"nobody is on call for {service.name}")


def _events(context: OutcomeContext, plan: _Plan) -> list[Event]:
    events = context.trigger()
    if plan.number == BOT:
        events.append(context.by_service("acknowledge", 10, "api"))
    if plan.acknowledged_after:
        events.append(context.by_responder("acknowledge", plan.acknowledged_after))
    if plan.number == RAN_OUT:
        events.append(context.by_service("unacknowledge", 33 * _MINUTE, "timeout"))
        events.append(context.by_responder("acknowledge", 38 * _MINUTE))
    if not plan.resolved_after:
        return events
    if plan.acknowledged_after or plan.number == MERGED:
        events.append(context.by_responder("resolve", plan.resolved_after))
        return [*events, *_reviews(plan.number, context)]
    return [*events, context.by_service("resolve", plan.resolved_after, "api")]


def _with_helper(account: Account, plan: _Plan, events: list[Event]) -> list[Event]:
    helped = [helps(account)] if plan.number == PRIMARY else []
    return sorted([*events, *helped], key=lambda event: event.after)


def helps(account: Account, channel: str = "website") -> Event:
    """Return that somebody else acknowledges, ten minutes after the trigger."""
    helper = account.users[object_id("user", HELPER)]
    return Event(10 * _MINUTE, "acknowledge", user_reference(account, helper.id), channel)


def _reviews(number: int, context: OutcomeContext) -> list[Event]:
    return [review(context.levels[0][1])] if number == URGENT else []


def review(author: JsonObject, *, after: int = 2 * _DAY) -> Event:
    """Return the note about a review after an incident."""
    text = "Post-incident review: https://wiki.northwind-freight.example/reviews/9"
    return Event(after, "annotate", author, "note", extra={"note": text})


def _title(plan: _Plan) -> str:
    return f"error rate, seen {datetime.fromtimestamp(plan.created, UTC):%A}"
