"""Views that ask for the earliest events, as far as the host can check them."""

from __future__ import annotations

import pytest

from ccm_core.plugins.consistency import problems
from ccm_core.sdk.types import EarliestRecords, Partitioning, View
from tests.plugins.test_views_of_changes import KINDS, SCHEMA

ASKS = "asks for the earliest records acme.first"


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("acme.ticket", {}, []),
        (
            "acme.team",
            {},
            [f"{ASKS} of acme.team, and no plugin that loaded offers this evidence kind"],
        ),
        ("acme.queue", {}, [f"{ASKS} of acme.queue; expected a kind of events"]),
        (
            "acme.ticket",
            {"inputs": ("acme.ticket",)},
            [f"{ASKS} of acme.ticket, which is one of its inputs; expected one of the two"],
        ),
        (
            "acme.ticket",
            {"partitions": lambda: Partitioning(names={}, name=lambda row: row.subject.key)},
            ["asks for earliest records and has partitions; expected one"],
        ),
    ],
    ids=["right", "no kind", "no events", "an input", "partitions"],
)
def test_a_mistake_in_what_a_view_asks_of_events_is_a_problem_of_the_catalog(
    kind, fields, expected
):
    """A check names it."""
    asked = EarliestRecords(name="acme.first", kind=kind, of=lambda record: record.key)
    view = View(
        **{
            "name": "acme.staffed",
            "title": "Staffed",
            "inputs": (),
            "rows": lambda _request: (),
            "schema": lambda: SCHEMA,
            "earliest": (asked,),
            **fields,
        }
    )
    found = problems({}, KINDS, {view.name: view}, {})
    assert list(found) == [f"view acme.staffed {text}" for text in expected]
