"""Evaluations as they are stored by change, with the rows and verdicts that they left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ccm_core.model.audit.exception_response import ExceptionName, ExceptionResponse
from ccm_core.model.audit.manual_evidence import (
    AttachedFile,
    ManualEvidenceAct,
    ManualEvidenceActKind,
    ManualEvidenceStatement,
)
from ccm_core.model.audit.validation import ValidatedCase, Validation, ValidationMethod
from ccm_core.model.console.activity import Activity, ActivityKind
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import (
    DerivedBatch,
    SubjectLine,
    VerdictLine,
    derived_log,
    rows_kind,
    verdicts_kind,
)
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct
from ccm_core.model.evaluation.evidence_read import KindRead
from ccm_core.model.evaluation.result import (
    DerivedState,
    Evaluation,
    Population,
    RuleResult,
    Severity,
    Status,
)
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.waiver import ApprovalAuthority
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import (
    ChangeKind,
    Finding,
    FindingChange,
    FindingCheck,
    FindingState,
)
from ccm_core.model.json_codec import encode
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.store.codec.bodies import compress_body

PACK, VIEW = "demo-pack", "demo.view"
ACTS = (
    "finding_act",
    "attached_file",
    "manual_evidence",
    "exception_response",
    "validation",
    "activity",
)
"""Tables of what people did."""
RULES = ("demo_first", "demo_second")
ROWS, VERDICTS = rows_kind(VIEW), verdicts_kind(PACK, VIEW)
LETTERS = {"p": "pass", "f": "fail", "n": "not_applicable"}


class LeftEvaluations:
    """Makes evaluations over rows ``demo.thing:KEY``, and what they leave in a store."""

    connection = "demo"

    def __init__(self, build):
        self._build = build

    def evaluation(self, store, number, *, at, statuses=None, names=None):
        """Keep rows and verdicts, and return the evaluation that left them.

        By default those of ``a`` and ``b``, where the row of ``a`` is another one each time.
        """
        statuses = statuses or {"a": "fp", "b": "pn"}
        moment = self._build.at(at)
        self.keep(store, number, moment, statuses, names or {})
        return self.stated(store, moment)

    def stated(self, store, moment):
        """Return an evaluation of what is kept now."""
        kinds = [self._kind(store, kind) for kind in (ROWS, VERDICTS)]
        return Evaluation(
            evaluated_at=moment,
            packs=(),
            connections=(),
            sufficiency=(),
            rules=tuple(_rule(store, name) for name in RULES),
            controls=(),
            derived=(
                DerivedState(
                    connection=self.connection,
                    period_since=moment - timedelta(days=30),
                    kinds=tuple(kinds),
                    judged=RULES,
                    rule_keys=dict.fromkeys(RULES, "sha256:0"),
                    lines=dict(store.derived.line_roots(self.connection)),
                ),
            ),
        )

    def act(self, number):
        """Return the act of making one."""
        return EvaluationAct(made_at=self._build.at(number), host_version=str(number))

    def findings(self, number):
        """Return what it changes of findings, and the findings that are others by it."""
        kind = ChangeKind.OPENED if number == 1 else ChangeKind.RESOLVED
        at = self._build.at(10 * number + 3)
        common = {
            "connection": self.connection,
            "subject": Subject(kind="demo.thing", key="a", title="A", url="u", owners=("o",)),
            "reason": f"reason {number}",
            "checks": (
                FindingCheck(
                    result="r1",
                    rule=RULES[0],
                    severity="high",
                    status=Status.FAIL,
                    reason=f"reason {number}",
                ),
            ),
        }
        changes = [FindingChange(finding=f"f{n}", kind=kind, at=at, **common) for n in (1, 2)]
        state = FindingState.OPEN if number == 1 else FindingState.RESOLVED
        closed = None if number == 1 else at
        findings = [
            Finding(
                id=f"f{n}",
                state=state,
                first_seen=self._build.at(13),
                opened_at=self._build.at(13),
                last_seen=at,
                closed_at=closed,
                **common,
            )
            for n in (1, 2)
        ]
        return changes, findings

    def finding_act(self, number):
        """Return what somebody did about one of them."""
        at = self._build.at(10 * number + 4)
        return FindingAct(finding=f"f{number}", kind=ActKind.COMMENTED, at=at, by="ada", text="hm")

    def leave_acts(self, store, number):
        """Store what people did: about a finding, for a control, about an exception."""
        store.findings.append_act(self.finding_act(number))
        store.audit_acts.attach(*self.attached(number))
        store.audit_acts.respond(self.response(number))
        store.audit_acts.record_validations([self.validation(number)])
        store.console.append_activity(self.activity(number))

    def activity(self, number):
        """Return what somebody did in the console."""
        return Activity(
            at=self._build.at(10 * number + 4),
            kind=ActivityKind.DOWNLOADED,
            issuer="local",
            subject="ada",
            name="Ada",
            about=f"findings.csv {number}",
        )

    def attached(self, number):
        """Return manual evidence with its file."""
        content = compress_body(b"%PDF-1.7 minutes " * number)
        file = AttachedFile(
            name="minutes.pdf",
            size=content.size,
            digest=content.digest,
            type="PDF document",
            stored=True,
        )
        at = self._build.at(10 * number + 4)
        statement = ManualEvidenceStatement(
            title="Minutes",
            file=file,
            controls=("soc2:CC7.4",),
            period="2026",
            window=Window(at, at + timedelta(days=9)),
            expires=at + timedelta(days=90),
        )
        act = ManualEvidenceAct(
            evidence=f"ME-{number}",
            number=1,
            kind=ManualEvidenceActKind.ATTACHED,
            at=at,
            by="ada",
            statement=statement,
        )
        return act, content

    def validation(self, number):
        """Return the outcome of the tests of a pack."""
        case = ValidatedCase(
            rule=RULES[0], test="t", mutation="", expected="pass", actual="pass", passed=True
        )
        return Validation(
            method=ValidationMethod.TESTS,
            pack=PACK,
            version="1.0.0",
            pack_digest=digest(b"pack"),
            host_version=str(number),
            plugins=(),
            at=self._build.at(10 * number + 6),
            cases=(case, replace(case, test="u", actual="fail", passed=False)),
        )

    def response(self, number):
        """Return what management answers to an exception."""
        at = self._build.at(10 * number + 5)
        return ExceptionResponse(
            exception=ExceptionName(
                rule=RULES[0], connection=self.connection, kind="demo.thing", key="a"
            ),
            title="A",
            period="2026",
            window=Window(self._build.at(0), self._build.at(0) + timedelta(days=9)),
            number=number,
            text="Fixed",
            by="ada",
            name="Ada",
            role="CISO",
            at=at,
            signature=None,
            authority=ApprovalAuthority(approver="ada"),
        )

    def keep(self, store, number, moment, statuses, names):
        """Keep rows and verdicts of some subjects; what was there and is not now vanishes."""
        log, run = derived_log(self.connection), f"derived{number}"
        store.runs.begin(OpenRun(run=run, connection=log, connector="ccm", started_at=moment))
        keys = {f"demo.thing:{key}": key for key in statuses}
        rows = {
            name: self._row(key, number, names.get(key, ())) for name, key in sorted(keys.items())
        }
        verdicts = {name: _verdict(key, statuses[key]) for name, key in sorted(keys.items())}
        gone = store.derived.digests(self.connection, ROWS).keys() - keys.keys()
        batches = [
            self._batch(f"{run}-{kind}", run, kind, moment, bodies, sorted(gone))
            for kind, bodies in ((ROWS, rows), (VERDICTS, verdicts))
        ]
        store.derived.append(
            DerivedBatch(
                connection=self.connection,
                batches=batches,
                subjects=[_subject_line(name, row) for name, row in rows.items()],
                verdicts=[
                    VerdictLine(
                        pack=PACK,
                        view=VIEW,
                        key=name,
                        statuses=f"{statuses[key]}y",
                        recheck_at=moment + timedelta(days=1),
                    )
                    for name, key in keys.items()
                ],
                members={(VIEW, "demo.thing"): {key: [f"partition {key}"] for key in statuses}},
                removed_subjects={VIEW: sorted(gone)},
                removed_verdicts={(PACK, VIEW): sorted(gone)},
            )
        )

    def _row(self, key, number, names):
        return {
            "subject": {
                "kind": "demo.thing",
                "key": key,
                "title": f"Thing {key}",
                "url": f"https://things/{key}",
                "owners": ["Ada", "Bob"],
            },
            "fields": {"n": number if key == "a" else 0},
            "names": [*names] or [f"demo.thing:{key}"],
            "absent": [],
            "unknown": {},
            "occurred_at": format_instant(self._build.at(5)),
            "final": False,
        }

    def _batch(self, name, run, kind, moment, bodies, vanished):
        collection = Collection(
            id=name,
            run=run,
            connection=derived_log(self.connection),
            kind=kind,
            version=1,
            started_at=moment,
            ended_at=moment,
            outcome=Outcome.COMPLETE,
        )
        source = RecordSource(endpoint=kind, page=0, response_digest="")
        return WriteBatch(
            collection=collection,
            observations=[
                Observation(
                    key=key, observed_at=moment, source=source, body=compress_body(encode(body))
                )
                for key, body in bodies.items()
            ],
            vanished=vanished,
        )

    def _kind(self, store, kind):
        records, root = store.records.keep_population(derived_log(self.connection), kind)
        return KindRead(kind=kind, records=records, root=root)


def _subject_line(name, row):
    subject = row["subject"]
    return SubjectLine(
        view=VIEW,
        key=name,
        title=subject["title"],
        url=subject["url"],
        owners=tuple(subject["owners"]),
        occurred_at=None if row["occurred_at"] is None else parse_instant(row["occurred_at"]),
        final=row["final"],
        partition=f"partition {subject['key']}",
        trace=("demo.part:p",),
    )


def _verdict(key, letters):
    reasons = {"f": f"{key} fails", "p": "", "n": ""}
    return {
        rule: {"status": LETTERS[letter], "reason": reasons[letter]}
        for rule, letter in zip(RULES, letters, strict=True)
    }


def _rule(store, name):
    index = RULES.index(name)
    letters = [line.statuses[index] for line in store.derived.verdicts("demo", PACK, VIEW)]
    return RuleResult(
        rule=name,
        pack=PACK,
        over=VIEW,
        title=name,
        severity=Severity.HIGH,
        status=Status.FAIL if "f" in letters else Status.PASS,
        population=Population(
            total=len(letters),
            passed=letters.count("p"),
            failed=letters.count("f"),
            not_applicable=letters.count("n"),
        ),
    )
