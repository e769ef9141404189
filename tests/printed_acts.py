"""What people added for an audit, as ccm prints it: something in every field."""

from __future__ import annotations

from datetime import UTC, datetime

from ccm_core.approvals.response import SignatureState
from ccm_core.model.audit.manual_evidence import ManualEvidenceActKind, ManualEvidenceState
from ccm_core.model.evaluation.waiver import ApprovalMethod
from ccm_core.report.content.exception_responses import (
    ExceptionDocument,
    ExceptionsDocument,
    ExceptionSubject,
    ResponseDocument,
    ResponseSignature,
)
from ccm_core.report.content.manual_evidence import (
    EndedEvidence,
    EvidenceDocument,
    EvidenceFile,
    ManualEvidenceDocument,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RESPONSE = ResponseDocument(
    exception="EX-67d255d2de",
    period="2026-Q4",
    number=2,
    text="Retired in March.",
    by="sam",
    name="Sam Osei",
    role="Head of Security",
    at=NOON,
    signature=ResponseSignature(
        state=SignatureState.INVALID,
        problem="it was changed after it was signed",
        method=ApprovalMethod.SSH,
        at=NOON,
    ),
)
EXCEPTION = ExceptionDocument(
    id="EX-67d255d2de",
    rule="service_has_owner",
    connection="prod",
    subject=ExceptionSubject(kind="acme.service", key="S1", title="Shop"),
    controls=("soc2:CC7.4",),
    first_seen=NOON,
    last_seen=NOON,
    evaluations=1,
    risk_accepted=False,
    response=RESPONSE,
    superseded_responses=(RESPONSE,),
)
EVIDENCE = EvidenceDocument(
    id="ME-20261130-85a1b0",
    state=ManualEvidenceState.REPLACED,
    title="Minutes",
    controls=("soc2:CC7.4",),
    period="2026-Q4",
    since=NOON,
    until=NOON,
    expires=NOON,
    by="dana",
    at=NOON,
    comment="Discusses incidents",
    file=EvidenceFile(
        name="minutes.pdf",
        size=29,
        digest=f"sha256:{'0' * 64}",
        type="PDF document",
        stored=True,
        erased=False,
    ),
    replaces="ME-20261130-6d577c",
    ended=EndedEvidence(
        kind=ManualEvidenceActKind.REPLACED,
        by="dana",
        at=NOON,
        reason="Wrong quarter",
        replaced_by="ME-20261130-1412d4",
    ),
)
MANUAL_EVIDENCE = ManualEvidenceDocument(manual_evidence=(EVIDENCE,))
EXCEPTIONS = ExceptionsDocument(
    period="2026-Q4", ended=False, exceptions=(EXCEPTION,), left_over=(RESPONSE,)
)
