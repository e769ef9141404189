"""A value of each document about a period, with something in every field, as it is printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from printed_acts import EVIDENCE, EXCEPTION, RESPONSE

from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    KindAssurance,
    PartialMonth,
    ScopeAssurance,
    StatedScope,
    StatusPeriod,
)
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import (
    Status,
)
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.period_basis import (
    ChangedValue,
    CheckpointHead,
    ConfigurationChange,
    ConnectionBasis,
    ControlText,
    CredentialUse,
    DesignChange,
    DesignDifference,
    LateTest,
    ParameterValue,
    PeriodBasis,
    RiskAcceptance,
    RuleDescription,
    SourceQuery,
    TestMade,
    ValidatedPack,
)
from ccm_core.model.sampling import Sample, Sampling, TestSamples
from ccm_core.model.trend import CheckTrend, DailyFigure, QuarterFigure, Trend
from ccm_core.report.period.json import PeriodDocument

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DIGEST = digest(b"{}")
GAP = EvidenceGap(
    connection="prod", kind="acme.team", since=NOON, until=NOON, reason="never collected"
)
ASSURANCE = Assurance(
    period="2026-Q4",
    since=NOON,
    until=NOON,
    ended=False,
    kinds=(
        KindAssurance(
            connection="prod",
            kind="acme.team",
            required_frequency=3600.0,
            scheduled=2,
            completed=1,
            outcomes={"partial": 1},
            evidence_coverage=0.5,
            evidence_gaps=(GAP,),
        ),
    ),
    scopes=(
        ScopeAssurance(
            framework="soc2",
            stated=(StatedScope(scope="priority P1", since=NOON, until=NOON, evaluations=1),),
            items=1,
            items_named=1,
            items_outside=2,
            problem="",
        ),
    ),
    controls=(
        ControlAssurance(
            framework="soc2",
            id="CC7.4",
            conclusion=Conclusion.EVIDENCE_INCOMPLETE,
            rules=("service_has_owner",),
            tests=(),
            items=1,
            items_failed=1,
            partial_months=(
                PartialMonth(
                    rule="service_has_owner",
                    connection="prod",
                    month="2026-11",
                    since=NOON,
                    until=NOON,
                ),
            ),
            evidence_coverage=0.5,
            evaluations=1,
            history=(StatusPeriod(since=NOON, until=NOON, status=Status.FAIL, evaluations=1),),
            exceptions=(
                ControlException(
                    rule="service_has_owner",
                    connection="prod",
                    subject=Subject(kind="acme.service", key="S1", title="Shop"),
                    first_seen=NOON,
                    last_seen=NOON,
                    evaluations=1,
                    waived=False,
                ),
            ),
            evidence_gaps=(GAP,),
        ),
    ),
)
BASIS = PeriodBasis(
    made_at=NOON,
    plugins=(PluginVersion(name="acme", distribution="ccm-acme", version="1.0"),),
    connections=(
        ConnectionBasis(
            connection="prod",
            connector="acme",
            accounts=("acme.example.com",),
            watched_since=NOON,
            runs=1,
            credentials=(
                CredentialUse(
                    kind="api_key",
                    role="admin",
                    scopes=("read",),
                    holder="ada",
                    visibility="whole",
                    visibility_reason="an account key",
                    since=NOON,
                    until=NOON,
                ),
            ),
            queries=(
                SourceQuery(
                    kind="acme.service",
                    endpoint="/services",
                    more_endpoints=0,
                    parameters=("sort_by=name",),
                    collections=1,
                    items=1,
                    source_total=1,
                    since=NOON,
                    until=NOON,
                ),
            ),
        ),
    ),
    tests=(
        RuleDescription(
            rule="service_has_owner",
            title="Every service has an owner",
            severity="high",
            over="acme.service",
            condition="row.owner != null",
            risk="Nobody answers.",
            pack="acme",
            pack_version="1",
        ),
    ),
    parameters=(ParameterValue(pack="acme", name="within", value="15m", description="A limit."),),
    design_changes=(
        DesignChange(at=NOON, what="parameter", name="acme within", before="10m", after="15m"),
    ),
    configuration_changes=(
        ConfigurationChange(
            connection="prod",
            kind="acme.team",
            key="T1",
            title="Night desk",
            action="changed",
            at=None,
            since=None,
            until=NOON,
            by=("ann",),
            in_trail=None,
            fields=(ChangedValue(name="name", before="Desk", after="Night desk"),),
        ),
    ),
    configuration_notes=("prod: the trail is not collected",),
    tests_made=(
        TestMade(
            rule="service_has_owner",
            evaluations=2,
            of_past=1,
            first_made_at=NOON,
            last_made_at=None,
            longest_delay=60.0,
        ),
    ),
    validated_packs=(
        ValidatedPack(
            pack="p",
            version="1.0.0",
            pack_digest=DIGEST,
            method="tests",
            recorded="",
            passed=0,
            failed=0,
            at=None,
            host_version="",
        ),
    ),
    late_tests=(
        LateTest(
            rule="service_has_owner",
            items=1,
            since=NOON,
            made_at=NOON,
            is_known=True,
            differences=(
                DesignDifference(what="parameter", name="p limit", then="2h", when_made="8h"),
            ),
        ),
    ),
    risk_acceptances=(
        RiskAcceptance(
            id="W-1",
            rules=("service_has_owner",),
            subjects=("S1",),
            reason="moved",
            owner="ada",
            approver="bob",
            approved_by="ssh",
            created=NOON,
            expires=NOON,
            added_afterwards=1,
        ),
    ),
    controls=(
        ControlText(
            framework="soc2",
            id="CC7.4",
            title="Respond to incidents",
            text="",
            owner="ada",
            not_applicable="",
            manual_procedures=("Read the postmortems.",),
        ),
    ),
    heads=(CheckpointHead(log="@store", size=1, root="AAAA", keys=("ccm+00000000",)),),
)
PERIOD_REPORT = PeriodDocument(
    host_version="1.0",
    headline="1 control: 1 with evidence incomplete for the period",
    monitoring_headline="Health of monitoring: 1 control: 1 with evidence incomplete",
    hidden="iso27001-2022 (1 control)",
    titles={"service_has_owner": "Every service has an owner"},
    assurance=ASSURANCE,
    basis=BASIS,
    sampling=Sampling(
        random_seed=DIGEST,
        sizes=STANDARD_SIZES,
        tests=(
            TestSamples(
                rule="service_has_owner",
                population=1,
                risk="high",
                sample_size=1,
                samples=(
                    Sample(
                        id="f1",
                        rule="service_has_owner",
                        connection="prod",
                        subject=Subject(kind="acme.service", key="S1", title="Shop"),
                        evaluations=1,
                        worst_status=Status.FAIL,
                        last_status=Status.FAIL,
                        last_evaluated_at=NOON,
                        evidence_digests=(DIGEST,),
                    ),
                ),
            ),
        ),
    ),
    exceptions=(EXCEPTION,),
    left_over_responses=(RESPONSE,),
    manual_evidence=(EVIDENCE,),
)
TREND = Trend(
    since=NOON.date() - timedelta(days=2),
    until=NOON.date(),
    days=1,
    days_without=(NOON.date() - timedelta(days=1),),
    checks=(
        CheckTrend(
            rule="service_has_owner",
            title="Every service has an owner",
            monitoring=False,
            days=(
                DailyFigure(
                    day=NOON.date(),
                    evaluated_at=NOON,
                    made_late=False,
                    status=Status.FAIL,
                    population=3,
                    applicable=2,
                    passed=1,
                    failed=1,
                    inconclusive=0,
                    accepted=1,
                ),
            ),
            quarters=(
                QuarterFigure(
                    quarter="2026-Q4",
                    since=NOON.date(),
                    until=NOON.date(),
                    days=1,
                    days_passed=0,
                    days_failed=1,
                    days_inconclusive=0,
                    days_not_applicable=0,
                    days_off=0,
                    pass_rate=0.5,
                    change=-0.25,
                    applicable=2,
                    failed=1,
                ),
            ),
        ),
    ),
)
