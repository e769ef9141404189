"""Whatever goes wrong: the evidence is complete, or the manifest names what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_log import Event
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
from ccm_core.rules.evaluate.sufficiency import standing
from ccm_core.sdk.types import Shape

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


def some(place):
    """Add incidents whose listing has several small pages."""
    place.add([NOW - n * HOUR for n in range(1, 60)], RESOLVED)


def stands(place, kind):
    """Say how far a kind can be relied on, as any rule over it would be told."""
    return standing(
        place.store.runs.collections("simulated"),
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
def test_what_passes_costs_requests_and_nothing_else(place, template, kind, script):
    """What was tried again is whole."""
    some(place)
    place.control.script(template, [None, *script])
    manifest = place.collect(page_size=20)

    assert manifest.outcome is Outcome.COMPLETE
    assert len(place.kept()) == 59
    assert len(place.kept(ENTRY)) == 118
    assert stands(place, kind).problem is None


@pytest.mark.parametrize(("template", "kind"), LISTS)
@pytest.mark.parametrize("page", [0, 2])
@pytest.mark.parametrize("script", [pytest.param(one, id=name) for name, one in LASTING.items()])
def test_what_does_not_pass_is_named_and_nothing_rests_on_it(place, template, kind, page, script):
    """Either all of it is there all the same, or the manifest says why it is not."""
    some(place)
    place.control.script(template, [*[None] * page, *script])
    place.collect(page_size=20)

    kept = collections_of(place, kind)
    lacking = [one for one in kept if one.outcome is not Outcome.COMPLETE]
    whole = len(place.kept(kind)) == (59 if kind == INCIDENT else 118)
    assert whole or lacking
    assert all(one.shortfalls for one in lacking)
    assert (stands(place, kind).problem is None) == (not lacking)


def test_a_list_of_the_account_that_is_refused_is_read_incident_by_incident(place):
    """It costs a request for each, it is whole, and the manifest says how it was read."""
    some(place)
    place.control.deny("/log_entries", 403)
    manifest = place.collect()

    (entries,) = collections(manifest, ENTRY)
    assert (entries.outcome, entries.depends_on) == (Outcome.COMPLETE, (INCIDENT,))
    assert "incident by incident" in entries.notes[0]
    assert len(place.kept(ENTRY)) == 118
    assert place.asked("/incidents/{id}/log_entries") == 59


def test_the_cheaper_way_is_chosen_by_counting(place):
    """A handful of incidents with thousands of entries is read incident by incident."""
    notes = tuple(Event(n, "annotate", None, "note") for n in range(1, 200))
    place.add([NOW - 5 * HOUR] * 6, (*notes, *RESOLVED))
    manifest = place.collect(log_entries="auto")

    (entries,) = collections(manifest, ENTRY)
    assert entries.notes == ("read incident by incident: 6 requests, 13 for the account",)
    assert (entries.outcome, len(place.kept(ENTRY))) == (Outcome.COMPLETE, 6 * 201)


def test_an_incident_that_may_not_be_seen_is_in_doubt_by_name(place):
    """What log entries name and nobody may read is no reason to doubt the others."""
    (number,) = place.add([NOW - 20 * DAY], RESOLVED)
    some(place)
    place.collect()
    place.change(number, NOW + HOUR, "reopen")
    place.change(number, NOW + HOUR + timedelta(minutes=5), "resolve")
    place.control.deny("/incidents/{id}", 404)
    manifest = place.collect(NOW + 2 * HOUR)

    (refresh,) = [one for one in collections(manifest, INCIDENT) if one.window is None]
    (fall,) = refresh.shortfalls
    key = next(key for key, body in place.kept().items() if body["incident_number"] == number)
    assert (fall.reason, fall.subjects) == (Reason.HIDDEN_REFERENCES, (f"{INCIDENT}:{key}",))


def collections_of(place, kind):
    """Give everything that was kept of a kind."""
    return place.store.runs.collections("simulated", kind)


def collections(manifest, kind):
    """Give what a run kept of a kind."""
    return [one for one in manifest.collections if one.kind == kind]
