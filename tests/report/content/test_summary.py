"""The numbers and the order every format shares."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given as for_all
from hypothesis import settings, strategies

from ccm_core.model.evaluation.result import Evaluation, Population, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.report.content.summary import summary
from ccm_core.report.types import ReportInput

P, F, I, N, E = (  # noqa: E741 - as short as the table below needs them
    Status.PASS,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.NOT_APPLICABLE,
    Status.ERROR,
)


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        pytest.param([], "No rule was judged", id="nothing"),
        pytest.param([P], "1 rule holds", id="one"),
        pytest.param([P, P, F, I], "2 rules hold, 1 fails, 1 could not be judged", id="mixed"),
        pytest.param([F, F, I, I], "2 rules fail, 2 could not be judged", id="none holds"),
        pytest.param([E, N, N], "1 rule ended in an error, 2 do not apply", id="neither"),
        pytest.param([I], "1 rule could not be judged", id="blind"),
    ],
)
def test_the_verdict_in_words(make, statuses, verdict):
    """The verdict counts rules by status and leaves out what there is none of."""
    rules = [make.rule(f"r{n}", "Title", "low", status=one) for n, one in enumerate(statuses)]
    assert summary(make.report_input(*rules)).verdict == verdict


@settings(deadline=None)
@for_all(strategies.lists(strategies.sampled_from(list(Status))))
def test_numbers_add_up(statuses):
    """Each rule is counted once, and stands in the section of its status."""
    rules = [
        RuleResult(
            rule=f"r{n}",
            pack="p",
            title="Title",
            severity=Severity.LOW,
            status=status,
            population=Population(),
        )
        for n, status in enumerate(statuses)
    ]
    said = summary(_given(rules))
    assert sum(share.number for share in said.shares) == said.total == len(statuses)
    counted = Counter(statuses)
    assert len(said.failing) == counted[F] == said.number(F)
    assert len(said.unjudged) == counted[I] + counted[E]
    assert len(said.holding) == counted[P]
    assert len(said.not_applicable) == counted[N]


def _given(rules):
    from datetime import UTC, datetime

    judged = Evaluation(
        evaluated_at=datetime(2026, 5, 6, tzinfo=UTC),
        packs=(),
        connections=(),
        sufficiency=(),
        rules=tuple(rules),
        controls=(),
    )
    return ReportInput(evaluation=judged, manifests=(), counts=(), host_version="0")


def test_order(given):
    """The most severe comes first; what is wholly waived comes last."""
    assert [one.rule.rule for one in summary(given).failing] == [
        "service_has_policy",
        "incident_acknowledged_in_time",
        "schedule_exists",
        "team_has_manager",
    ]


def test_what_is_wholly_waived_comes_last(make):
    """A waived failure stands behind an open one, however severe it is."""
    waived = make.rule("w", "W", "critical", [make.result("A", F, "bad", waiver="W-1")])
    open_one = make.rule("o", "O", "low", [make.result("A", F, "bad")])
    told = summary(make.report_input(waived, open_one)).failing
    assert [(one.rule.rule, one.wholly_waived) for one in told] == [("o", False), ("w", True)]


def test_waived_subjects_come_last(given):
    """Subjects without a waiver are listed before those with one."""
    waived = [bool(one.waiver) for one in summary(given).failing[0].failing]
    assert waived == [False] * 23 + [True] * 2


@pytest.mark.parametrize(
    ("results", "counted"),
    [
        pytest.param([], "no subject known", id="nothing known"),
        pytest.param([P, P], "2 of 2 pass", id="all pass"),
        pytest.param([P], "1 of 1 passes", id="one passes"),
        pytest.param([P, P, F], "1 of 3 fails", id="one fails"),
        pytest.param([P, F, F, I, I], "2 of 5 fail, 2 not judged", id="some not judged"),
        pytest.param([E, F, P], "1 of 3 fails, 1 ended in an error", id="an error beside"),
        pytest.param([P, N, N], "1 of 3 passes, 2 do not apply", id="some do not apply"),
        pytest.param([N], "1 of 1 does not apply", id="none applies"),
    ],
)
def test_populations_in_words(make, results, counted):
    """A rule's population is said from its worst part on."""
    found = [make.result(f"S{n}", one, "because") for n, one in enumerate(results)]
    given = make.report_input(make.rule("r", "Title", "low", found))
    said = summary(given)
    every = said.failing + said.unjudged + said.holding + said.not_applicable
    assert every[0].counted == counted


@pytest.mark.parametrize(("known", "counted"), [(0, "nothing judged"), (60, "none of 60 judged")])
def test_a_rule_without_any_evidence(make, known, counted):
    """Where a whole connection could not be judged, the subjects known are told as not judged."""
    whole = make.result("pagerduty-prod", I, "stale", kind="connection")
    population = Population(known=known, insufficient=known)
    rule = make.rule("r", "Title", "low", [whole], population=population)
    (told,) = summary(make.report_input(rule)).unjudged
    assert told.counted == counted
    assert told.gaps[0].whole


def test_what_is_said_of_all_subjects_together(make):
    """A share that fails is told before the subjects; one that holds is told as a remark."""
    low = make.result("2026-04", F, "18 of 20 passed", kind="population")
    high = make.result("2026-05", P, "20 of 20 passed", kind="population")
    rule = make.rule("r", "Title", "low", [make.result("A", F, "late"), low, high])
    (told,) = summary(make.report_input(rule)).failing
    assert [one.subject.title for one in told.failing] == ["2026-04", "A"]
    assert told.remarks == ("20 of 20 passed",)


def test_a_failure_is_not_hidden_by_an_error(make):
    """A rule that ended in an error for one subject still shows the subjects that fail."""
    found = [make.result("A", E, "broken"), make.result("B", F, "bad")]
    said = summary(make.report_input(make.rule("r", "Title", "low", found)))
    assert [one.rule.rule for one in said.failing] == ["r"]
    assert [one.rule.rule for one in said.unjudged] == ["r"]
    assert said.verdict == "1 rule ended in an error"


def test_what_is_missing_is_not_hidden_by_a_failure(given):
    """A failing rule with subjects that lack evidence is told as judged only in part."""
    (partly,) = summary(given).partly_judged
    assert partly.rule.rule == "incident_acknowledged_in_time"
    (gap,) = partly.gaps
    assert len(gap.subjects) == 23
    assert not gap.whole
    assert [one.kind for one in gap.evidence] == ["pagerduty.incident_log_entry"]


def test_gaps_are_told_apart_by_reason_and_connection(make):
    """Subjects share a gap only where connection and reason are the same."""
    found = [
        make.result("A", I, "one"),
        make.result("B", I, "two"),
        make.result("C", I, "one"),
        make.result("D", I, "one", connection="other"),
    ]
    (rule,) = summary(make.report_input(make.rule("r", "Title", "low", found))).unjudged
    told = [(gap.connection, gap.reason, len(gap.subjects)) for gap in rule.gaps]
    assert told == [("pagerduty-prod", "one", 2), ("pagerduty-prod", "two", 1), ("other", "one", 1)]


def test_next_steps(given):
    """What is severe comes first, what is waived is left out, evidence comes last."""
    many, one, *_ = (told.rule for told in summary(given).failing)
    assert summary(given).next_steps == (
        f"{many.title}: Give the service a policy that reaches a person on every level.",
        f"{one.title}: Review the on-call team's response and the routing of this service.",
        "Mend 3 evidence problems, then run `ccm run` again: 2 rules could not be judged.",
    )


def test_troubles_of_a_run(make):
    """What befell a whole run, and a plugin that did not load, are told first."""
    refused = Shortfall(reason=Reason.DENIED, detail="The key was revoked. Make a new one.")
    broken = "acme: ImportError: no module named x"
    given = make.report_input(
        manifests=(make.manifest(outcome=Outcome.FAILED, shortfalls=(refused,)),),
        plugin_failures=(broken,),
    )
    said = summary(given)
    assert [(one.connection, one.shortfall) for one in said.runs] == [("pagerduty-prod", refused)]
    assert said.next_steps == (
        f"Mend the plugin: {broken}",
        "Mend 1 evidence problem, then run `ccm run` again.",
    )
