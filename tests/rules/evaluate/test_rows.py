"""A record as the row it is: what a person calls it, where it opens, and who owns it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.types import EvidenceKind, Shape

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
BODY = {"id": "D1", "name": "North", "page": {"url": "https://acme.example/D1"}, "teams": ["Ops"]}
RECORD = Record(
    kind="acme.door",
    version=1,
    key="D1",
    connection="hq",
    observed_at=NOW,
    collection="c1",
    source=RecordSource(endpoint="/doors", window=None, page=1, response_digest="sha256:p"),
    body=BODY,
    digest="sha256:d",
)


def evidence(**fields):
    """Return the evidence of one door, of a kind with these fields."""
    kind = EvidenceKind(
        name="acme.door",
        version=1,
        title="Doors",
        shape=Shape.SNAPSHOT,
        key=("id",),
        cadence=timedelta(hours=1),
        schema=dict,
        **fields,
    )
    return Evidence(
        connection="hq",
        kinds={"acme.door": kind},
        views={},
        cadences={},
        load=lambda _: [RECORD],
        collections=(),
        now=NOW,
        horizon=Window(NOW - timedelta(days=1), NOW),
    )


@pytest.mark.parametrize(
    ("fields", "title", "url", "owners"),
    [
        pytest.param({}, "D1", None, (), id="a kind that says nothing"),
        pytest.param({"title_field": "name"}, "North", None, (), id="a title"),
        pytest.param({"url_field": "page.url"}, "D1", "https://acme.example/D1", (), id="a link"),
        pytest.param(
            {"owners": lambda body: tuple(body["teams"])}, "D1", None, ("Ops",), id="owners"
        ),
    ],
)
def test_a_subject_has_the_title_of_its_kind(fields, title, url, owners):
    """The kind says which fields name a record, open it, and name the teams that own it."""
    (row,) = evidence(**fields).rows("acme.door")
    assert (row.subject.title, row.subject.url, row.subject.owners) == (title, url, owners)
    assert (row.body, row.evidence_digests, row.names) == (BODY, ("sha256:d",), ("acme.door:D1",))


def test_an_error_in_naming_owners_is_a_derivation_error(compiled):
    """A plugin's bug makes the rules over its kind errors, with what it was."""
    broken = evidence(owners=lambda body: body["group"])
    packs = compiled()
    assert broken.facts(packs, ()).derivation_errors == {
        "acme.door": "the kind acme.door broke: KeyError('group')"
    }
