"""Verdicts of the rules over coverage equal a plain model, at random moments and periods."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random

import pytest
import yaml
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up_rotations import evidence

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import Outcome
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.types import Facts, PackText, RowSource
from ccm_core.sdk.types import Window

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PACKS = ("pagerduty-schedules", "pagerduty-escalation", "pagerduty-services", "pagerduty-access")
INPUTS = {view.name: view.inputs for view in views()}
ON_DUTY = {"ann", "bob", "mute", "dead", "slow"}
"""They may respond; whether a page reaches them is another question."""
OUTSIDE = ON_DUTY - {"ann"}
"""They may respond, and are no members of the owner team."""
PASS, FAIL, INSUFFICIENT, NOT_APPLICABLE = "pass", "fail", "insufficient", "not_applicable"
UNSURE = "possible"


@cache
def compiled():
    """Compile the packs without their least lookback and lookahead: situations last two days."""
    texts = []
    for pack in rule_packs():
        if pack.name in PACKS:
            body = yaml.safe_load(pack.text())
            for rule in body["rules"]:
                rule.pop("period", None), rule.pop("ahead", None)
            texts.append(PackText(text=json.dumps(body).encode(), source=pack.location))
    sources = [RowSource(name=v.name, inputs=v.inputs, schema=v.schema) for v in views()]
    sources += [RowSource(name=k.name, inputs=(k.name,), schema=k.schema) for k in kinds()]
    return compile_packs(texts, sources)


def verdicts(rows, now, period):
    """Return the statuses of the rules over some rows: by rule and subject."""
    kinds = {kind for name in rows for kind in INPUTS[name]}
    facts = Facts(
        connection="pagerduty-test",
        rows=rows,
        inputs={name: INPUTS[name] for name in rows},
        sufficiency={
            kind: KindSufficiency(
                kind=kind, connection="pagerduty-test", outcome=Outcome.COMPLETE, collected_at=now
            )
            for kind in kinds
        },
        period_start=period.since,
        period_end=period.until,
    )
    return {
        (rule.rule, result.subject.key): result.status.value
        for rule in evaluate(compiled(), [facts], now=now).rules
        for result in rule.results
        if result.subject is not None
    }


class Model:
    """What a person with a calendar would answer, asking about one instant after the other."""

    def __init__(self, situation, period):
        """Take what is known, and the evaluated period."""
        self.situation = situation
        since = max(period.since, situation.since)
        until = min(period.until, situation.until)
        self.past = self._instants(since, min(situation.now, until))
        self.ahead = self._instants(max(situation.now, since), until)
        self.whole = self._instants(since, until)

    def _instants(self, since, until):
        """Return one instant of each stretch in which no answer changes."""
        marks = [mark for mark in self.situation.marks() if since < mark < until]
        return [since, *marks] if since < until else []

    def covered(self, instants, answer):
        """Return the verdict of a rule that wants somebody on call at every instant."""
        answers = {answer(at) for at in instants}
        if UNSURE in answers or not instants:
            return INSUFFICIENT
        return PASS if answers == {"sure"} else FAIL

    def names(self, key, instants):
        """Return everybody whom a target names in some instants."""
        rotation = self.situation.schedules.get(key)
        people = {rotation.holder(at) for at in instants} if rotation else {key}
        return people - {None}

    def everybody(self, levels=None):
        """Return everybody whom any level, or the first ones, name from now on."""
        keys = {key for level in self.situation.levels[:levels] for key in level}
        return {name for key in keys for name in self.names(key, self.ahead)}

    def reached(self):
        """Return the verdict of a rule that wants somebody on each level from now on."""
        if not self.ahead:
            return INSUFFICIENT
        answers = set()
        for number in range(len(self.situation.levels)):
            moments = {self.situation.level(number, at) for at in self.ahead}
            unsure = INSUFFICIENT if UNSURE in moments else FAIL
            answers.add(PASS if "sure" in moments else unsure)
        return next(status for status in (FAIL, INSUFFICIENT, PASS) if status in answers)

    def shared(self, key):
        """Return the verdict of a rule that wants no schedule to depend on one person."""
        people = self.names(key, self.whole)
        if len(people & ON_DUTY) > 1:
            return PASS
        if "who" in people or not self.whole:
            return INSUFFICIENT
        return FAIL if people & ON_DUTY else PASS

    def other_person(self):
        """Return the verdict of a rule that wants more than one person at any time."""
        if len(self.situation.levels) < 2:
            return NOT_APPLICABLE
        answers = {self.situation.alone(at) for at in self.ahead}
        if UNSURE in answers or not self.ahead:
            return INSUFFICIENT
        return PASS if answers == {"sure"} else FAIL

    def without(self, names, levels=None):
        """Return the verdict of a rule that wants some people on no level from now on."""
        if not self.ahead:
            return INSUFFICIENT
        people = self.everybody(levels)
        if people & names:
            return FAIL
        return INSUFFICIENT if "who" in people else PASS

    def expected(self):
        """Return every verdict, by rule and subject."""
        situation, statuses = self.situation, {}
        attached = {key for level in situation.levels for key in level}
        for key in situation.schedules:
            answer = lambda at, key=key: situation.target(key, at)  # noqa: E731 - one line
            used = key in attached
            statuses |= (
                {
                    ("pagerduty_schedule_has_no_gap_ahead", key): self.covered(self.ahead, answer),
                    ("pagerduty_schedule_had_no_gap", key): self.covered(self.past, answer),
                    ("pagerduty_schedule_is_shared", key): self.shared(key),
                }
                if used
                else {}
            )
        first = self.covered(self.ahead, lambda at: situation.level(0, at))
        return statuses | {
            ("pagerduty_policy_first_level_covered", "P1"): first,
            ("pagerduty_policy_every_level_reaches_a_person", "P1"): self.reached(),
            ("pagerduty_policy_reaches_somebody_at_all_times", "P1"): self.covered(
                self.ahead, situation.policy
            ),
            ("pagerduty_policy_asks_another_person", "P1"): self.other_person(),
            ("pagerduty_policy_names_no_deleted_user", "P1"): self.without({"gone", "left"}),
            ("pagerduty_policy_names_no_stakeholder", "P1"): self.without({"zoe"}),
            ("pagerduty_policy_names_no_unaccepted_invitation", "P1"): self.without({"new"}),
            ("pagerduty_service_responders_belong_to_owner", "S1"): self.without(OUTSIDE, levels=1),
        }


def evaluated_period(situation, random):
    """Make up a lookback and a lookahead: some beyond what is rendered, some within."""
    back = random.choice((timedelta(), SECOND * random.randint(1, 172_800), 30 * DAY))
    ahead = random.choice((timedelta(), SECOND * random.randint(1, 172_800), 14 * DAY))
    return Window(situation.now - back, situation.now + ahead)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
@example(seed=2081)
def test_verdicts_equal_the_model(make_view, pd, make_situation, zone, seed):
    """The rows are derived once, and moments in and after what is rendered are asked about."""
    random = Random(seed)  # noqa: S311 - a made-up rendering, no secret
    situation = make_situation(zone, seed)
    bodies = evidence(pd, situation, random) | {
        "service": [pd.service("S1")],
        "team": [pd.team("T1")],
        "team_member": [pd.member("T1", "ann")],
    }
    rows = {}
    for view in views():
        nouns = {kind.removeprefix("pagerduty.") for kind in view.inputs}
        if "schedule_rendering" in nouns:
            used = {noun: listed for noun, listed in bodies.items() if noun in nouns}
            rows[view.name] = make_view(view.name.removeprefix("pagerduty."), **used)
    for later in (0, random.randint(0, 86_400), random.randint(0, 345_600)):
        asked = replace(situation, now=situation.now + later * SECOND)
        period = evaluated_period(asked, random)
        statuses = verdicts(rows, asked.now, period)
        expected = Model(asked, period).expected()
        assert {key: statuses[key] for key in expected} == expected
