"""The report for programs: the evaluation and the manifests as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult, ScopedResult
from ccm_core.model.finding.document import finding_document
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.finding_list import finding_list
from ccm_core.report.content.json_stream import Fields, Rows, blocks, fields_of, json_pieces
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.content.summary import headline, rules_by_purpose, status_counts
from ccm_core.report.types import ReportFormat, ReportInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ccm_core.model.evidence.collection import KindCount
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFindings:
    """The findings of a report: the same as of ``ccm findings list``."""

    moment: datetime | None
    """Of which they are shown; null: they are not known."""
    unknown: str
    """Why they are not known; empty: they are."""
    headline: str
    """Their numbers in words, the same in every format."""
    open: int
    severities: Mapping[str, int]
    overdue: int
    accepted: int
    inconclusive: int
    findings: Sequence[JsonObject]
    """The most urgent first, as ``schemas/finding.v1.schema.json`` describes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonResult(Result):
    """A result with the finding that it belongs to."""

    finding: str | None
    """Of a single failure under a share: that of the share. Null: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonScopedResult(ScopedResult):
    """What a rule says of what is in scope; findings are of all, so its results name none."""

    results: tuple[JsonResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRule(RuleResult):
    """A rule whose results name their findings."""

    scoped: tuple[JsonScopedResult, ...] = ()
    results: tuple[JsonResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonEvaluation(Evaluation):
    """An evaluation whose results name their findings."""

    rules: tuple[JsonRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """The contents of the file."""

    document: str = "ccm.report/v1"
    host_version: str
    headline: str
    """In words, the same in every format."""
    rules_by_status: dict[str, int]
    """How many rules of the company's controls have each status; statuses that none has are left
    out."""
    monitoring_by_status: dict[str, int]
    """The same of the rules that check the health of the monitoring itself."""
    scope: Sequence[str]
    """Which part of the evaluation this is; empty: all of it."""
    findings: JsonFindings
    """As people work on them; what fails names its own."""
    evaluation: JsonEvaluation
    manifests: Sequence[Manifest]
    counts: Sequence[KindCount]


class JsonReport(ReportFormat):
    """All of the evaluation, for programs."""

    name = "json"
    extension = "json"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield one JSON document with sorted keys, ended by a line feed."""
        monitoring, company = map(status_counts, rules_by_purpose(inputs.evaluation))
        items = inputs.findings.items
        document = JsonDocument(
            host_version=inputs.host_version,
            headline=headline(company),
            rules_by_status={count.status.value: count.number for count in company},
            monitoring_by_status={count.status.value: count.number for count in monitoring},
            scope=tuple(inputs.scope),
            findings=_findings(inputs),
            evaluation=cast("JsonEvaluation", inputs.evaluation),  # written one by one
            manifests=tuple(inputs.manifests),
            counts=cast("Sequence[KindCount]", tuple(inputs.counts)),  # as the format is complete
        )
        streamed = fields_of(
            document,
            findings=fields_of(
                document.findings, findings=Rows(map(finding_document, items.values()))
            ),
            evaluation=_evaluation(inputs),
            manifests=Rows(inputs.manifests),
        )
        yield from blocks(json_pieces(streamed))
        yield b"\n"


def _findings(inputs: ReportInput) -> JsonFindings:
    listed = finding_list(inputs)
    numbers = listed.tally
    return JsonFindings(
        moment=listed.moment,
        unknown=listed.unknown,
        headline=listed.words,
        open=numbers.open,
        severities=numbers.severities,
        overdue=numbers.overdue,
        accepted=numbers.accepted,
        inconclusive=numbers.inconclusive,
        findings=(),  # written one by one
    )


def _evaluation(inputs: ReportInput) -> Fields:
    """Return the evaluation to be written result by result, each with the finding it belongs to."""
    findings = result_findings(inputs)

    def result_fields(result: Result) -> Fields:
        finding = findings.of(result)
        return fields_of(result, finding=(finding.id or None) if finding else None)

    def scoped_fields(scoped: ScopedResult) -> Fields:
        results = (fields_of(result, finding=None) for result in scoped.results)
        return fields_of(scoped, results=Rows(results))

    rules = (
        fields_of(
            rule,
            scoped=Rows(map(scoped_fields, rule.scoped)),
            results=Rows(map(result_fields, rule.results)),
        )
        for rule in inputs.evaluation.rules
    )
    return fields_of(inputs.evaluation, rules=Rows(rules))
