"""Whatever goes wrong: the evidence is complete, or the manifest names what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_store import Event
from pagerduty_simulator.api.faults import (
    cut_connection,
    empty_pages,
    html,
    redirect,
    refuse,
    scope_missing,
    stuck,
    too_many_requests,
    truncated,
)

from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import Shape

pytestmark = pytest.mark.no_cover  # its lines are covered by others

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
RESOLVED = (Event(600, "resolve", None, "api"),)
STRANGE = {
    "errors a string": {"error": {"message": "Bad", "errors": "words"}},
    "errors a map": {"error": {"message": "Bad", "errors": {"a": ["b"]}}},
    "error an array": {"error": ["one", "two"]},
    "error a string": {"error": "words"},
    "no error around it": {"message": "Bad", "errors": ["one"]},
    "no code": {"error": {"message": "Bad"}},
}
PASSING = {
    "500 thrice": [refuse(500)] * 3,
    "408": [refuse(408)],
    "HTML 502": [html(502)],
    "HTML with 200": [html(200)],
    "429 without headers": [too_many_requests(None)] * 2,
    "429 in HTML": [too_many_requests(in_html=True)],
    "half of the JSON": [truncated],
    "a cut connection": [cut_connection],
    "one of each": [refuse(503), truncated, cut_connection],
}
LASTING = {
    "500": [refuse(500)] * 4,
    "429 without an end": [too_many_requests(None)] * 4,
    "half of the JSON": [truncated] * 4,
    "a cut connection": [cut_connection] * 4,
    "a redirect": [redirect("https://elsewhere.example/")],
    "empty pages that promise more": [empty_pages],
    "the first page again and again": [stuck] * 3,
    "402": [refuse(402)],
    "403": [refuse(403)],
    "404": [refuse(404)],
    "a missing scope": [scope_missing("incidents.read")],
    "403 in HTML": [html(403)],
    **{f"400, {name}": [refuse(400, body)] for name, body in STRANGE.items()},
}
LISTS = [pytest.param("/incidents", INCIDENT, id="incidents")]
LISTS += [pytest.param("/log_entries", ENTRY, id="log entries")]


def some(simulated):
    """Add incidents whose listing has several small pages."""
    simulated.add([NOW - n * HOUR for n in range(1, 60)], RESOLVED)


def kind_sufficiency(simulated, kind):
    """Say how far a kind can be relied on, as any rule over it would be told."""
    return assess_sufficiency(
        simulated.store.runs.collections("simulated"),
        kind=kind,
        shape=Shape.EVENT,
        cadence=HOUR,
        period=Window(NOW - 30 * DAY, NOW),
        now=NOW,
        connection="simulated",
        refreshed=kind == INCIDENT,
    )


@pytest.mark.parametrize(("template", "kind"), LISTS)
@pytest.mark.parametrize("script", [pytest.param(one, id=name) for name, one in PASSING.items()])
def test_transient_faults_cost_requests_and_nothing_else(simulated, template, kind, script):
    """What was tried again is whole."""
    some(simulated)
    simulated.control.script(template, [None, *script])
    manifest = simulated.collect(page_size=20)

    assert manifest.outcome is Outcome.COMPLETE
    assert len(simulated.kept()) == 59
    assert len(simulated.kept(ENTRY)) == 118
    assert kind_sufficiency(simulated, kind).problem is None


@pytest.mark.parametrize(("template", "kind"), LISTS)
@pytest.mark.parametrize("page", [0, 2])
@pytest.mark.parametrize("script", [pytest.param(one, id=name) for name, one in LASTING.items()])
def test_permanent_faults_are_named_and_nothing_depends_on_them(
    simulated, template, kind, page, script
):
    """Either all of it is there all the same, or the manifest says why it is not."""
    some(simulated)
    simulated.control.script(template, [*[None] * page, *script])
    simulated.collect(page_size=20)

    records = collections_of(simulated, kind)
    lacking = [one for one in records if one.outcome is not Outcome.COMPLETE]
    whole = len(simulated.kept(kind)) == (59 if kind == INCIDENT else 118)
    assert whole or lacking
    assert all(one.shortfalls for one in lacking)
    assert (kind_sufficiency(simulated, kind).problem is None) == (not lacking)


def test_a_list_of_the_account_that_is_refused_is_read_incident_by_incident(simulated):
    """It costs a request for each, it is whole, and the manifest says how it was read."""
    some(simulated)
    simulated.control.deny("/log_entries", 403)
    manifest = simulated.collect()

    (entries,) = collections(manifest, ENTRY)
    assert (entries.outcome, entries.depends_on) == (Outcome.COMPLETE, (INCIDENT,))
    assert "incident by incident" in entries.notes[0]
    assert len(simulated.kept(ENTRY)) == 118
    assert simulated.asked("/incidents/{id}/log_entries") == 59


def test_the_cheaper_way_to_read_log_entries_is_chosen(simulated):
    """A handful of incidents with thousands of entries is read incident by incident."""
    notes = tuple(Event(n, "annotate", None, "note") for n in range(1, 200))
    simulated.add([NOW - 5 * HOUR] * 6, (*notes, *RESOLVED))
    manifest = simulated.collect(log_entries="auto")

    (entries,) = collections(manifest, ENTRY)
    assert entries.notes == ("read incident by incident: 6 requests, 13 for the account",)
    assert (entries.outcome, len(simulated.kept(ENTRY))) == (Outcome.COMPLETE, 6 * 201)


@pytest.fixture
def changed(simulated):
    """Return the number of an incident that changed after it was read."""
    (number,) = simulated.add([NOW - 20 * DAY], RESOLVED)
    some(simulated)
    simulated.collect()
    simulated.change(number, NOW + HOUR, "reopen")
    simulated.change(number, NOW + HOUR + timedelta(minutes=5), "resolve")
    return number


def key_of(simulated, number):
    """Return the key under which an incident is stored."""
    return next(key for key, body in simulated.kept().items() if body["incident_number"] == number)


def test_a_forbidden_incident_is_inconclusive_by_name(simulated, changed):
    """What log entries name and nobody may read is no reason to doubt the others."""
    simulated.control.deny("/incidents/{id}", 403)
    manifest = simulated.collect(NOW + 2 * HOUR)

    (refresh,) = [one for one in collections(manifest, INCIDENT) if one.window is None]
    (fall,) = refresh.shortfalls
    key = key_of(simulated, changed)
    assert (fall.reason, fall.subjects) == (Reason.HIDDEN_REFERENCES, (f"{INCIDENT}:{key}",))


def test_an_incident_that_changed_and_was_deleted_counts_as_it_was(simulated, changed):
    """To a key of the account nothing is hidden; the collection names it."""
    simulated.control.deny("/incidents/{id}", 404)
    manifest = simulated.collect(NOW + 2 * HOUR)

    (refresh,) = [one for one in collections(manifest, INCIDENT) if one.window is None]
    assert (refresh.outcome, refresh.shortfalls) == (Outcome.COMPLETE, ())
    assert any(f"such as {key_of(simulated, changed)}" in note for note in refresh.notes)


def collections_of(simulated, kind):
    """Give everything that was kept of a kind."""
    return simulated.store.runs.collections("simulated", kind)


def collections(manifest, kind):
    """Give what a run kept of a kind."""
    return [one for one in manifest.collections if one.kind == kind]
