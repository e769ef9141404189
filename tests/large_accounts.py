"""Makers of reports on accounts that are larger than any page: values that share what they can."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from made_up import (
    NOW,
    collection,
    finding,
    manifest,
    report_findings,
    report_input,
    standing,
    work_item,
)

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    ControlResult,
    Population,
    Result,
    RuleResult,
    Status,
    deciding,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.report.types import Section
from ccm_core.sdk.report_figures import (
    Cell,
    Distribution,
    Lane,
    MeasureGroup,
    Table,
    Timeline,
    TimelineGap,
    Tone,
)

KINDS = [f"pagerduty.kind_{number:02}" for number in range(13)]
DENIED = Shortfall(
    reason=Reason.DENIED, detail="GET /log_entries answered 403 Forbidden. Ask an owner for access."
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def names(connections):
    """Return the names of so many connections."""
    return tuple(f"acme-{number:03}" for number in range(connections))


def subjects(kind, number, connections):
    """Return resources spread over connections, each with its owner, beside its connection."""
    every = names(connections)
    return [
        (
            every[index % connections],
            Subject(
                kind=kind,
                key=f"Q{index:07}",
                title=f"#{index} Disk of the checkout database is almost full",
                url=f"https://acme.pagerduty.com/incidents/Q{index:07}",
                owners=(f"Team {index % 40:02}",),
            ),
        )
        for index in range(number)
    ]


def rule_over(name, population, *statuses, reason="acknowledged after 48m, the limit is 15m"):
    """Return a rule whose resources have these statuses in turn; reasons name the resource."""
    results = tuple(
        Result(
            id=f"{name}-{subject.key}",
            rule=name,
            connection=connection,
            subject=subject,
            status=statuses[index % len(statuses)],
            reason=f"{subject.title}: {reason}, and {subject.key} is the example",
        )
        for index, (connection, subject) in enumerate(population)
    )
    present = [status for status in Status if status in statuses]
    order = (Status.ERROR, Status.FAIL, Status.INSUFFICIENT, Status.PASS, Status.NOT_APPLICABLE)
    numbers = {status: sum(one.status is status for one in results) for status in present}
    return RuleResult(
        rule=name,
        pack="response",
        title=f"Every resource passes the check {name}",
        severity=Severity.HIGH,
        status=next(status for status in order if status in present),
        population=Population(
            total=len(results),
            passed=numbers.get(Status.PASS, 0),
            failed=numbers.get(Status.FAIL, 0),
            insufficient=numbers.get(Status.INSUFFICIENT, 0),
        ),
        controls=(Control(framework="soc2", id="CC7.4", why="It shows the duty."),),
        risk="Late acknowledgement lengthens every outage.",
        remediation="Review the on-call team's response and the routing of this service.",
        results=results,
    )


def sections(connection, lines):
    """Return what a plugin adds for one connection: two timelines, a distribution and a table."""
    window = Window(NOW - 30 * DAY, NOW + 14 * DAY)
    gaps = tuple(
        TimelineGap(window=Window(NOW + hour * 9 * HOUR, NOW + hour * 9 * HOUR + HOUR), title="x")
        for hour in range(20)
    )
    lanes = tuple(
        Lane(
            title=f"Level {number} of a policy of {connection}",
            group=f"Policy {number // 3}",
            url=f"https://acme.pagerduty.com/policies/P{number}",
            observed=(window,),
            gaps=gaps if number % 4 == 0 else (),
        )
        for number in range(lines)
    )
    rows = tuple(
        tuple(
            Cell(text=f"{connection} cell {number} {column}", tone=Tone.BAD) for column in "abcdef"
        )
        for number in range(lines)
    )
    weeks = tuple(
        MeasureGroup(title=f"week {number}", seconds=(60.0, 120.0, 4000.0)) for number in range(30)
    )
    coverage = (
        Timeline(title="Schedules", about="Who is on call.", window=window, lanes=lanes),
        Timeline(title="Levels", about="Who is asked.", window=window, lanes=lanes),
    )
    response = (
        Distribution(title="Acknowledged", about="How soon.", groups=weeks, limit=900, by="Week"),
    )
    services = (Table(title="Services", about="Their state.", columns=tuple("abcdef"), rows=rows),)
    about = (("coverage", coverage), ("response", response), ("services", services))
    return tuple(
        Section(name=name, title=name.capitalize(), connection=connection, figures=figures)
        for name, figures in about
    )


def run_of(connection):
    """Return the newest run of a connection, with one kind that was denied."""
    denied = {"outcome": Outcome.UNAVAILABLE, "shortfalls": (DENIED,)}
    collections = [
        replace(collection(kind, **(denied if kind == KINDS[0] else {})), connection=connection)
        for kind in KINDS
    ]
    return manifest(connection, collections, run=f"run-of-{connection}")


def evidence_of(connection):
    """Return the sufficiency of every kind of a connection, one of them denied."""
    for kind in KINDS:
        denied = kind == KINDS[0]
        yield standing(
            kind,
            Outcome.UNAVAILABLE if denied else Outcome.COMPLETE,
            connection,
            shortfalls=(DENIED,) if denied else (),
            problem=f"{kind} is unavailable: {DENIED.detail}" if denied else None,
        )


def large_account(*, connections=100, services=5_000, incidents=200_000, rules=12, waivers=3_000):
    """Return a report's input over an account of these numbers in which everything goes wrong."""
    fail, unknown, passes = Status.FAIL, Status.INSUFFICIENT, Status.PASS
    of_incidents = subjects("pagerduty.incident", incidents, connections)
    of_services = subjects("pagerduty.service", services, connections)
    made = [
        rule_over("acknowledged", of_incidents, fail, passes, unknown),
        rule_over("resolved", of_incidents, unknown),
        *(rule_over(f"service_{n:02}", of_services, fail, unknown) for n in range(rules)),
    ]
    every = names(connections)
    content = report_input(
        *made,
        connections=every,
        manifests=tuple(map(run_of, every)),
        sufficiency=tuple(kind for name in every for kind in evidence_of(name)),
        controls=(
            ControlResult(
                framework="soc2",
                id="CC7.4",
                status=Status.FAIL,
                rules=tuple(rule.rule for rule in made),
            ),
        ),
        waiver_notes=tuple(f"W-{number} covers nothing any more." for number in range(waivers)),
        narrowing=tuple(f"{name}: the cadence of incidents is 6h, not 1h." for name in every),
        plugin_failures=(),
    )
    return replace(
        content,
        digest="sha256:" + "c3" * 32,
        sections=tuple(
            section for name in every for section in sections(name, services // connections)
        ),
        waivers=tuple(map(waiver, range(waivers))),
        findings=report_findings(*(item for rule in made[2:] for item in items_of(rule))),
    )


def waiver(number):
    """Return a waiver of a rule over services."""
    return Waiver(
        id=f"W-{number}",
        rules=("service_00",),
        authority=ApprovalAuthority(accepts_unsigned=True),
        reason="It goes away in June, as the plan of the platform team has it.",
        owner="Ada",
        approver="Bo",
        created=NOW - 30 * DAY,
        expires=NOW + number * HOUR,
    )


def items_of(rule):
    """Yield the findings of a rule's failing results, as people work on them."""
    for failure in deciding(rule.results):
        if failure.status is Status.FAIL:
            yield work_item(finding(failure, rule.severity.value))
