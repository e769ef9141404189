"""Which rows a framework concerns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.subject import Subject
from ccm_core.rules.choices.scope_matching import INSIDE, OUTSIDE, UNNAMED, scope_letter
from ccm_core.sdk.view import Row

NAMES = ["pay", "pay-eu", "web", "P1", "P2", "high", "low"]
FIELDS = ("services", "teams", "priorities", "incident_types", "urgencies")


def row(kind="acme.incident", key="I1", owners=(), **body):
    """Make a row."""
    subject = Subject(kind=kind, key=key, title=key, owners=tuple(owners))
    return Row(subject=subject, body=body, evidence_digests=())


def scope(**stated):
    """Make a scope."""
    return FrameworkScope(framework="soc2", **{k: tuple(v) for k, v in stated.items()})


PAY = {"service": {"id": "S1", "title": "Payments EU"}}


@pytest.mark.parametrize(
    ("stated", "subject", "expected"),
    [
        ({"services": ["Payments*"]}, row(**PAY), INSIDE),
        ({"services": ["S1"]}, row(**PAY), INSIDE),
        ({"services": ["web"]}, row(**PAY), OUTSIDE),
        ({"services": ["web"]}, row("acme.service", "web"), INSIDE),
        ({"services": ["web"]}, row("acme.service", "pay"), OUTSIDE),
        ({"services": ["web"]}, row("acme.schedule", "pay"), UNNAMED),
        ({"teams": ["SRE"]}, row(owners=["SRE", "Web"]), INSIDE),
        ({"teams": ["SRE"]}, row(owners=["Web"]), OUTSIDE),
        ({"teams": ["SRE"]}, row(), UNNAMED),
        ({"priorities": ["P1"]}, row(priority="P1"), INSIDE),
        ({"priorities": ["P1"]}, row(priority=None), OUTSIDE),
        ({"priorities": ["P1"]}, row(), UNNAMED),
        ({"urgencies": ["high"], "priorities": ["P*"]}, row(urgency="low", priority="P1"), OUTSIDE),
        ({"connections": ["hq"]}, row(), INSIDE),
        ({"connections": ["other"]}, row(), OUTSIDE),
        ({"connections": ["other"]}, row("connection", "hq"), OUTSIDE),
        ({"services": ["web"]}, row("connection", "hq", **PAY), UNNAMED),
    ],
)
def test_a_scope_leaves_out_what_is_known_to_be_outside(stated, subject, expected):
    """What has no such field stays in, and so does a whole connection."""
    assert scope_letter(scope(**stated), "hq", subject) == expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [(["true"], INSIDE), (["false"], OUTSIDE)],
)
def test_other_fields_are_named_by_their_path(patterns, expected):
    """Whatever their type."""
    stated = FrameworkScope(framework="soc2", fields={"custom.security": tuple(patterns)})
    assert scope_letter(stated, "hq", row(custom={"security": True})) == expected
    assert scope_letter(stated, "hq", row(custom={})) == UNNAMED


rows = st.builds(
    row,
    owners=st.lists(st.sampled_from(NAMES), max_size=2),
    service=st.none() | st.builds(lambda name: {"id": name}, st.sampled_from(NAMES)),
    priority=st.none() | st.sampled_from(NAMES),
    incident_type=st.none() | st.sampled_from(NAMES),
    urgency=st.sampled_from(NAMES),
)


@given(rows)
def test_a_scope_of_everything_leaves_nothing_out(subject):
    """But for what has none of what it asks for."""
    assert scope_letter(scope(services=["*"], teams=["*"], urgencies=["*"]), "hq", subject) in (
        INSIDE,
        UNNAMED,
    )


@given(rows, st.sets(st.sampled_from(NAMES)))
def test_scopes_partition(subject, names):
    """Of two scopes of an urgency that share no value and have all, one has each row."""
    halves = [scope(urgencies=half) for half in (names, {*NAMES} - names) if half]
    letters = [scope_letter(half, "hq", subject) for half in halves]
    assert letters.count(INSIDE) == 1
    assert letters.count(OUTSIDE) == len(letters) - 1
