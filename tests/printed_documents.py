"""A value of each document of ccm, with something in every field, as it is printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from printed_acts import EXCEPTIONS, MANUAL_EVIDENCE
from printed_periods import ASSURANCE, DIGEST, NOON, PERIOD_REPORT, TREND

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    AppliedPack,
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
from ccm_core.model.evidence.collection import (
    Collection,
    Counts,
    CredentialInfo,
    Dangling,
    KindCount,
    Outcome,
    Reason,
    Request,
    Shortfall,
)
from ccm_core.model.evidence.manifest import Manifest, PluginVersion, ScheduledKind, VisibilityGap
from ccm_core.model.evidence.record import Record, RecordSource, export_record
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import encode
from ccm_core.model.redacted_connection import RedactedConnection
from ccm_core.pipeline.check import Check, ConnectionCheck
from ccm_core.report.content.json_stream import fields_of
from ccm_core.report.formats.json import (
    JsonDocument,
    JsonEvaluation,
    JsonFindings,
    JsonResult,
    JsonRule,
)
from ccm_core.sdk.types import Diagnosis

SHORTFALL = Shortfall(reason=Reason.DENIED, detail="GET /services answered 403", missing=3)
GAP = VisibilityGap(kind="acme.service", reason=Reason.DENIED, objects=1, subjects=("a:b",))
RECORD = Record(
    kind="acme.service",
    version=1,
    key="S1",
    connection="prod",
    observed_at=NOON,
    collection="r/acme.service/1",
    source=RecordSource(
        endpoint="/services", window=Window(NOON, NOON), page=1, response_digest=DIGEST
    ),
    body={"id": "S1"},
    digest=DIGEST,
)
MANIFEST = Manifest(
    run="r",
    connection="prod",
    connector="acme",
    started_at=NOON,
    ended_at=NOON,
    clock_skew=-0.5,
    host_version="1.0",
    plugins=(PluginVersion(name="acme", distribution="ccm-acme", version="1", failure="broken"),),
    settings_digest=DIGEST,
    credential=CredentialInfo(kind="key", scopes=("read",), role="admin", detail={"id": "U1"}),
    visibility_gaps=(GAP,),
    entered_at=datetime(2026, 8, 1, tzinfo=UTC),
    rotate_by=datetime(2026, 10, 30, tzinfo=UTC),
    outcome=Outcome.FAILED,
    shortfalls=(SHORTFALL,),
    collections=(
        Collection(
            id="r/acme.service/1",
            run="r",
            connection="prod",
            kind="acme.service",
            version=1,
            window=Window(NOON, NOON),
            started_at=NOON,
            ended_at=NOON,
            outcome=Outcome.PARTIAL,
            shortfalls=(SHORTFALL,),
            requests=(Request(endpoint="/services", parameters=(("sort", "name"),)),),
            counts=Counts(total_at_start=3, total_at_end=3, waited=1.5),
            unknown_fields=("new",),
            dangling=(Dangling(field="team.id", kind="acme.team", key="T1", named_by="S1"),),
            population_root=DIGEST,
        ),
    ),
    scheduled=(ScheduledKind(kind="acme.team", version=1, shape="snapshot", cadence=3600.0),),
    not_due=("acme.team",),
)
EVALUATION = Evaluation(
    evaluated_at=NOON,
    packs=(AppliedPack(name="p", version="1.0.0", digest=DIGEST, source="p.yaml"),),
    connections=("prod",),
    sufficiency=(
        KindSufficiency(
            kind="acme.service",
            connection="prod",
            outcome=None,
            shortfalls=(SHORTFALL,),
            collected_at=NOON,
            max_age=60.0,
            problem="was never collected",
        ),
    ),
    rules=(
        RuleResult(
            rule="service_has_owner",
            pack="p",
            title="Every service has an owner",
            severity=Severity.HIGH,
            status=Status.FAIL,
            population=Population(total=1, failed=1, waived=1),
            controls=(Control(framework="soc2", id="CC7.4", why="it says so"),),
            remediation_url="https://docs.acme.example/owners",
            results=(
                Result(
                    rule="service_has_owner",
                    connection="prod",
                    subject=Subject(kind="acme.service", key="S1", title="Shop"),
                    status=Status.FAIL,
                    reason="has none",
                    due_at=NOON,
                    waiver="W-1",
                    evidence_digests=(DIGEST,),
                ),
            ),
        ),
    ),
    controls=(
        ControlResult(
            framework="soc2", id="CC7.4", status=Status.FAIL, rules=("service_has_owner",)
        ),
    ),
)


def with_findings(evaluation: Evaluation) -> JsonEvaluation:
    """As the report writes it."""
    rules = tuple(
        JsonRule(
            **fields_of(rule).values
            | {
                "results": tuple(
                    JsonResult(**fields_of(result).values, finding="f-1") for result in rule.results
                )
            }
        )
        for rule in evaluation.rules
    )
    return JsonEvaluation(**fields_of(evaluation).values | {"rules": rules})


REPORT = JsonDocument(
    host_version="1.0",
    headline="1 failed",
    rules_by_status={"fail": 1},
    monitoring_by_status={"pass": 1},
    scope=(),
    findings=JsonFindings(
        moment=NOON,
        unknown="",
        headline="1 open",
        open=1,
        severities={"high": 1},
        overdue=0,
        accepted=0,
        inconclusive=0,
        findings=(),
    ),
    evaluation=with_findings(EVALUATION),
    manifests=(MANIFEST,),
    counts=(
        KindCount(
            connection="prod",
            kind="acme.service",
            version=1,
            records=1,
            versions=2,
            rejected=0,
            last_collected_at=NOON,
            last_outcome="partial",
        ),
    ),
)
DIAGNOSIS = Diagnosis(
    subject="clock", ok=False, message="it is off", next_step="fix it", cause="clock_skew"
)
CHECK = Check(
    checked_at=NOON,
    plugins=(DIAGNOSIS,),
    connections=(ConnectionCheck(connection="prod", usable=True, diagnoses=(DIAGNOSIS,)),),
)
CONNECTION = RedactedConnection(
    name="prod",
    connector="acme",
    method="oauth",
    settings={"region": "us"},
    auth={"app": "classic"},
    secrets={"client_id": "vault:prod"},
    tokens="vault:prod",
    entered_at=NOON,
    rotate_by=NOON,
    scopes=("read",),
    expires_at=NOON,
    problem="vault ccm.vault: it is locked",
)
PREDICATE = {
    "origin": "ccm/1",
    "period": "2026-Q4",
    "since": NOON,
    "until": NOON,
    "assessed_until": NOON,
    "controls": ["soc2:CC7.4"],
    "connections": ["prod"],
    "kinds": ["acme.team"],
    "rules": ["service_has_owner"],
    "evaluations": 1,
    "checkpoints": [{"log": "@store", "size": 3, "checkpoint": "signed"}],
}
DOCUMENTS = {
    name: json.loads(encode(value))
    for name, value in {
        "evidence-record.v1": RECORD,
        "exported-record.v1": export_record(RECORD),
        "manifest.v1": MANIFEST,
        "evaluation.v1": EVALUATION,
        "report.v1": REPORT,
        "assurance.v1": ASSURANCE,
        "period-report.v1": PERIOD_REPORT,
        "bundle.v1": PREDICATE,
        "manual-evidence.v1": MANUAL_EVIDENCE,
        "exceptions.v1": EXCEPTIONS,
        "check.v1": CHECK,
        "connection.v1": CONNECTION,
        "trend.v1": TREND,
    }.items()
}
