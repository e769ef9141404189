"""Notes of incidents: asked for where a log shows one, and stored without what they say."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest
from ccm_pagerduty.collectors.incident_note import without_text
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.sdk.errors import PermissionDenied
from ccm_core.sdk.types import Reason

KIND = "pagerduty.incident_note"
ONE, OTHER = "/incidents/Q1/notes", "/incidents/Q2/notes"


def note(key="P1", at="2026-11-23T11:30:00Z", content="All is well", **fields):
    """Return a note as PagerDuty sends it."""
    return {
        "id": key,
        "user": {"id": "PU", "type": "user_reference", "summary": "Jana", "self": None},
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": content,
        "created_at": at,
        "updated_at": at,
        **fields,
    }


def answer(*notes):
    """Answer the notes of an incident."""
    return httpx.Response(200, json={"notes": list(notes)})


def stored(body):
    """Return what is kept of a body."""
    (kind,) = (entry for entry in kinds() if entry.name == KIND)
    return Projector(kind.schema(), Pseudonymizer(b"k" * 32)).project(body).body


@pytest.fixture
def notes(account, pagerduty):
    """Collect the notes of the last hour of some incidents."""

    def run(answers, *keys):
        return account("incident_note", answers, ask=pagerduty.ask_for(changed_keys=keys))

    return run


def test_only_incidents_that_a_log_names_are_asked_for(notes, validators_of):
    """Each takes one request; a note carries its incident."""
    events = notes({ONE: answer(note())}, "Q1")
    assert [path for path, _ in events.asked] == [ONE]
    body = stored(events.items[0])
    assert validators_of(KIND).is_valid(body)
    assert body["incident"]["id"] == "Q1"
    assert (notes({}).asked, notes({}).shortfalls) == ([], [])


def test_notes_of_another_time_are_left_out(notes):
    """They are of another window, and were read with it."""
    old, new = note("P1", "2026-11-20T00:00:00Z"), note("P2", "2026-11-23T06:59:00-05:00")
    assert [body["id"] for body in notes({ONE: answer(old, new)}, "Q1").items] == ["P2"]


@pytest.mark.parametrize(
    ("text", "mentions_review", "sites"),
    [
        ("", False, []),
        (None, False, []),
        ("Please review the disk", False, []),
        ("Post-mortem is done", True, []),
        (
            "POSTMORTEM: https://user:s3cret@Wiki.Example.com:8443/x?token=1",
            True,
            ["wiki.example.com"],
        ),
        ("RCA (http://a.example/1) and [b](https://b.example/2)", True, ["a.example", "b.example"]),
        ("pirate", False, []),
        ("Lessons learned", True, []),
        ("https://[broken", False, []),
    ],
)
def test_of_a_text_only_what_it_speaks_of_and_links_to_is_stored(
    validators_of, text, mentions_review, sites
):
    """Not the page, nor who may open it."""
    body = stored(without_text(note(content=text), "Q1"))
    assert validators_of(KIND).is_valid(body)
    assert (body["mentions_review"], body["sites"]) == (mentions_review, sites)
    assert "content" not in body
    assert "s3cret" not in str(body)


@pytest.mark.parametrize("field", ["user", "channel", "updated_at"])
def test_a_note_with_nulls_is_kept(validators_of, field):
    """It is unknown who wrote it, or how."""
    assert validators_of(KIND).is_valid(stored(without_text(note(**{field: None}), "Q1")))


@pytest.mark.parametrize("at", [None, 7, "yesterday", []])
def test_a_note_without_a_time_is_handed_on_to_be_refused(notes, validators_of, at):
    """It is not left out as one of another window."""
    events = notes({ONE: answer(note(at=at))}, "Q1")
    assert not validators_of(KIND).is_valid(stored(events.items[0]))


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        pytest.param("no right", Reason.DENIED, id="403"),
        pytest.param(httpx.Response(200, json={"notes": {}}), Reason.SOURCE_ERROR, id="an object"),
        pytest.param(httpx.Response(200, json={"notes": [7]}), Reason.SOURCE_ERROR, id="a number"),
    ],
)
def test_an_incident_whose_notes_cannot_be_read_is_named(notes, refusal, reason):
    """The others are read."""
    events = notes({ONE: refusal, OTHER: answer(note())}, "Q1", "Q2")
    assert [(fall.reason, fall.subjects) for fall in events.shortfalls] == [
        (reason, ("pagerduty.incident:Q1",))
    ]
    assert len(events.items) == 1


def test_notes_that_are_refused_for_every_incident_are_not_available(notes):
    """That is one fact, not one for each."""
    with pytest.raises(PermissionDenied):
        notes({ONE: "no right", OTHER: "no right"}, "Q1", "Q2")


def test_a_deleted_incident_has_no_notes(notes):
    """A key that sees the whole account would find it."""
    events = notes({ONE: "gone"}, "Q1")
    assert (events.items, events.shortfalls) == ([], [])
