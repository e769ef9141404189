"""A view's optional inputs, as far as the host can check them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.plugins.consistency import problems
from ccm_core.sdk.types import EvidenceKind, Shape, View

SCHEMA = {"type": "object", "properties": {"rating": {"type": "integer"}}}


def kind(name, *, optional):
    """Make a kind."""
    return EvidenceKind(
        name=name,
        version=1,
        title=name,
        shape=Shape.SNAPSHOT,
        key=("id",),
        cadence=timedelta(hours=1),
        schema=lambda: SCHEMA,
        optional=optional,
    )


KINDS = {
    "acme.ticket": kind("acme.ticket", optional=False),
    "acme.survey": kind("acme.survey", optional=True),
}


@pytest.mark.parametrize(
    ("optional", "expected"),
    [
        ({"acme.survey": ("rating",)}, []),
        ({"acme.survey": ("ratings",)}, ["has ratings as a field that rests on acme.survey"]),
        ({"acme.poll": ("rating",)}, ["has acme.poll as optional, which is not one of its inputs"]),
        ({"acme.ticket": ("rating",)}, ["has acme.ticket as optional, which is no optional kind"]),
    ],
    ids=["right", "no such field", "no input", "not optional"],
)
def test_a_mistake_in_what_is_optional_is_a_problem_of_the_catalog(optional, expected):
    """A check names it; nothing passes by it."""
    view = View(
        name="acme.tickets",
        title="Tickets",
        inputs=("acme.ticket", "acme.survey"),
        rows=lambda _request: (),
        schema=lambda: SCHEMA,
        optional=optional,
    )
    found = list(problems({}, KINDS, {view.name: view}, {}))
    assert len(found) == len(expected)
    for text, start in zip(found, expected, strict=True):
        assert text.startswith(f"view acme.tickets {start}")
