"""Flawed twins whose incidents are not answered as they should be."""

from __future__ import annotations

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.incident_store import Event
from pagerduty_simulator.demo_data import healthy_incidents as incidents
from pagerduty_simulator.demo_data.account_changes import by_person, service_of
from pagerduty_simulator.demo_data.flaw import Flaw
from pagerduty_simulator.demo_data.healthy_incidents import change_incident

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def response_flaws() -> tuple[Flaw, ...]:
    """Return every flaw of how incidents are answered, by feature."""
    late = (
        "pagerduty_incident_acknowledged_in_time",
        "pagerduty_incidents_of_a_month_acknowledged_in_time",
    )
    return (
        Flaw(
            feature="bots",
            description="A bot acknowledges, and a person resolves an hour later",
            apply=lambda account: change_incident(
                account,
                incidents.BOT,
                Event(10, "acknowledge", service_of(account, incidents.BOT), "api"),
                by_person(account, "resolve", _HOUR),
            ),
            fails=late,
        ),
        Flaw(
            feature="acts",
            description="The acknowledgement came through the API: it may be a script's",
            apply=lambda account: change_incident(
                account,
                incidents.PRIMARY,
                by_person(account, "acknowledge", 5 * _MINUTE),
                incidents.helps(account, "api"),
                by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=(
                "pagerduty_policy_names_no_unaccepted_invitation",
                "pagerduty_policy_asks_another_person",
                "pagerduty_schedule_has_no_gap_ahead",
                "pagerduty_schedule_had_no_gap",
                "pagerduty_schedule_is_shared",
            ),
        ),
        Flaw(
            feature="merged",
            description="An incident that nobody acknowledged is merged after two hours",
            apply=lambda account: change_incident(
                account, incidents.MERGED, by_person(account, "resolve", 2 * _HOUR)
            ),
            fails=late,
        ),
        Flaw(
            feature="low urgency over a weekend",
            description="It is acknowledged two days later",
            apply=lambda account: change_incident(
                account,
                incidents.WEEKEND,
                by_person(account, "acknowledge", 104 * _HOUR),
                by_person(account, "resolve", 105 * _HOUR),
            ),
            fails=("pagerduty_low_urgency_incident_acknowledged_in_time",),
        ),
        Flaw(
            feature="business hours",
            description="An incident in support hours is acknowledged after an hour",
            apply=lambda account: change_incident(
                account,
                incidents.IN_HOURS,
                by_person(account, "acknowledge", _HOUR),
                by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=late,
        ),
        Flaw(
            feature="priorities",
            description="A P1 incident is acknowledged after eight minutes",
            apply=lambda account: change_incident(
                account,
                incidents.URGENT,
                by_person(account, "acknowledge", 8 * _MINUTE),
                by_person(account, "resolve", _HOUR),
                reviewed(account),
            ),
            fails=("pagerduty_incident_acknowledged_within_its_priority",),
        ),
        *_reviews(),
        Flaw(
            feature="incidents",
            description="Nobody takes an incident again after its acknowledgement ran out",
            apply=lambda account: change_incident(
                account,
                incidents.RAN_OUT,
                by_person(account, "acknowledge", 3 * _MINUTE),
                Event(33 * _MINUTE, "unacknowledge", None, "timeout"),
                by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=("pagerduty_acknowledged_incident_keeps_an_owner",),
        ),
        Flaw(
            feature="incidents",
            description="An incident is resolved after six hours",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                by_person(account, "acknowledge", 4 * _MINUTE),
                by_person(account, "resolve", 6 * _HOUR),
            ),
            fails=("pagerduty_incident_resolved_in_time",),
        ),
        Flaw(
            feature="incidents",
            description="Every level is notified, and a person acknowledges after an hour",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                Event(45 * _MINUTE, "exhaust_escalation_path", None, "timeout"),
                by_person(account, "acknowledge", _HOUR),
                by_person(account, "resolve", 2 * _HOUR),
            ),
            fails=(*late, "pagerduty_incident_escalation_not_exhausted"),
        ),
        Flaw(
            feature="incidents",
            description="A time-out resolves an incident that nobody acknowledged",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                Event(_HOUR, "resolve", service_of(account, incidents.ANSWERED), "timeout"),
            ),
            fails=(*late, "pagerduty_incident_not_resolved_unseen"),
        ),
        Flaw(
            feature="low urgency over a weekend",
            description="It is resolved ten days later",
            apply=lambda account: change_incident(
                account,
                incidents.WEEKEND,
                by_person(account, "acknowledge", 56 * _HOUR),
                by_person(account, "resolve", 250 * _HOUR),
            ),
            fails=("pagerduty_low_urgency_incident_resolved_in_time",),
        ),
        Flaw(
            feature="incidents",
            description="An acknowledged incident is open for two days",
            apply=lambda account: change_incident(
                account,
                incidents.ANSWERED,
                by_person(account, "acknowledge", 4 * _MINUTE),
            ),
            fails=(
                "pagerduty_incident_resolved_in_time",
                "pagerduty_no_incident_is_open_and_overdue",
            ),
        ),
    )


def _reviews() -> tuple[Flaw, ...]:
    """Return the flaws of what follows a P1 incident."""
    feature, fails = "reviews", ("pagerduty_major_incident_is_reviewed",)
    return (
        Flaw(
            feature=feature,
            description="Nobody reviews the P1 incident",
            apply=_answer,
            fails=fails,
        ),
        Flaw(
            feature=feature,
            description="Somebody announces a review while it is open, and nobody writes one",
            apply=lambda account: _answer(account, reviewed(account, after=30 * _MINUTE)),
            fails=fails,
        ),
        Flaw(
            feature=feature,
            description="A bot asks for a review",
            apply=lambda account: _answer(account, reviewed(account)._replace(agent=None)),
            fails=fails,
        ),
        Flaw(
            feature=feature,
            description="A note that speaks of something else",
            apply=lambda account: _answer(
                account, reviewed(account)._replace(extra={"note": "All is well"})
            ),
            fails=fails,
        ),
    )


def _answer(account: Account, *notes: Event) -> None:
    change_incident(
        account,
        incidents.URGENT,
        by_person(account, "acknowledge", 3 * _MINUTE),
        *(note for note in notes if note.after < _HOUR),
        by_person(account, "resolve", _HOUR),
        *(note for note in notes if note.after >= _HOUR),
    )


def reviewed(account: Account, *, after: int = 2 * _DAY) -> Event:
    """Return the note of a person about the review of an incident."""
    return incidents.review(by_person(account, "annotate", after).agent or {}, after=after)
