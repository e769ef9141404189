"""The numbers and the order of every format."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given as for_all
from hypothesis import settings, strategies

from ccm_core.model.evaluation.result import (
    AppliedPack,
    Evaluation,
    Population,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import PackPurpose, Severity
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.formats.json import JsonReport
from ccm_core.report.formats.markdown import MarkdownReport
from ccm_core.report.formats.terminal_summary import summary_lines
from ccm_core.report.types import ReportInput

P, F, I, N, E = (  # noqa: E741 - as short as the table below needs them
    Status.PASS,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.NOT_APPLICABLE,
    Status.ERROR,
)


@pytest.mark.parametrize(
    ("statuses", "headline"),
    [
        pytest.param([], "No check was tested", id="nothing"),
        pytest.param([P], "1 passed", id="one"),
        pytest.param(
            [P, P, F, I], "2 passed, 1 failed, 1 inconclusive (insufficient evidence)", id="mixed"
        ),
        pytest.param(
            [F, F, I, I], "2 failed, 2 inconclusive (insufficient evidence)", id="none passed"
        ),
        pytest.param([E, N, N], "1 ended in an error, 2 not applicable", id="neither"),
        pytest.param([I], "1 inconclusive (insufficient evidence)", id="blind"),
    ],
)
def test_the_headline_counts_checks_by_status(make, statuses, headline):
    """And leaves out statuses that none has."""
    rules = [make.rule(f"r{n}", "Title", "low", status=status) for n, status in enumerate(statuses)]
    assert summary(make.report_input(*rules)).headline == headline


@settings(deadline=None)
@for_all(strategies.lists(strategies.sampled_from(list(Status))))
def test_every_check_is_counted_once(statuses):
    """And is listed in the section of its status."""
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
    report = summary(_inputs(rules))
    assert sum(count.number for count in report.counts) == report.total == len(statuses)
    counts = Counter(statuses)
    assert len(report.failing) == counts[F] == report.count_of(F)
    assert len(report.inconclusive) == counts[I] + counts[E]
    assert len(report.passing) == counts[P]
    assert len(report.not_applicable) == counts[N]


def _inputs(rules):
    from datetime import UTC, datetime

    evaluation = Evaluation(
        evaluated_at=datetime(2026, 5, 6, tzinfo=UTC),
        packs=(),
        connections=(),
        sufficiency=(),
        rules=tuple(rules),
        controls=(),
    )
    return ReportInput(evaluation=evaluation, manifests=(), counts=(), host_version="0")


def test_failing_checks_are_ordered_by_severity(inputs):
    """Those with nothing but waived failures come last."""
    assert [entry.rule.rule for entry in summary(inputs).failing] == [
        "service_has_policy",
        "incident_acknowledged_in_time",
        "schedule_exists",
        "team_has_manager",
    ]


def test_a_check_whose_failures_are_all_waived_comes_last(make):
    """However severe it is."""
    waived = make.rule("w", "W", "critical", [make.result("A", F, "bad", waiver="W-1")])
    open_one = make.rule("o", "O", "low", [make.result("A", F, "bad")])
    failing = summary(make.report_input(waived, open_one)).failing
    assert [(entry.rule.rule, entry.all_waived) for entry in failing] == [("o", False), ("w", True)]


def test_waived_resources_come_last(inputs):
    """Resources without a waiver are listed before those with one."""
    waived = [bool(result.waiver) for result in summary(inputs).failing[0].failing]
    assert waived == [False] * 23 + [True] * 2


@pytest.mark.parametrize(
    ("results", "population"),
    [
        pytest.param([], "no resources", id="nothing known"),
        pytest.param([P, P], "2 of 2 applicable passed", id="all pass"),
        pytest.param([P], "1 of 1 applicable passed", id="one passes"),
        pytest.param([P, P, F], "1 of 3 applicable failed", id="one fails"),
        pytest.param(
            [P, F, F, I, I], "2 of 5 applicable failed, 2 inconclusive", id="some inconclusive"
        ),
        pytest.param(
            [E, F, P], "1 of 3 applicable failed, 1 ended in an error", id="an error beside"
        ),
        pytest.param(
            [P, N, N], "1 of 1 applicable passed, 2 not applicable", id="some do not apply"
        ),
        pytest.param(
            [N, F], "1 of 1 applicable failed", id="not counted against those it does not apply to"
        ),
        pytest.param([N], "1 not applicable", id="none applies"),
    ],
)
def test_populations_are_worded_against_what_applies(make, results, population):
    """From the worst status on."""
    found = [make.result(f"S{n}", status, "because") for n, status in enumerate(results)]
    report = summary(make.report_input(make.rule("r", "Title", "low", found)))
    every = report.failing + report.inconclusive + report.passing + report.not_applicable
    assert every[0].population == population


@pytest.mark.parametrize(("known", "expected"), [(0, "not tested"), (60, "none of 60 tested")])
def test_a_check_without_any_evidence_is_not_tested(make, known, expected):
    """Where a whole connection is inconclusive, none of its resources counts as tested."""
    whole = make.result("pagerduty-prod", I, "stale", kind="connection")
    population = Population(total=known, insufficient=known)
    rule = make.rule("r", "Title", "low", [whole], population=population)
    (entry,) = summary(make.report_input(rule)).inconclusive
    assert entry.population == expected
    assert entry.reasons[0].whole


def test_a_result_of_the_whole_population_comes_first(make):
    """A pass rate that fails is listed before the resources; one that passes is a remark."""
    low = make.result("2026-04", F, "18 of 20 passed", kind="population")
    high = make.result("2026-05", P, "20 of 20 passed", kind="population")
    rule = make.rule("r", "Title", "low", [make.result("A", F, "late"), low, high])
    (entry,) = summary(make.report_input(rule)).failing
    assert [result.subject.title for result in entry.failing] == ["2026-04", "A"]
    assert entry.remarks == ("2026-05: 20 of 20 passed",)


def test_a_passing_check_counts_what_passed_first(make):
    """Failures that its pass rate tolerates follow."""
    results = [make.result("A", P, "good"), make.result("B", P, "good"), make.result("C", F, "bad")]
    rule = make.rule("r", "Title", "low", results, status=P)
    (entry,) = summary(make.report_input(rule)).passing
    assert entry.population == "2 of 3 applicable passed, 1 failed"


def test_a_check_of_a_whole_connection_has_no_resources(make):
    """A remark that repeats its title is left out."""
    whole = make.result("pagerduty-prod", P, "Title", kind="connection")
    rule = make.rule("r", "Title", "low", [whole], population=Population())
    (entry,) = summary(make.report_input(rule)).passing
    assert (entry.population, entry.remarks) == ("whole connection", ())


def test_checks_of_the_health_of_monitoring_are_listed_apart(make):
    """They stand below the headline, in every format, and are in none of the other lists."""
    pack = {"version": "1", "digest": "sha256:0", "source": "p.yaml"}
    inputs = make.report_input(
        make.rule("company", "Company", "low", [make.result("A", F, "bad")], pack="a"),
        make.rule("credential", "Credential", "low", [make.result("B", I, "stale")], pack="b"),
        packs=(
            AppliedPack(name="a", **pack),
            AppliedPack(name="b", purpose=PackPurpose.MONITORING, **pack),
        ),
    )
    report = summary(inputs)
    beside = "Health of monitoring: 1 inconclusive (insufficient evidence)"
    assert (report.headline, report.monitoring_headline, report.total) == ("1 failed", beside, 1)
    assert [entry.rule.rule for entry in report.monitoring] == ["credential"]
    assert [entry.rule.rule for entry in report.failing] == ["company"]
    assert report.inconclusive == ()
    page = HtmlReport().render(inputs).decode()
    assert page.index("<h2>Failing checks") < page.index("<h2>Health of monitoring")
    assert 'id="rule-b-credential"' in page
    assert beside in page
    assert beside in MarkdownReport().render(inputs).decode().replace("\\", "")
    document = json.loads(JsonReport().render(inputs))
    assert document["rules_by_status"] == {"fail": 1}
    assert document["monitoring_by_status"] == {"insufficient": 1}
    assert beside in summary_lines(report)
    assert "HEALTH OF MONITORING (1)" in "\n".join(summary_lines(report))


def test_a_failure_is_not_hidden_by_an_error(make):
    """A check that ended in an error for one resource still shows the failing ones."""
    found = [make.result("A", E, "broken"), make.result("B", F, "bad")]
    report = summary(make.report_input(make.rule("r", "Title", "low", found)))
    assert [entry.rule.rule for entry in report.failing] == ["r"]
    assert [entry.rule.rule for entry in report.inconclusive] == ["r"]
    assert report.headline == "1 ended in an error"


def test_missing_evidence_is_not_hidden_by_a_failure(inputs):
    """A failing check with resources that lack evidence is listed as partly inconclusive."""
    (partly,) = summary(inputs).partly_inconclusive
    assert partly.rule.rule == "incident_acknowledged_in_time"
    (reason,) = partly.reasons
    assert len(reason.subjects) == 23
    assert not reason.whole
    assert [kind.kind for kind in reason.evidence] == ["pagerduty.incident_log_entry"]


def test_inconclusive_resources_are_grouped_by_reason_and_connection(make):
    """Only where both are the same."""
    found = [
        make.result("A", I, "one"),
        make.result("B", I, "two"),
        make.result("C", I, "one"),
        make.result("D", I, "one", connection="other"),
    ]
    (rule,) = summary(make.report_input(make.rule("r", "Title", "low", found))).inconclusive
    groups = [(entry.connection, entry.reason, len(entry.subjects)) for entry in rule.reasons]
    assert groups == [
        ("pagerduty-prod", "one", 2),
        ("pagerduty-prod", "two", 1),
        ("other", "one", 1),
    ]


def test_next_steps_begin_with_the_most_severe(inputs):
    """What is waived is left out, collection problems come last."""
    many, single, *_ = (entry.rule for entry in summary(inputs).failing)
    assert summary(inputs).next_steps == (
        f"{many.title}: Give the service a policy that reaches a person on every level.",
        f"{single.title}: Review the on-call team's response and the routing of this service.",
        "Fix 3 collection problems, then run `ccm run` again: 2 checks are inconclusive.",
    )


def test_problems_of_a_whole_run_come_first(make):
    """And a plugin that did not load."""
    refused = Shortfall(reason=Reason.DENIED, detail="The key was revoked. Make a new one.")
    broken = "acme: ImportError: no module named x"
    inputs = make.report_input(
        manifests=(make.manifest(outcome=Outcome.FAILED, shortfalls=(refused,)),),
        plugin_failures=(broken,),
    )
    report = summary(inputs)
    problems = [(problem.connection, problem.shortfall) for problem in report.run_problems]
    assert problems == [("pagerduty-prod", refused)]
    assert report.next_steps == (
        f"Fix the plugin: {broken}",
        "Fix 1 collection problem, then run `ccm run` again.",
    )
