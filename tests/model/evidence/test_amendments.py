"""Amendments: whoever takes the newest collection sees what it amends as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.model.evidence.amendments import (
    CONTRADICTION,
    REFERENCES,
    amend,
    as_amended,
    as_read,
)
from ccm_core.model.evidence.collection import (
    Collection,
    Counts,
    Dangling,
    LookupOutcome,
    Outcome,
    Reason,
    Shortfall,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
READ = Collection(
    id="run/acme.door/1",
    run="run",
    connection="hq",
    kind="acme.door",
    version=1,
    started_at=NOW,
    ended_at=NOW,
    outcome=Outcome.COMPLETE,
    counts=Counts(items=7, rejected=1),
    unknown_fields=("colour",),
    notes=("read twice",),
)
OWNER = Dangling(
    field="owner", kind="acme.person", key="P9", named_by="D1", lookup_outcome=LookupOutcome.HIDDEN
)
HIDDEN = Shortfall(reason=Reason.HIDDEN_REFERENCES, detail="P9", subjects=("acme.person:P9",))
OPPOSITE = Shortfall(reason=Reason.CONTRADICTED, detail="the other list")
NARROW = Shortfall(reason=Reason.VISIBILITY, detail="a part")
LATER = NOW + timedelta(seconds=9)


def test_amendments_join_with_what_they_amend():
    """One collection under its own id: what was read, and what came out of it later."""
    first = amend(READ, name=CONTRADICTION, shortfalls=[OPPOSITE], now=LATER)
    second = amend(first, name=REFERENCES, shortfalls=[HIDDEN], now=LATER, dangling=[OWNER])
    (joined,) = as_amended([READ, first, second])

    assert (joined.id, joined.amends) == (READ.id, None)
    assert (joined.outcome, joined.ended_at) == (Outcome.PARTIAL, LATER)
    assert joined.shortfalls == (OPPOSITE, HIDDEN)
    assert joined.dangling == second.dangling == (OWNER,)
    assert (joined.counts, joined.unknown_fields) == (READ.counts, READ.unknown_fields)


def test_an_amendment_is_never_older_than_what_it_amends():
    """A clock that was set back between the two does not bring the first back."""
    amended = amend(READ, name=REFERENCES, shortfalls=[HIDDEN], now=NOW - timedelta(hours=1))
    assert amended.ended_at == NOW
    assert as_amended([READ, amended])[0].outcome is Outcome.PARTIAL


def test_a_plan_reads_again_what_reading_again_can_change():
    """Hidden references stay hidden, and so does what a narrow credential may not see."""
    referring = amend(READ, name=REFERENCES, shortfalls=[HIDDEN], now=LATER)
    contradicted = amend(READ, name=CONTRADICTION, shortfalls=[OPPOSITE], now=LATER)
    narrow = amend(READ, name="visibility", shortfalls=[NARROW], now=LATER)
    outcomes = {
        name: (
            as_read([READ, amended], sees_whole=False)[0].outcome,
            as_read([READ, amended], sees_whole=True)[0].outcome,
        )
        for name, amended in {"r": referring, "c": contradicted, "n": narrow}.items()
    }
    complete, partial = Outcome.COMPLETE, Outcome.PARTIAL
    assert outcomes == {
        "r": (complete, complete),
        "c": (partial, partial),
        "n": (complete, partial),
    }
