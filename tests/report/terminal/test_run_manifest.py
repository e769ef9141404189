"""A run for people: all of its manifest, in plain lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evidence.collection import Counts, Dangling, LookupOutcome, Request
from ccm_core.model.evidence.manifest import ScheduledKind, VisibilityGap
from ccm_core.report.terminal.run_manifest import MOST, run_text


@pytest.fixture
def run_lines(make):
    """Return the text of a run of one collection with some of its fields changed."""

    def text_of(run=None, **changes):
        collection = replace(make.collection("acme.team"), **changes)
        return run_text(replace(make.manifest(collections=[collection]), **run or {}))

    return text_of


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(
            {"counts": Counts(items=7, pages=2, requests=3, total_at_start=9, total_at_end=8)},
            "  read: 7 items on 2 pages in 3 requests, total by the source 9 then 8, "
            "end of the list not reached",
            id="totals that moved",
        ),
        pytest.param(
            {"counts": Counts(rejected=2, appended=1)},
            "  stored: 1 new or changed, 0 unchanged, 0 removed, 2 rejected",
            id="rejected",
        ),
        pytest.param(
            {"counts": Counts(retries=1, refused=2, waited=61.0)},
            "  transport: 1 retry, 2 refused, waited 1m1s",
            id="waits",
        ),
        pytest.param(
            {"unknown_fields": ("a.b", "c")}, "  schema drift: new fields a.b, c", id="drift"
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
            "  dangling reference: team.id of S1 names acme.team T1, hidden",
            id="dangling",
        ),
        pytest.param(
            {"requests": (Request(endpoint="/t", parameters=(("a", "1"), ("b", "\x1b[2J"))),)},
            "  requested: /t?a=1&b=\ufffd[2J",
            id="nothing steers the terminal",
        ),
        pytest.param(
            {"requests": tuple(Request(endpoint=f"/t/{n}") for n in range(MOST + 5))},
            "  requested: 5 more; --json has them all",
            id="many requests",
        ),
    ],
)
def test_a_collection_lists_what_it_read_stored_and_missed(run_lines, changes, line):
    """Each fact has its line."""
    assert line in run_lines(**changes).splitlines()


def test_a_run_lists_required_frequencies_and_when_its_credential_is_due_for_rotation(
    run_lines, make
):
    """How often each kind is read; when the credential was entered, and when to replace it."""
    manifest = make.manifest()
    lines = run_lines(
        {
            "scheduled": (
                ScheduledKind(kind="acme.team", version=1, shape="snapshot", cadence=3600.0),
            ),
            "entered_at": manifest.started_at,
            "rotate_by": manifest.ended_at,
        }
    )
    assert "  required frequency: acme.team every 1h" in lines
    assert ", entered 2026-05-06 06:57 UTC, rotation due by 2026-05-06 07:00 UTC" in lines


def test_a_run_that_did_not_reach_its_source_has_no_credential_and_no_clock(run_lines):
    """That is stated, not left out."""
    lines = run_lines({"credential": None, "clock_skew": None}).splitlines()
    assert "  credential: the source was not asked" in lines
    assert "  clock: the source did not report its own" in lines


def test_what_a_credential_does_not_see_has_a_line_for_each_kind(run_lines):
    """Beside its kind and role."""
    missed = VisibilityGap(kind="acme.service", reason="denied")
    lines = run_lines({"visibility_gaps": (missed,)}).splitlines()
    assert "  not visible: acme.service: access was denied" in lines
