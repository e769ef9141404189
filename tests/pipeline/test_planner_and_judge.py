"""Planning and evaluating agree: whatever an evaluation lacks, the next plain run asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.collect.planner import PlanInputs, plan
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import ChangedBy, Collector, EvidenceKind, Shape

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOOKBACK = 20 * HOUR
CASE = ("acme.case:C1",)


async def nothing(_session, _request):
    """Collect nothing."""
    for page in ():
        yield page


def _kind(name, shape):
    at = "at" if shape is Shape.EVENT else None
    return EvidenceKind(
        name=name,
        version=1,
        title=name,
        shape=shape,
        key=("id",),
        cadence=HOUR,
        schema=dict,
        occurred_at=at,
    )


KINDS = {
    kind.name: kind
    for kind in (
        _kind("acme.part", Shape.SNAPSHOT),
        _kind("acme.case", Shape.EVENT),
        _kind("acme.entry", Shape.EVENT),
        _kind("acme.alert", Shape.EVENT),
    )
}
COLLECTORS = (
    Collector(kind="acme.part", collect=nothing),
    Collector(
        kind="acme.case",
        collect=nothing,
        refresh=nothing,
        changed_by=ChangedBy(kind="acme.entry", path="case"),
    ),
    Collector(
        kind="acme.entry",
        collect=nothing,
        settles_after=10 * MINUTE,
        longest_window=6 * HOUR,
    ),
    Collector(kind="acme.alert", collect=nothing, settles_after=None),
)
ANSWERS = {
    "complete": (Outcome.COMPLETE, None, ()),
    "the credential is refused once": (Outcome.FAILED, Reason.DENIED, ()),
    "no response": (Outcome.FAILED, Reason.SOURCE_ERROR, ()),
    "rate limited": (Outcome.FAILED, Reason.RATE_LIMITED, ()),
    "stopped": (Outcome.FAILED, Reason.INTERRUPTED, ()),
    "an error on page 3": (Outcome.PARTIAL, Reason.SOURCE_ERROR, ()),
    "an error of one object": (Outcome.PARTIAL, Reason.SOURCE_ERROR, CASE),
    "drifted": (Outcome.PARTIAL, Reason.DRIFTED, ()),
    "denied": (Outcome.UNAVAILABLE, Reason.DENIED, ()),
    "denied on page 3": (Outcome.PARTIAL, Reason.DENIED, ()),
    "contradicts itself": (Outcome.COMPLETE, Reason.TRUNCATED, ()),
    "no reason": (Outcome.PARTIAL, None, ()),
}
TRANSPORT = [
    "the credential is refused once",
    "no response",
    "rate limited",
    "stopped",
    "an error on page 3",
]
WORKING = "complete"


@dataclass
class History:
    """The collections of one connection, run by run, as real plans ask for them."""

    collections: list[Collection] = field(default_factory=list)
    runs: int = 0

    def run(self, clock, answers=lambda _kind: WORKING, *, force=False, cut_after=None):
        """Plan and collect at what the clock of the machine says."""
        self.runs += 1
        inputs = PlanInputs(
            now=clock,
            horizon=Window(clock - LOOKBACK, clock + HOUR),
            cadences={},
            force=force,
        )
        tasks = plan(COLLECTORS, KINDS, self._by_kind(), inputs).tasks
        pairs = [(task.kind.name, window) for task in tasks for window in task.windows]
        for kind, window in pairs[:cut_after]:
            self._store(kind, window, clock, ANSWERS[answers(kind)])
        return {task.kind.name for task in tasks}

    def lacking(self, now):
        """Return what an evaluation at a moment lacks, by kind."""
        stored = [collection for collection in self.collections if collection.ended_at <= now]
        assessed = [
            assess_sufficiency(
                stored,
                kind=kind.name,
                shape=kind.shape,
                cadence=HOUR,
                period=Window(now - LOOKBACK, now + HOUR),
                now=now,
                connection="acme",
                refreshed=kind.name == "acme.case",
            )
            for kind in KINDS.values()
        ]
        return {
            sufficiency.kind: sufficiency.problem or sufficiency.subjects
            for sufficiency in assessed
            if sufficiency.problem or sufficiency.subjects
        }

    def _by_kind(self):
        return {
            name: [collection for collection in self.collections if collection.kind == name]
            for name in KINDS
        }

    def _store(self, kind, window, clock, answer):
        outcome, reason, subjects = answer
        shortfalls = (
            (Shortfall(reason=reason, detail="as the test says", subjects=subjects),)
            if reason
            else ()
        )
        self.collections.append(
            Collection(
                id=f"c{len(self.collections):04}",
                run=f"r{self.runs}",
                connection="acme",
                kind=kind,
                version=1,
                window=window,
                started_at=clock,
                ended_at=clock + timedelta(seconds=1),
                outcome=outcome,
                shortfalls=shortfalls,
            )
        )


@st.composite
def histories(draw):
    """Draw a history of runs that fail in every way, by clocks that go wrong, and its end."""
    history, now = History(), START
    for _ in range(draw(st.integers(0, 8))):
        now += draw(st.sampled_from([2, 7, 31, 56, 61, 125, 400])) * MINUTE
        clock = now + draw(st.sampled_from([0, 0, 0, 0, -300, -50, 50, 300])) * MINUTE
        answers = {name: draw(st.sampled_from(sorted(ANSWERS))) for name in KINDS}
        outage = draw(st.booleans())
        history.run(
            clock,
            lambda kind, answers=answers, outage=outage: answers[kind] if outage else WORKING,
            force=draw(st.booleans()),
            cut_after=draw(st.sampled_from([None, None, None, 0, 1, 2, 3, 5])),
        )
    return history, now + draw(st.sampled_from([1, 20, 54, 56, 90, 121, 600])) * MINUTE


@pytest.mark.attack(
    "Planner",
    "Random histories of runs: denied, cut off, failed, partial, forced, with clocks that jump",
    "Whatever an evaluation lacks, one more `ccm collect` asks for and cures",
)
@given(histories())
def test_one_more_plain_run_cures_whatever_an_evaluation_lacks(drawn):
    """Once the source responds completely, no kind stays insufficient: every gap is planned."""
    history, now = drawn
    history.run(now)

    assert history.lacking(now + MINUTE) == {}


@given(histories())
def test_plan_includes_every_kind_that_an_evaluation_lacks(drawn):
    """A kind whose evidence is insufficient is due, whatever it lacks."""
    history, now = drawn

    assert history.lacking(now).keys() <= history.run(now)


@pytest.mark.attack(
    "Planner",
    "One `ccm collect --all` meets a transport failure, and later runs are well",
    "Complete evidence that is not too old decides; the next plain run asks for all of it again",
)
@pytest.mark.parametrize("answer", TRANSPORT)
def test_transport_failure_never_outranks_complete_evidence_in_date(answer):
    """Evaluations right after the failure rest on what was read before, and it heals."""
    history = History()
    history.run(START)
    history.run(START + 30 * MINUTE, lambda _kind: answer, force=True)
    failed = history.lacking(START + 31 * MINUTE)
    history.run(START + 60 * MINUTE)

    assert failed == {}
    assert history.lacking(START + 61 * MINUTE) == {}
    assert history.lacking(START + 200 * MINUTE).keys() == KINDS.keys()


@pytest.mark.parametrize("answer", TRANSPORT)
def test_transport_failure_counts_once_the_evidence_before_it_is_too_old(answer):
    """An outage that lasts makes everything insufficient after twice the cadence."""
    history = History()
    history.run(START)
    for runs in (1, 2, 3):
        history.run(START + runs * HOUR, lambda _kind: answer)

    assert history.lacking(START + 110 * MINUTE) == {}
    assert history.lacking(START + 3 * HOUR + MINUTE).keys() == KINDS.keys()


@pytest.mark.parametrize("answer", ["denied", "denied on page 3", "drifted", "no reason"])
def test_answer_of_the_source_outranks_complete_evidence(answer):
    """A denial is insufficient at once, and stays so behind a transport failure."""
    history = History()
    history.run(START)
    history.run(START + 30 * MINUTE, lambda _kind: answer, force=True)
    history.run(START + 40 * MINUTE, lambda _kind: "no response", force=True)

    assert history.lacking(START + 41 * MINUTE).keys() == KINDS.keys()


def test_denial_of_a_window_is_read_again_although_the_window_is_short():
    """What is younger than a cadence is not due, unless its last attempt lacks something."""
    history = History()
    history.run(START)
    history.run(START + 58 * MINUTE, lambda _kind: "denied")
    history.run(START + 65 * MINUTE)

    assert history.lacking(START + 66 * MINUTE) == {}
