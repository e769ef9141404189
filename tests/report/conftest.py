"""Evaluations and manifests to report on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from made_up import (
    NOW,
    PROD,
    collection,
    count,
    finding,
    manifest,
    passes,
    report_findings,
    report_input,
    result,
    rule,
    standing,
    work_item,
)

from ccm_core.model.evaluation.result import (
    AppliedPack,
    ControlResult,
    RuleStatus,
    Status,
    TrendPoint,
)
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.evidence.collection import Dangling, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.finding.work_item import WorkState
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

ASK = "Give the key's user the role observer or higher."
DENIED = Shortfall(reason=Reason.DENIED, detail=f"GET /log_entries answered 403 Forbidden. {ASK}")
CUT = Shortfall(
    reason=Reason.TRUNCATED,
    detail="One second holds more incidents than the source lists. Narrow the lookback.",
    missing=2000,
)
NO_LOG = f"pagerduty.incident_log_entry is unavailable: {DENIED.detail}"
NEVER = "pagerduty.ability was never collected. Run `ccm collect`."


# -- one account with something of everything -------------------------------------------------


def failing_rules():
    """Rules that fail: 25 subjects, one, none at all, and one that is wholly waived."""
    names = ["Checkout API", "Ledger", "Ünïcode Größe", "検索サービス", "Search", "Catalogue"]
    names += [f"Batch worker {n:02}" for n in range(1, 20)]
    why = "names an escalation policy that was deleted on 2026-04-30"
    url = "https://acme.pagerduty.com/service-directory/"
    waivers = {"Search": "W-2026-007", "Catalogue": "W-2026-007"}
    many = [
        result(
            name, Status.FAIL, why, url=f"{url}P{n:03}", key=f"P{n:03}", waiver=waivers.get(name)
        )
        for n, name in enumerate(names)
    ]
    incident = {"kind": "pagerduty.incident"}
    late = "acknowledged after 48 min against 15 min"
    slow = [result("#4711 Checkout is slow", Status.FAIL, late, key="Q4711", **incident)]
    slow += [
        result(f"#{n} Disk almost full", Status.INSUFFICIENT, NO_LOG, key=f"Q{n}", **incident)
        for n in range(4800, 4823)
    ]
    return (
        rule(
            "service_has_policy",
            "Every service has an escalation policy",
            "critical",
            many + passes(35),
            controls=(("soc2", "CC7.3"), ("soc2", "CC7.4")),
            risk="An incident on such a service pages nobody. It is found by customers.",
            remediation="Give the service a policy that reaches a person on every level.",
            remediation_url="https://support.pagerduty.com/main/docs/escalation-policies",
        ),
        rule(
            "incident_acknowledged_in_time",
            "High-urgency incidents are acknowledged by a person in time",
            "high",
            slow + passes(276),
            controls=(("soc2", "CC7.4"), ("pci-dss-4.0", "12.10.5")),
            risk="Late acknowledgement lengthens every outage.",
            remediation="Review the on-call team's response and the routing of this service.",
        ),
        rule("schedule_exists", "There is at least one schedule", "medium", status=Status.FAIL),
        rule(
            "team_has_manager",
            "Every team has a manager",
            "low",
            [result("Platform", Status.FAIL, "has no manager", waiver="W-2026-003"), *passes(11)],
        ),
    )


def other_rules():
    """Rules that hold, do not apply, ended in an error or lack evidence."""
    whole = {"kind": "connection", "key": PROD}
    broken = "row.levels[1]: an index past the end, in `assert` at 12:15"
    due = NOW + timedelta(hours=3)
    later = result("#4901", Status.NOT_APPLICABLE, "not due yet", due_at=due)
    unseen = [result(PROD, Status.INSUFFICIENT, NO_LOG, **whole)]
    unknown = [result(PROD, Status.INSUFFICIENT, "pagerduty.ability was never collected", **whole)]
    return (
        rule("two_methods", "Responders have two contact methods", "medium", passes(118)),
        rule(
            "no_gap",
            "Schedules have no gap ahead",
            "high",
            passes(30),
            controls=[("soc2", "CC7.3")],
        ),
        rule(
            "resolved",
            "Incidents are resolved in time",
            "high",
            unseen,
            controls=[("soc2", "CC7.5")],
        ),
        rule("whole_account", "The credential sees the whole account", "medium", unknown),
        rule(
            "levels",
            "Policies have two levels at least",
            "medium",
            [result("Night desk", Status.ERROR, broken), *passes(24)],
        ),
        rule("overdue", "No incident stays open past its limit", "medium", [later]),
    )


def controls():
    """Controls of two frameworks, one with a parameter that is too loose."""
    loose = "ack_within_high is 30 min, the mapping requires at most 15 min"
    acknowledged = ("incident_acknowledged_in_time",)
    rows = (
        ("soc2", "CC7.3", Status.FAIL, ("service_has_policy", "no_gap"), ()),
        ("soc2", "CC7.4", Status.FAIL, acknowledged, ()),
        ("soc2", "CC7.5", Status.INSUFFICIENT, ("resolved",), ()),
        ("pci-dss-4.0", "12.10.5", Status.FAIL, acknowledged, (loose,)),
    )
    return tuple(
        ControlResult(framework=framework, id=id_, status=status, rules=rules, problems=problems)
        for framework, id_, status, rules, problems in rows
    )


def newest_run():
    """A run with a denied kind, a cut one, drift and a reference that leads nowhere."""
    policy = "pagerduty.escalation_policy"
    dangling = Dangling(field="escalation_policy.id", kind=policy, key="PDEAD", named_by="P001")
    drift = {"unknown_fields": ("services.alert_rules",), "dangling": (dangling,)}
    busy = {"waited": 12.5, "retries": 3, "rejected": 2}
    denied = {"counts": (0, 1, {"refused": 1}), "shortfalls": (DENIED,)}
    cut = {"counts": (12_000, 121, busy), "shortfalls": (CUT,)}
    kinds = (
        collection("pagerduty.service", **drift),
        collection("pagerduty.schedule", counts=(30, 2)),
        collection("pagerduty.incident", Outcome.PARTIAL, **cut),
        collection("pagerduty.incident_log_entry", Outcome.UNAVAILABLE, **denied),
    )
    return manifest(collections=kinds, not_due=("pagerduty.team",))


def account():
    """One account with something of everything."""
    log, partial = Outcome.UNAVAILABLE, Outcome.PARTIAL
    missing = "2,000 incidents are missing"
    parameters = {"ack_within_high": 900, "critical_services": "row.status != 'disabled'"}
    pack = {"name": "readiness", "version": "1.0.0", "source": "plugin pagerduty"}
    return report_input(
        *other_rules(),
        *failing_rules(),
        manifests=(newest_run(),),
        counts=(count("pagerduty.service", 60), count("pagerduty.team", 12)),
        packs=(AppliedPack(**pack, digest="sha256:" + "a7" * 32, parameters=parameters),),
        controls=controls(),
        sufficiency=(
            standing("pagerduty.service"),
            standing("pagerduty.schedule"),
            standing("pagerduty.incident_log_entry", log, shortfalls=(DENIED,), problem=NO_LOG),
            standing("pagerduty.incident", partial, shortfalls=(CUT,), problem=missing),
            standing("pagerduty.ability", None, problem=NEVER),
        ),
        waiver_notes=("W-2025-019 expired on 2026-03-31 and covers nothing any more.",),
    )


@pytest.fixture
def make():
    """Give the makers of values, by name."""
    makers = (result, passes, rule, standing, collection, manifest, count, report_input)
    makers += (finding, work_item, report_findings)
    return SimpleNamespace(now=NOW, **{maker.__name__: maker for maker in makers})


@pytest.fixture
def inputs():
    """One account with something of everything."""
    return account()


# -- what plugins and other evaluations add ---------------------------------------------------


@pytest.fixture
def figures():
    """Make one figure of each kind, with a name wherever a source may give one."""

    def make_figures(name="Primary"):
        window = Window(NOW - timedelta(days=30), NOW + timedelta(days=14))
        gap = TimelineGap(window=Window(NOW, NOW + timedelta(hours=5)), title=name)
        lane = Lane(title=name, group=name, url=name, observed=(window,), gaps=(gap,))
        rows = ((Cell(text=name, url=name), Cell(text="nobody", tone=Tone.BAD)),)
        return (
            Timeline(title="Schedules", about=name, window=window, lanes=(lane, Lane(title="x"))),
            Distribution(
                title="Acknowledged",
                about=name,
                groups=(MeasureGroup(title=name, seconds=(60,)),),
                limit=900,
                by="Week",
            ),
            Table(title="Services", about=name, columns=(name, "Owner"), rows=rows),
        )

    return make_figures


def followed(inputs):
    """Yield every failing result as a finding, seen first three days ago and opened twice."""
    for rule_result in inputs.evaluation.rules:
        for failure in rule_result.results:
            if failure.status is Status.FAIL and failure.id:
                accepted = {"state": WorkState.ACCEPTED, "accepted_until": NOW + timedelta(days=20)}
                yield work_item(
                    finding(failure, rule_result.severity.value),
                    **(accepted if failure.waiver else {}),
                )


@pytest.fixture
def whole(inputs, figures):
    """One account with something of everything, pictures, a trend and waivers among it."""
    stood = tuple(
        RuleStatus(rule=rule_.rule, status=rule_.status) for rule_ in inputs.evaluation.rules
    )
    waiver = Waiver(
        id="W-2026-007",
        rules=("service_has_policy",),
        authority=ApprovalAuthority(accepts_unsigned=True),
        reason="Both go away in June.",
        owner="Ada",
        approver="Bo",
        created=NOW - timedelta(days=30),
        expires=NOW + timedelta(days=20),
    )
    coverage = Section(
        name="acme.coverage", title="On-call coverage", connection=PROD, figures=figures()
    )
    rules = tuple(
        replace(
            rule,
            results=tuple(replace(result, id=f"f-{result.subject.key}") for result in rule.results),
        )
        for rule in inputs.evaluation.rules
    )
    inputs = replace(inputs, evaluation=replace(inputs.evaluation, rules=rules))
    return replace(
        inputs,
        sections=(coverage,),
        trend=tuple(
            TrendPoint(evaluated_at=NOW - timedelta(days=ago), rules=stood) for ago in (9, 3, 0)
        ),
        waivers=(waiver,),
        digest="sha256:" + "c3" * 32,
        findings=report_findings(*followed(inputs)),
    )
