"""What was deleted at the source is judged by what it was, and takes nothing else out of sight."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagerduty_simulator.api.faults import refuse

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

INCIDENTS = "pagerduty.incident_response"


def delete(lab, noun):
    """Delete the first object of a kind; return its id."""
    objects = getattr(lab.account, noun)
    key = min(objects)
    deleted = objects.pop(key)
    if noun == "users":
        gone = replace(deleted, deleted_at=lab.account.epoch - 86_400)
        lab.account.deleted_users = {**lab.account.deleted_users, key: gone}
    return key


def incident_rules(lab):
    """Name the rules over the response to incidents."""
    groups = [group for pack in lab.packs.packs for group in pack.groups]
    return {rule.rule.id for group in groups if group.over == INCIDENTS for rule in group.rules}


def inconclusive(ran):
    """Return the results that are insufficient, by rule and subject."""
    return {
        (rule.rule, result.subject.kind, result.subject.key)
        for rule in ran.rules.values()
        for result in rule.results
        if result.status in {Status.INSUFFICIENT, Status.ERROR}
    }


def statuses(ran, rules):
    """Return what some rules state of each incident."""
    return {
        (rule, name): result.status
        for rule in rules
        for name, result in ran.results(rule).items()
        if name.startswith("pagerduty.incident:")
    }


@pytest.mark.attack(
    "Answers of the source",
    "A service, team or user that records name is deleted, and read with an account key",
    "Nothing becomes inconclusive; incidents of a deleted service are judged by what it was",
)
@pytest.mark.parametrize("noun", ["services", "teams", "users"])
def test_deleted_object_makes_nothing_inconclusive(lab, noun):
    """For a credential that sees the whole account, a 404 means deleted."""
    honest = lab.honest()
    delete(lab, noun)
    ran = lab.read()

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert inconclusive(ran) <= inconclusive(honest)
    assert statuses(ran, incident_rules(lab)) == statuses(honest, incident_rules(lab))


def test_evidence_of_an_incident_includes_its_deleted_service_as_it_was(lab):
    """The last version of the service is named and is part of what a result rests on."""
    honest = lab.honest()
    service = delete(lab, "services")
    ran = lab.read()
    rule = "pagerduty_incident_acknowledged_in_time"
    of_service = [
        name
        for name, result in honest.results(rule).items()
        if ran.bodies["incident"][result.subject.key]["service"]["id"] == service
    ]

    assert of_service
    assert service not in ran.bodies["service"]
    for name in of_service:
        before, after = honest.results(rule)[name], ran.results(rule)[name]
        assert set(after.evidence_digests) == set(before.evidence_digests)
        assert (after.status, after.subject) == (before.status, before.subject)


def test_service_deleted_before_it_was_ever_read_leaves_only_its_limits_open(lab):
    """What it was is not known: rules that need its support hours say so, of its incidents only."""
    service = delete(lab, "services")
    ran = lab.read(first=True)
    concerned = {
        key
        for key, incident in ran.bodies["incident"].items()
        if incident["service"]["id"] == service
    }
    unsure = {(kind, key) for rule, kind, key in inconclusive(ran) if rule in incident_rules(lab)}

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert {key for kind, key in unsure if kind == "pagerduty.incident"} <= concerned
    assert not [name for name in unsure if name[0] not in {"pagerduty.incident", "population"}]


def test_lookup_that_fails_is_no_verdict_about_the_object(lab):
    """It says that the source did not respond, and what to do; no other credential is asked for."""
    delete(lab, "services")
    lab.control.inject("/services/{id}", refuse(500, {}))
    ran = lab.read()

    assert ran.outcomes["incident"] is Outcome.PARTIAL
    assert ran.reasons("incident") == {Reason.SOURCE_ERROR}
    assert "Run `ccm collect` again" in ran.details("incident")
    assert "credential" not in ran.details("incident")
