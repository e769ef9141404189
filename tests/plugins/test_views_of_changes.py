"""Views that read how records changed, as far as the host can check them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.plugins.consistency import problems
from ccm_core.sdk.types import EvidenceKind, Partitioning, Shape, View

SCHEMA = {"type": "object", "properties": {"rating": {"type": "integer"}}}


def kind(name, shape):
    """Make a kind."""
    return EvidenceKind(
        name=name,
        version=1,
        title=name,
        shape=shape,
        key=("id",),
        cadence=timedelta(hours=1),
        schema=lambda: SCHEMA,
        occurred_at="at" if shape is Shape.EVENT else None,
    )


KINDS = {
    "acme.queue": kind("acme.queue", Shape.SNAPSHOT),
    "acme.ticket": kind("acme.ticket", Shape.EVENT),
}


@pytest.mark.parametrize(
    ("changes", "partitions", "expected"),
    [
        (("acme.queue",), None, []),
        (("acme.team",), None, ["reads changes of acme.team, which is not one of its inputs"]),
        (("acme.ticket",), None, ["reads changes of acme.ticket; expected a snapshot kind"]),
        (
            ("acme.queue",),
            lambda: Partitioning(names={}, name=lambda row: row.subject.key),
            ["reads changes and has partitions; expected one of the two"],
        ),
    ],
    ids=["right", "no input", "events", "partitions"],
)
def test_a_mistake_in_what_changes_a_view_reads_is_a_problem_of_the_catalog(
    changes, partitions, expected
):
    """A check names it."""
    view = View(
        name="acme.renamed",
        title="Renamed queues",
        inputs=("acme.queue", "acme.ticket"),
        rows=lambda _request: (),
        schema=lambda: SCHEMA,
        changes=changes,
        partitions=partitions,
    )
    found = [text for text in problems({}, KINDS, {view.name: view}, {}) if "changes" in text]
    assert found == [f"view acme.renamed {text}" for text in expected]
