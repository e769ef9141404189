"""A part of an evaluation: what stays is rolled up again, and nothing is evaluated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    ControlResult,
    Evaluation,
    KindSufficiency,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome
from ccm_core.rules.results.filter import ResultFilter, filter_evaluation


def rule(name, *statuses, controls=(), total=None):
    """Make a rule with one result for each connection."""
    results = tuple(
        Result(
            rule=name,
            connection=connection,
            subject=Subject(kind="acme.service", key=connection, title=connection),
            status=status,
            reason="so it is",
        )
        for connection, status in statuses
    )
    return RuleResult(
        rule=name,
        pack="p",
        title=name,
        severity=Severity.LOW,
        status=max((result.status for result in results), key=list(Status).index),
        population=Population(total=total or len(results)),
        results=results,
        controls=tuple(Control(framework="soc2", id=control) for control in controls),
    )


@pytest.fixture
def evaluation():
    """Two connections, three rules, two frameworks."""
    return Evaluation(
        evaluated_at=datetime(2026, 5, 6, tzinfo=UTC),
        packs=(),
        connections=("eu", "us"),
        sufficiency=tuple(
            KindSufficiency(kind="acme.service", connection=name, outcome=Outcome.COMPLETE)
            for name in ("eu", "us")
        ),
        rules=(
            rule("both", ("eu", Status.PASS), ("us", Status.FAIL), controls=["CC7.4"], total=99),
            rule("first", ("eu", Status.PASS), controls=["CC7.5"], total=7),
            rule("second", ("us", Status.INSUFFICIENT)),
        ),
        controls=(
            ControlResult(framework="soc2", id="CC7.4", status=Status.FAIL, rules=("both",)),
            ControlResult(framework="soc2", id="CC7.5", status=Status.PASS, rules=("first",)),
            ControlResult(
                framework="dora", id="17", status=Status.FAIL, rules=("both",), problems=("loose",)
            ),
        ),
    )


def test_an_empty_filter_keeps_everything(evaluation):
    """Who asks for no part gets the evaluation, to the byte."""
    assert filter_evaluation(evaluation, ResultFilter()) == evaluation


def test_a_filter_by_connection(evaluation):
    """Only its results stay, and rules and controls stand as they say."""
    part = filter_evaluation(evaluation, ResultFilter(connections=("eu",)))
    assert part.connections == ("eu",)
    assert [kind.connection for kind in part.sufficiency] == ["eu"]
    assert {rule.rule: (rule.status, rule.population.total) for rule in part.rules} == {
        "both": (Status.PASS, 1),
        "first": (Status.PASS, 7),
    }
    assert {control.id: control.status for control in part.controls} == {
        "CC7.4": Status.PASS,
        "CC7.5": Status.PASS,
        "17": Status.FAIL,
    }


def test_a_filter_drops_rules_without_results_on_a_connection(evaluation):
    """A rule and a control without a word about it are no part of it."""
    part = filter_evaluation(evaluation, ResultFilter(connections=("us",)))
    assert [rule.rule for rule in part.rules] == ["both", "second"]
    assert [control.id for control in part.controls] == ["CC7.4", "17"]


@pytest.mark.parametrize(
    ("part", "rules", "controls"),
    [
        pytest.param(ResultFilter(controls=("soc2:CC7.5",)), ["first"], ["CC7.5"], id="a control"),
        pytest.param(
            ResultFilter(frameworks=("soc2",)), ["both", "first"], ["CC7.4", "CC7.5"], id="all"
        ),
        pytest.param(
            ResultFilter(controls=("soc2:CC7.5",), frameworks=("dora",)),
            ["both", "first"],
            ["CC7.5", "17"],
            id="a control and a framework",
        ),
    ],
)
def test_a_filter_by_control_and_framework(evaluation, part, rules, controls):
    """What is asked for by itself or by its framework stays, with the rules that support it."""
    filtered = filter_evaluation(evaluation, part)
    assert [rule.rule for rule in filtered.rules] == rules
    assert [control.id for control in filtered.controls] == controls
    assert filtered.connections == evaluation.connections


def test_a_filter_by_an_unknown_name_is_refused(evaluation):
    """Every mistake in one go, with what there is."""
    part = ResultFilter(connections=("asia",), controls=("CC7.4",), frameworks=("hipaa",))
    with pytest.raises(UsageError) as refused:
        filter_evaluation(evaluation, part)
    assert str(refused.value).splitlines() == [
        "connection 'asia' not found in this evaluation; it has: eu, us",
        "control 'CC7.4' not found in this evaluation; it has: dora:17, soc2:CC7.4, soc2:CC7.5",
        "framework 'hipaa' not found in this evaluation; it has: dora, soc2",
    ]


OWNED = ResultFilter(owners=("night desk",))


@pytest.fixture
def owned(evaluation):
    """The evaluation, in which one team owns what is in the US, and a rule has no result."""
    rules = tuple(
        replace(
            one,
            results=tuple(
                replace(result, subject=replace(result.subject, owners=("Night Desk",)))
                if result.connection == "us"
                else result
                for result in one.results
            ),
        )
        for one in evaluation.rules
    )
    whole = replace(rules[1], rule="whole", results=(), status=Status.FAIL, severity=Severity.HIGH)
    return replace(evaluation, rules=(*rules, whole))


@pytest.mark.parametrize(
    ("part", "listed"),
    [
        pytest.param(
            ResultFilter(statuses=("fail",)), {"both": ["us"], "whole": []}, id="a status"
        ),
        pytest.param(
            ResultFilter(statuses=("pass",)), {"both": ["eu"], "first": ["eu"]}, id="passes"
        ),
        pytest.param(ResultFilter(severities=("high",)), {"whole": []}, id="a severity"),
        pytest.param(OWNED, {"both": ["us"], "second": ["us"], "whole": []}, id="an owner"),
        pytest.param(
            ResultFilter(statuses=("fail", "insufficient"), severities=("low",)),
            {"both": ["us"], "second": ["us"]},
            id="statuses and a severity",
        ),
    ],
)
def test_filters_of_results_change_no_conclusion(owned, part, listed):
    """A rule of which only passes are listed still fails, and a control keeps its status."""
    filtered = filter_evaluation(owned, part)
    assert {
        rule.rule: [result.connection for result in rule.results] for rule in filtered.rules
    } == listed
    before = {rule.rule: (rule.status, rule.population) for rule in owned.rules}
    assert all(before[rule.rule] == (rule.status, rule.population) for rule in filtered.rules)
    assert {control.id: control.status for control in filtered.controls}.items() <= {
        control.id: control.status for control in owned.controls
    }.items()


def test_what_is_of_a_whole_connection_concerns_every_owner(owned):
    """Evidence that is missing for all of it is missing for each team."""
    rule = owned.rules[1]
    (result,) = rule.results
    missing = replace(
        result, subject=replace(result.subject, kind="connection"), status=Status.INSUFFICIENT
    )
    whole = replace(owned, rules=(*owned.rules, replace(rule, rule="blind", results=(missing,))))
    names = [rule.rule for rule in filter_evaluation(whole, OWNED).rules]
    assert "blind" in names
    assert "first" not in names
