"""Coverage of schedules, levels, policies and services equals a plain model, second by second."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from coverage_at import At
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up_rotations import evidence

from ccm_core.sdk.types import Window

SECOND = timedelta(seconds=1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
)
UNSURE = "possible"


class Canvas:
    """A interval of time as one byte for each second."""

    def __init__(self, since, until):
        self.since, self.until = since, until
        self.colours = {"sure": 0}

    def blank(self):
        """Return a blank canvas: somebody is on call at every second."""
        return bytearray(self._second(self.until))

    def paint(self, array, since, until, answer):
        """Paint what is inside the interval."""
        first = max(0, self._second(since))
        last = max(first, min(len(array), self._second(until)))
        colour = self.colours.setdefault(answer, len(self.colours))
        array[first:last] = bytes([colour]) * (last - first)

    def modelled(self, marks, answer):
        """Paint what a model answers from each mark to the next."""
        array, last = self.blank(), "sure"
        inside = [mark for mark in marks if self.since < mark < self.until]
        for mark in (self.since, *inside):
            if (state := answer(mark)) != last:
                self.paint(array, mark, self.until, state)
                last = state
        return array

    def told(self, gaps, answer):
        """Paint gaps as a row tells them; they must be disjoint and in order."""
        array = self.blank()
        reached = self.since
        for gap in gaps:
            since, until = (datetime.fromisoformat(gap[name]) for name in ("since", "until"))
            assert reached <= since < until <= self.until
            self.paint(array, since, until, answer(gap))
            reached = until
        return array

    def _second(self, instant):
        return int((instant - self.since) / SECOND)


def agree(situation, row, names, answer, state_of, *, body=None):
    """Hold the intervals of a row against the model, what is past and what is ahead on its own."""
    at = moment(situation)
    bounds = {
        "past": (situation.since, situation.now),
        "ahead": (situation.now, situation.until),
    }
    for tense, name in names.items():
        gaps = at.gaps(row, (body or row)[name], tense)
        canvas = Canvas(*bounds[tense])
        model = canvas.modelled(situation.marks(), answer)
        if canvas.colours.setdefault(UNSURE, 255) in model:
            assert gaps is None
            continue
        assert canvas.told(gaps, state_of) == model


def moment(situation):
    """Return the questions that rules ask at the moment of a situation."""
    return At(situation.now, Window(situation.since, situation.until))


GAPS = {"past": "past_gaps", "ahead": "gaps"}
UNCOVERED = {"past": "past_uncovered", "ahead": "uncovered"}


def look(view, name, situation_evidence):
    """Run a view over what it reads of the evidence."""
    bodies = {noun: body for noun, body in situation_evidence.items() if noun in NOUNS[name]}
    return {row.subject.key: row.body for row in view(name, **bodies)}


NOUNS = {
    "schedule_coverage": {"schedule", "schedule_rendering", "user", "escalation_policy"},
    "policy_coverage": {"schedule", "schedule_rendering", "user", "escalation_policy"},
    "service_readiness": {
        "schedule",
        "schedule_rendering",
        "user",
        "escalation_policy",
        "service",
    },
}


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=200, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
@example(seed=2081)
def test_coverage_equals_the_model(make_view, pd, make_situation, zone, seed):
    """Two rotations, a policy of up to four levels and a service, around a change of hours."""
    random = Random(seed)  # noqa: S311 - a made-up rendering, no secret
    situation = make_situation(zone, seed)
    situation_evidence = evidence(pd, situation, random)
    rows = look(make_view, "schedule_coverage", situation_evidence)
    for key in situation.schedules:
        agree(
            situation,
            rows[key],
            GAPS,
            lambda at, key=key: situation.target(key, at),
            lambda gap: gap["cause"],
        )
    (policy,) = look(make_view, "policy_coverage", situation_evidence).values()
    for number, level in enumerate(policy["levels"]):
        agree(situation, policy, GAPS, level_of(situation, number), causes, body=level)
    agree(situation, policy, UNCOVERED, situation.policy, lambda _: "nobody")
    agree(
        situation,
        policy,
        {"ahead": "single_person"},
        situation.alone,
        lambda gap: gap["person"]["id"],
    )
    service = {"service": [pd.service("S1")]}
    (ready,) = look(make_view, "service_readiness", situation_evidence | service).values()
    assert ready["uncovered"] == policy["uncovered"]
    shared = ("level", "covered", "gaps")
    assert ready["levels"] == [{name: level[name] for name in shared} for level in policy["levels"]]


def level_of(situation, number):
    """Return the model's answer for a level."""
    return lambda at: situation.level(number, at)


def causes(gap):
    """Return all causes of a gap."""
    return tuple(gap["causes"])
