"""`ccm check` reviews the stored evidence itself, whether the connector does or not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pagerduty_simulator.api.faults import refuse

from ccm_core.collect.observer import NullObserver
from ccm_core.pipeline.check import Check, diagnose
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.review_evidence import NOTHING_COLLECTED

ON_CALL, USER = "pagerduty.on_call", "pagerduty.user"


def silent_connection(firm, **fields):
    """Return the connection of a connector that reviews nothing itself."""
    connection = firm.connection()
    connector = replace(connection.connector, review_collections=None)
    return replace(connection, connector=connector, **fields)


def collect_all(firm, **fields):
    """Read everything, due or not."""
    connection = silent_connection(firm, **fields)
    return asyncio.run(collect(firm.host, connection, firm.store, NullObserver(), force=True))


def reviewed(firm, store=..., **fields):
    """Return whether all is well, and the lines about evidence by subject."""
    connection = silent_connection(firm, **fields)
    store = firm.store if store is ... else store
    checked = asyncio.run(diagnose(firm.host, connection, store)).check
    lines = {
        line.subject: line
        for line in checked.diagnoses
        if line.subject in firm.host.kinds or line.subject == "evidence"
    }
    every = Check(checked_at=firm.now, plugins=(), connections=(checked,))
    return every.ok, lines


def test_complete_evidence_has_no_line(firm):
    """Right after a complete run there is nothing to say."""
    assert reviewed(firm) == (True, {})


def test_nothing_collected_is_information_and_no_problem(firm):
    """In a fresh workspace, the next step is named and the check is well."""
    assert reviewed(firm, store=None) == (True, {"evidence": NOTHING_COLLECTED})


@pytest.mark.attack(
    "Planner",
    "`ccm check` of a connector that reviews nothing, after a run that read only a part",
    "Each kind that is denied, partial, failed or too old has a line, and the exit code is 3",
)
@pytest.mark.parametrize(
    ("endpoint", "fault", "kind", "cause", "words"),
    [
        pytest.param("/oncalls", refuse(403, {}), ON_CALL, "denied", "is unavailable", id="denied"),
        pytest.param(
            "/oncalls", refuse(400, {}), ON_CALL, "source_error", "still counts", id="failed"
        ),
        pytest.param(
            "/users", refuse(401, {}), USER, "denied", "the last attempt", id="refused once"
        ),
    ],
)
def test_newest_collection_that_lacks_something_is_a_problem(
    firm, endpoint, fault, kind, cause, words
):
    """Whether what was read before still counts or not."""
    firm.simulator.control.inject(endpoint, fault)
    firm.now += timedelta(minutes=30)
    collect_all(firm)
    firm.simulator.control.allow(endpoint)
    well, lines = reviewed(firm)

    assert not well
    assert (lines[kind].ok, lines[kind].cause) == (False, cause)
    assert words in lines[kind].message
    assert "ccm collect" in lines[kind].next_step


@pytest.mark.attack(
    "Clocks",
    "`ccm check` after a run that was denied a kind, on a machine whose clock went back 20 min",
    "The denial is a problem all the same: evidence is reviewed as of the newest that is stored",
)
def test_a_clock_that_went_back_hides_no_denial(firm):
    """What was stored after the moment that the clock tells is reviewed as well."""
    firm.simulator.control.inject("/oncalls", refuse(403, {}))
    firm.now += timedelta(minutes=30)
    collect_all(firm)
    firm.simulator.control.allow("/oncalls")
    firm.now -= timedelta(minutes=20)
    well, lines = reviewed(firm)

    assert not well
    assert (lines[ON_CALL].ok, lines[ON_CALL].cause) == (False, "denied")


@pytest.mark.attack(
    "Clocks",
    "`ccm check` on a machine whose clock is a day before the newest evidence",
    "A problem that names both moments: what is stored cannot be reviewed at that clock",
)
def test_a_clock_a_day_before_the_evidence_is_a_problem_and_no_traceback(firm):
    """The rest of the connection is checked, and the line has the next step."""
    firm.now -= timedelta(days=1)
    well, lines = reviewed(firm)

    assert not well
    assert list(lines) == ["evidence"]
    assert (lines["evidence"].ok, lines["evidence"].cause) == (False, "clock_skew")
    assert "newest evidence that is stored" in lines["evidence"].message
    assert lines["evidence"].next_step == "synchronize this machine's clock"


def test_evidence_that_is_too_old_is_a_problem(firm):
    """A run that stopped being made is noticed, kind by kind."""
    firm.now += timedelta(days=10)
    well, lines = reviewed(firm)

    assert not well
    assert lines[USER].message == "pagerduty.user: collected 2026-08-03T12:00:00Z, allowed age 2d"
    assert lines[USER].next_step.startswith("run `ccm collect`")


def test_what_is_accepted_is_shown_and_no_problem(firm):
    """A kind that the plan lacks is named with the reason for accepting it."""
    accepted = {ON_CALL: "the plan has no on-calls"}
    firm.simulator.control.deny("/oncalls", 402, {})
    firm.now += timedelta(minutes=30)
    collect_all(firm)
    firm.simulator.control.allow("/oncalls")

    assert reviewed(firm)[1][ON_CALL].ok is False
    well, lines = reviewed(firm, accept_unavailable=accepted)
    assert lines[ON_CALL].ok
    assert lines[ON_CALL].message.endswith("accepted: the plan has no on-calls")
    assert well
