"""A run for people: everything its manifest says, in plain lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evidence.collection import Counts, Dangling, LookupOutcome, Request
from ccm_core.model.evidence.manifest import ScheduledKind, VisibilityGap
from ccm_core.report.terminal.run import MOST, run_text


@pytest.fixture
def told(make):
    """Say a run of one collection with some of its fields changed."""

    def tell(run=None, **changes):
        collection = replace(make.collection("acme.team"), **changes)
        return run_text(replace(make.manifest(collections=[collection]), **run or {}))

    return tell


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(
            {"counts": Counts(items=7, pages=2, requests=3, total_at_start=9, total_at_end=8)},
            "  read: 7 items on 2 pages in 3 requests, the source said 9 then 8, "
            "not seen to the end",
            id="totals that moved",
        ),
        pytest.param(
            {"counts": Counts(rejected=2, appended=1)},
            "  kept: 1 new or changed, 0 as before, 0 no longer there, 2 kept apart as rejected",
            id="rejected",
        ),
        pytest.param(
            {"counts": Counts(retries=1, refused=2, waited=61.0)},
            "  on the way: 1 retry, 2 refused, waited 1 min 1 s",
            id="waits",
        ),
        pytest.param(
            {"unknown_fields": ("a.b", "c")}, "  fields that no schema names: a.b, c", id="drift"
        ),
        pytest.param(
            {
                "dangling": (
                    Dangling(
                        field="team.id",
                        kind="acme.team",
                        key="T1",
                        named_by="S1",
                        lookup_outcome=LookupOutcome.HIDDEN,
                    ),
                )
            },
            "  leads nowhere: team.id of S1 names acme.team T1, hidden",
            id="dangling",
        ),
        pytest.param(
            {"requests": (Request(endpoint="/t", parameters=(("a", "1"), ("b", "\x1b[2J"))),)},
            "  asked: /t?a=1&b=\ufffd[2J",
            id="nothing steers the terminal",
        ),
        pytest.param(
            {"requests": tuple(Request(endpoint=f"/t/{n}") for n in range(MOST + 5))},
            "  asked: 5 more; --json has them all",
            id="many requests",
        ),
    ],
)
def test_a_collection_says_what_it_read_kept_and_missed(told, changes, line):
    """Each fact has its line."""
    assert line in told(**changes).splitlines()


def test_a_run_says_what_was_promised_and_when_its_credential_ages(told, make):
    """How often each kind is read; when the credential was entered, and when to replace it."""
    manifest = make.manifest()
    lines = told(
        {
            "scheduled": (
                ScheduledKind(kind="acme.team", version=1, shape="snapshot", cadence=3600.0),
            ),
            "entered_at": manifest.started_at,
            "rotate_by": manifest.ended_at,
        }
    )
    assert "  promised: acme.team every 1 h" in lines
    assert ", entered 2026-05-06 06:57 UTC, to be replaced by 2026-05-06 07:00 UTC" in lines


def test_a_run_that_did_not_reach_its_source_says_so(told):
    """No credential and no clock is told as that, not left out."""
    lines = told({"credential": None, "clock_skew": None}).splitlines()
    assert "  credential: the source was not asked" in lines
    assert "  clock: the source did not say its own" in lines


def test_what_the_credential_was_shown_to_miss_has_a_line_for_each_kind(told):
    """Beside its kind and role."""
    missed = VisibilityGap(kind="acme.service", reason="denied")
    lines = told({"visibility_gaps": (missed,)}).splitlines()
    assert "  shown to miss: acme.service: access was denied" in lines
