"""Data as sources really send it: nulls, odd times, new words, repeats, and changes meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from pagerduty_simulator.account.identifiers import incident_id

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

pytestmark = pytest.mark.no_cover  # its lines are covered by others

IN_INCIDENTS = ("incident", "incident_log_entry")
LISTS = {
    "incident": ("/incidents", "incidents"),
    "incident_log_entry": ("/log_entries", "log_entries"),
    "service": ("/services", "services"),
    "on_call": ("/oncalls", "oncalls"),
    "user": ("/users", "users"),
}


def altered(lab, kind, change):
    """Change every item of a kind's list."""
    endpoint, wrapper = LISTS[kind]

    def fault(request, honest):
        answer = honest(request)
        page = json.loads(answer.body)
        page[wrapper] = [change(item) for item in page[wrapper]]
        return replace(answer, body=json.dumps(page).encode())

    lab.control.inject(endpoint, fault)


def said(ran):
    """Give what every rule says of every object, and why."""
    return {
        (rule.rule, one.subject.kind, one.subject.key): (one.status, one.reason)
        for rule in ran.evaluation.rules
        for one in rule.results
    }


def elsewhere(text):
    """Write an instant as another place would, with microseconds."""
    other_place = datetime.fromisoformat(text).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return other_place.isoformat(timespec="microseconds")


def with_odd_times(item):
    """Write every time of an item in another way."""
    return {
        name: elsewhere(value) if name.endswith("_at") and value else value
        for name, value in item.items()
    }


def of_an_undocumented_type(item):
    """Call what nobody has to know about by a name that is in no documentation."""
    odd = "weather_report_log_entry"
    return item | {"type": odd if item["type"] == "notify_log_entry" else item["type"]}


SAME = {
    "times with offsets and microseconds, of incidents": ("incident", with_odd_times),
    "times with offsets and microseconds, of log entries": ("incident_log_entry", with_odd_times),
    "undocumented types": ("incident_log_entry", of_an_undocumented_type),
    "no incident key": ("incident", lambda item: item | {"incident_key": None}),
    "no acknowledgements": ("incident", lambda item: item | {"acknowledgements": None}),
    "no teams": ("incident", lambda item: item | {"teams": None}),
    "a new field": ("incident", lambda item: item | {"brand_new": {"deep": [1]}}),
}


@pytest.mark.parametrize(
    ("kind", "change"), [pytest.param(*row, id=name) for name, row in SAME.items()]
)
def test_equivalent_evidence_gives_the_same_results(lab, kind, change):
    """Nothing is refused, nothing is missing, and every rule says what it would have said."""
    honest = lab.honest(*IN_INCIDENTS)
    altered(lab, kind, change)
    ran = lab.read(*IN_INCIDENTS)

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert ran.bodies[kind].keys() == honest.bodies[kind].keys()
    assert said(ran) == said(honest)


def test_an_unknown_field_is_listed_and_not_kept(lab):
    """What the source began to send is told, so that somebody can look at it."""
    honest = lab.honest("service")
    altered(lab, "service", lambda item: item | {"brand_new": {"deep": "words"}})
    ran = lab.read("service")

    assert ran.outcomes == {"service": Outcome.COMPLETE}
    assert ran.by_kind["service"][0].unknown_fields == ("brand_new",)
    assert ran.bodies == honest.bodies
    assert ran.judgement == honest.judgement


def test_an_acknowledgement_by_nobody_is_no_acknowledgement_by_a_person(lab):
    """Whoever acknowledged those incidents is not known, so nothing is said of them."""
    honest = lab.honest(*IN_INCIDENTS)
    altered(lab, "incident_log_entry", lambda item: item | {"agent": None})
    ran = lab.read(*IN_INCIDENTS)

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    rule = "pagerduty_incident_acknowledged_in_time"
    before, after = honest.results(rule), ran.results(rule)
    changed = {name for name in after if after[name].status is not before[name].status}
    newest = max(incident.number for incident in lab.account.incidents)
    assert changed
    assert f"pagerduty.incident:{incident_id(newest - 1)}" in changed
    assert {after[name].status for name in changed} == {Status.INSUFFICIENT}


def test_on_calls_without_schedule_or_end_are_kept(lab):
    """Who is named by a policy itself is on call for good, and has a key all the same."""
    altered(lab, "on_call", lambda item: item | {"schedule": None, "start": None, "end": None})
    ran = lab.read(first=True)

    assert ran.bodies["on_call"]
    assert ran.reasons("on_call") == {Reason.CONTRADICTED}  # renderings name the schedules
    assert all(key.endswith("/-/-/-") for key in ran.bodies["on_call"])


REFUSED = {
    "a number for a name": lambda item: item | {"name": 5},
    "no id": lambda item: {name: value for name, value in item.items() if name != "id"},
    "an empty object": lambda _item: {},
    "a number for an id": lambda item: item | {"id": 7},
    "a policy that is text": lambda item: item | {"escalation_policy": "text"},
}


@pytest.mark.parametrize(
    "change", [pytest.param(change, id=name) for name, change in REFUSED.items()]
)
def test_an_object_that_its_schema_rejects_is_missing(lab, change):
    """It is counted, its problem is told, and nothing that rests on its kind passes."""
    first = min(lab.account.services.values(), key=lambda one: one.name.lower())
    altered(lab, "service", lambda item: change(item) if item["id"] == first.id else item)
    ran = lab.read("service")

    assert ran.outcomes == {"service": Outcome.PARTIAL}
    assert ran.reasons("service") == {Reason.REJECTED_RECORDS}
    assert "do not satisfy the schema" in ran.details("service")
    assert ran.by_kind["service"][0].counts.rejected == 1
    assert ran.exit is Exit.INSUFFICIENT
    for rule in lab.rules_over("service"):
        assert {one.status for one in ran.rules[rule].results} == {Status.INSUFFICIENT}, rule


@pytest.mark.parametrize("item", [None, 7, "text", [1]])
def test_a_list_entry_that_is_no_object_makes_its_page_partial(lab, item):
    """A list of such is not believed."""
    altered(lab, "service", lambda _item: item)
    ran = lab.read("service")
    assert ran.outcomes == {"service": Outcome.FAILED}
    assert "not a list of objects" in ran.details("service")
    for rule in lab.rules_over("service"):
        assert {one.status for one in ran.rules[rule].results} == {Status.INSUFFICIENT}


def test_a_duplicate_record_is_kept_once(lab):
    """A page that repeats all it has said costs nothing but the count."""

    def doubled(request, honest):
        answer = honest(request)
        page = json.loads(answer.body)
        page["services"] = [one for item in page["services"] for one in (item, item)]
        page["total"] = len(page["services"])
        return replace(answer, body=json.dumps(page).encode())

    honest = lab.honest("service")
    lab.control.inject("/services", doubled)
    ran = lab.read("service")
    assert ran.outcomes == {"service": Outcome.COMPLETE}
    assert ran.bodies == honest.bodies
    assert ran.by_kind["service"][0].counts.duplicates == len(honest.bodies["service"])


# -- what changes while it is read ------------------------------------------------------------


def by_name(lab):
    """Give the people of the account in the order in which they are listed."""
    return sorted(lab.account.users.values(), key=lambda one: one.name.lower())


def newcomer(lab, number):
    """Add somebody who is listed before all others."""
    someone = by_name(lab)[-1]
    new = replace(someone, id=f"PNEW{number}", name=f"Aaa {9999 - number}", contact_methods=())
    lab.account.users = {**lab.account.users, new.id: new}


def leaver(lab, _number):
    """Delete whoever is listed first and belongs to no team, so that nobody names them."""
    user_id = by_name(lab)[0]
    lab.account.users = {key: one for key, one in lab.account.users.items() if key != user_id.id}
    lab.account.deleted_users = {**lab.account.deleted_users, user_id.id: user_id}


def during(lab, change, *, most):
    """Change the people whenever their second page is asked for, so many times at most."""
    done = []

    def before(request):
        second = request.template == "/users" and 0 < request.integer("offset", 0) < 4
        if second and len(done) < most:
            done.append(request)
            change(lab, len(done))

    lab.control.before_response = before


@pytest.mark.parametrize(
    "change",
    [pytest.param(newcomer, id="somebody comes"), pytest.param(leaver, id="somebody goes")],
)
@pytest.mark.parametrize("size", [1, 3, 4])
def test_a_list_that_changed_while_it_was_read_is_read_again(lab, change, size):
    """In the end everybody who is there is in the evidence, once."""
    during(lab, change, most=1)
    ran = lab.read("user", page_size=size)

    assert ran.outcomes == {"user": Outcome.COMPLETE}
    assert ran.bodies["user"].keys() == lab.account.users.keys()


@pytest.mark.parametrize("size", [3, 4])
def test_a_list_that_keeps_changing_is_reported(lab, size):
    """It is read a bounded number of times, and then no rule that rests on it passes."""
    during(lab, newcomer, most=50)
    ran = lab.read("user", page_size=size)

    assert ran.outcomes == {"user": Outcome.PARTIAL}
    assert ran.reasons("user") == {Reason.DRIFTED}
    assert len([one for one in ran.requests if one.template == "/users"]) < 30
    assert ran.exit is Exit.INSUFFICIENT
    for rule in lab.rules_over("user"):
        assert {one.status for one in ran.rules[rule].results} == {Status.INSUFFICIENT}
