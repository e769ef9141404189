"""The way of a page through an escalation policy, at one moment.

It resolves levels as the views do, so that a check and a simulation cannot disagree. As described
in https://support.pagerduty.com/main/docs/escalation-policies, an incident is assigned to whoever
is on call when it enters a level, and one of low urgency stays on the first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.simulation.page import (
    PageLevel,
    PageNotification,
    PageOutcome,
    PageSimulation,
    PageWalk,
)
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views import first_acts
from ccm_pagerduty.views.incidents.service_hours import service_hours
from ccm_pagerduty.views.maintenance import maintenance_fields, windows_by_service
from ccm_pagerduty.views.on_call.notification import HIGH, notifications
from ccm_pagerduty.views.on_call.policy_reach import NOT_OBSERVED, resolve_policy
from ccm_pagerduty.views.on_call.responders import UNNOTIFIED, ResponderState
from ccm_pagerduty.views.on_call.schedule_duty import UNABLE_CAUSES
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    MAINTENANCE_WINDOW,
    SCHEDULE,
    SCHEDULE_RENDERING,
    SERVICE,
    USER,
    RecordIndex,
    RowBuilder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ccm_core.sdk.simulation.page import PageRequest
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.on_call.policy_reach import EscalationLevel, PolicyReach
    from ccm_pagerduty.views.on_call.schedule_duty import PersonOnCall

LOW = "low"
_UNNOTIFIED_CAUSES = frozenset(UNABLE_CAUSES[state] for state in UNNOTIFIED)
"""They are about notifications of high urgency."""


def page_simulation() -> PageSimulation:
    """Return the simulation of a page on a service."""
    return PageSimulation(
        name="pagerduty.page",
        connector="pagerduty",
        subject_kind=SERVICE,
        inputs=(SERVICE, ESCALATION_POLICY, SCHEDULE, SCHEDULE_RENDERING, USER),
        optional=(MAINTENANCE_WINDOW,),
        urgencies=(HIGH, LOW),
        vanished=(ESCALATION_POLICY, SCHEDULE),
        earliest=(first_acts(),),
        walk=walk,
    )


def walk(request: PageRequest) -> PageWalk:
    """Return the way of a page: whom it notifies on each level, and where it ends."""
    service = request.subject.body
    urgency = request.urgency or urgency_at(service, request.at)
    index = RecordIndex(request.records, request.vanished, request.earliest)
    builder = RowBuilder(index)
    if (no_page := _no_page(request, index)) is not None:
        return PageWalk(outcome=PageOutcome.NO_PAGE, urgency=urgency, statements=(no_page,))
    ref = service.get("escalation_policy") or {}
    policy = builder.find(ESCALATION_POLICY, str(ref.get("id")))
    if urgency is None or policy is None:
        return _unknown(urgency, _missing(urgency, service, builder))
    reach = resolve_policy(policy.body, builder)
    if reach is None:
        return _unknown(urgency, NOT_OBSERVED)
    repeats = bool(policy.body.get("num_loops"))
    levels = tuple(_levels(reach, request.at, urgency, builder, repeats=repeats))
    statements = tuple(_statements(request, reach, policy.body, levels, urgency))
    return PageWalk(outcome=_outcome(levels), urgency=urgency, levels=levels, statements=statements)


def urgency_at(service: JsonObject, at: datetime) -> str | None:
    """Return the urgency of an incident that occurs on a service; None where it is unknown.

    One that follows the severity of the alert is taken as high: a critical alert is.
    """
    rule = service.get("incident_urgency_rule") or {}
    if rule.get("type") == "use_support_hours":
        hours = service_hours(service)
        if hours is None:
            return None
        part = "during_support_hours" if hours.supports(at) else "outside_support_hours"
        rule = rule.get(part) or {}
    urgency = rule.get("urgency")
    return HIGH if urgency == "severity_based" else urgency


def _no_page(request: PageRequest, index: RecordIndex) -> str | None:
    service = request.subject.body
    status = service.get("status")
    if status == "disabled":
        return "the service is disabled: it opens no incident"
    if (window := _maintenance(request, index)) is not None:
        return f"the service is in a maintenance window ({window}): it opens no incident"
    if status == "maintenance" and request.at == request.now:
        return "the service is in a maintenance window now: it opens no incident"
    if "escalation_policy" in service and not service["escalation_policy"]:
        return "the service has no escalation policy"
    return None


def _maintenance(request: PageRequest, index: RecordIndex) -> str | None:
    """Return the title of a maintenance window of the service at that moment."""
    windows = windows_by_service(index).get(request.subject.key, ())
    for shown in maintenance_fields(record.body for record in windows):
        if parse_instant(shown["since"]) <= request.at < parse_instant(shown["until"]):
            return str(shown["title"])
    return None


def _missing(urgency: str | None, service: JsonObject, builder: RowBuilder) -> str:
    if urgency is None:
        return "PagerDuty does not report how urgent its incidents are at that time"
    ref = service.get("escalation_policy")
    if ref and builder.is_deleted(ESCALATION_POLICY, ref["id"]):
        return f"its escalation policy {title_of(ref)} was deleted"
    return f"its escalation policy {title_of(ref or {})} is not in the evidence"


def _unknown(urgency: str | None, statement: str) -> PageWalk:
    return PageWalk(outcome=PageOutcome.UNKNOWN, urgency=urgency, statements=(statement,))


def _levels(
    reach: PolicyReach, at: datetime, urgency: str, builder: RowBuilder, *, repeats: bool
) -> Iterator[PageLevel]:
    since = at
    for level in reach.levels:
        is_last = level.number == len(reach.levels)
        remains = urgency == LOW or (is_last and not repeats) or level.delay_minutes is None
        until = None if remains else since + timedelta(minutes=level.delay_minutes or 0)
        yield _level(level, reach, since, until, urgency, builder)
        if until is None:
            return
        since = until


def _level(
    level: EscalationLevel,
    reach: PolicyReach,
    since: datetime,
    until: datetime | None,
    urgency: str,
    builder: RowBuilder,
) -> PageLevel:
    unknown = [reason for window, reason in level.current.possible if since in window]
    if since not in reach.observed:
        unknown.append("its schedules were not rendered for this time")
    sent: list[PageNotification] = []
    absent = [
        absence.reason
        for window, absence in level.current.causes
        if since in window and (urgency == HIGH or absence.cause not in _UNNOTIFIED_CAUSES)
    ]
    for person in _on_call(level, since):
        of_person = list(_sent(person, since, until, urgency, builder))
        sent += of_person
        if not of_person and urgency != HIGH:
            absent.append(f"{title_of(person.user)}: no notification rule of {urgency} urgency")
    return PageLevel(
        level=level.number,
        since=since,
        until=until,
        notifications=tuple(sorted(set(sent), key=lambda one: (one.at, one.person, one.by))),
        absent=tuple(sorted(set(absent))),
        unknown=tuple(sorted(set(unknown))),
    )


def _on_call(level: EscalationLevel, at: datetime) -> Iterator[PersonOnCall]:
    """Yield who is on call on a level at a moment and may respond."""
    for target in level.targets:
        for person in target.people:
            may_respond = person.state is ResponderState.ACTIVE or person.state in UNNOTIFIED
            if at in person.window and may_respond:
                yield person


def _sent(
    person: PersonOnCall,
    since: datetime,
    until: datetime | None,
    urgency: str,
    builder: RowBuilder,
) -> Iterator[PageNotification]:
    record = builder.find(USER, person.user["id"])
    for rule in notifications(record.body, urgency) or () if record else ():
        at = since + rule.after
        if rule.is_sent and (until is None or at <= until):
            yield PageNotification(person=title_of(person.user), at=at, by=rule.by)


def _statements(
    request: PageRequest,
    reach: PolicyReach,
    policy: JsonObject,
    levels: tuple[PageLevel, ...],
    urgency: str,
) -> Iterator[str]:
    if request.at < request.now:
        yield "who was on call is of that moment; settings, roles and notification rules are of now"
    if not reach.levels:
        yield f"its escalation policy {title_of(policy)} has no level"
    if urgency == LOW:
        yield "an incident of low urgency stays on the first level"
    elif any(level.until is None for level in levels[:1]) and len(reach.levels) > 1:
        yield "PagerDuty does not report when it leaves the first level"
    repeats = policy.get("num_loops")
    if repeats and urgency != LOW:
        times = "once" if repeats == 1 else f"{repeats} times"
        yield f"while nobody acknowledges, all levels are repeated {times}"


def _outcome(levels: tuple[PageLevel, ...]) -> PageOutcome:
    if any(level.notifications for level in levels):
        return PageOutcome.REACHED
    if any(level.unknown for level in levels):
        return PageOutcome.UNKNOWN
    return PageOutcome.NOT_REACHED
