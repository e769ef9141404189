"""JUnit XML: a suite for each check, a case for each resource, for CI jobs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import blocks
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.report.content.result_findings import ResultFinding, ResultFindings

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) has no way to write."""


class JunitReport(ReportFormat):
    """A job fails for failing checks and for inconclusive ones."""

    name = "junit"
    extension = "xml"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield the XML document, ended by a line feed."""
        yield from blocks(_pieces(inputs))


def _pieces(inputs: ReportInput) -> Iterator[bytes]:
    """Yield the document case by case: the numbers are counted before."""
    rules = inputs.evaluation.rules
    findings = result_findings(inputs)
    outcomes = [_outcomes(rule, findings) for rule in rules]
    root = Element("testsuites", name="ccm")
    _number(root, sum(outcomes, Counter()))
    yield b"<?xml version='1.0' encoding='utf-8'?>\n"
    yield _opened(root, 0) if rules else _written(root, 0)
    for rule, of_rule in zip(rules, outcomes, strict=True):
        yield _opened(_suite(rule, of_rule, inputs), 1)
        yield _written(_facts(rule, inputs), 2)
        for case in _cases(rule, findings):
            yield _written(case, 2)
        yield b"  </testsuite>\n"
    yield b"</testsuites>\n" if rules else b""


def _written(element: Element, level: int) -> bytes:
    """Return an element on lines of its own."""
    indent(element, level=level)
    content: bytes = tostring(element, encoding="utf-8")
    return b"  " * level + content.strip() + b"\n"


def _opened(element: Element, level: int) -> bytes:
    """Return the start tag of an element without content."""
    return _written(element, level).rstrip(b" />\n") + b">\n"


def _outcomes(rule: RuleResult, findings: ResultFindings) -> Counter[str]:
    """Count the cases of a rule, and how many have each outcome."""
    statuses = Counter(
        (result.status, bool(result.waiver) or findings.in_share(result)) for result in rule.results
    )
    tags = Counter[str]()
    for pair, number in (statuses or {(rule.status, False): 1}).items():
        tags[_tag(*pair)] += number
    return Counter({"tests": tags.total(), **tags})


def _tag(status: Status, excused: bool) -> str:  # noqa: FBT001 - a pair, counted by the thousand
    match status:
        case Status.FAIL:
            return "skipped" if excused else "failures"
        case Status.INSUFFICIENT | Status.ERROR:
            return "errors"
        case Status.NOT_APPLICABLE:
            return "skipped"
        case Status.PASS:
            return "passed"


def _suite(rule: RuleResult, outcomes: Counter[str], inputs: ReportInput) -> Element:
    suite = Element("testsuite", name=_text(rule.title) or _text(rule.rule))
    suite.set("timestamp", f"{inputs.evaluation.evaluated_at:%Y-%m-%dT%H:%M:%S}")
    _number(suite, outcomes)
    return suite


def _facts(rule: RuleResult, inputs: ReportInput) -> Element:
    facts = {"rule": rule.rule, "pack": rule.pack, "severity": rule.severity.value}
    facts |= {"status": rule.status.value}
    facts |= {
        f"control.{control.framework}.{control.id}": control.why or "" for control in rule.controls
    }
    if inputs.scope:
        facts["scope"] = "; ".join(inputs.scope)
    return _properties(facts.items())


def _cases(rule: RuleResult, findings: ResultFindings) -> Iterator[Element]:
    for result in rule.results:
        yield _case(rule, result, findings.of(result))
    if not rule.results:
        yield _case_of_rule(rule)


def _case(rule: RuleResult, result: Result, finding: ResultFinding | None) -> Element:
    name = f"{plain(result.subject.title)} [{plain(result.subject.key)}]"
    class_name = f"{plain(result.connection)}.{rule.rule}"
    case = Element("testcase", name=_text(name), classname=_text(class_name), time="0")
    if facts := list(_finding_facts(result, finding)):
        case.append(_properties(facts))
    match result.status:
        case Status.FAIL if finding is not None and finding.in_share:
            message = f"Failed, and {finding.counts_in}"
            _outcome(case, "skipped", "counts_in_share", message, result.reason)
        case Status.FAIL if result.waiver:
            # As a test that is expected to fail: it counts neither as passed nor as failed.
            _outcome(
                case,
                "skipped",
                "waived",
                f"Failed, risk accepted by {result.waiver}",
                result.reason,
            )
        case Status.FAIL:
            _outcome(case, "failure", "fail", result.reason, rule.remediation or "")
        case Status.INSUFFICIENT | Status.ERROR:
            words = phrases.capital(phrases.STATUS[result.status])
            _outcome(case, "error", result.status.value, f"{words}: {result.reason}", "")
        case Status.NOT_APPLICABLE:
            _outcome(case, "skipped", "not_applicable", result.reason, "")
        case Status.PASS:
            pass
    return case


def _finding_facts(result: Result, finding: ResultFinding | None) -> Iterator[tuple[str, str]]:
    names = finding.owners if finding else None
    yield from (("owner", name) for name in (result.subject.owners if names is None else names))
    if finding is None:
        return
    if finding.id:
        yield "finding", finding.id
    item = finding.item
    if item is None or finding.in_share:
        return
    yield "state", item.state.value
    if item.due_at:
        yield "due_at", format_instant(item.due_at)
        yield "overdue", "yes" if item.is_overdue else "no"
    if item.accepted_until:
        yield "accepted_until", format_instant(item.accepted_until)
    yield from (("ticket", ticket.url) for ticket in item.tickets)


def _case_of_rule(rule: RuleResult) -> Element:
    """Return the status of a rule without resources: a suite without cases would look passed."""
    case = Element("testcase", name="the check as a whole", classname=_text(rule.rule))
    case.set("time", "0")
    words = phrases.capital(phrases.STATUS[rule.status])
    if rule.status is Status.FAIL:
        _outcome(case, "failure", "fail", words, rule.remediation or "")
    elif rule.status is Status.NOT_APPLICABLE:
        _outcome(case, "skipped", "not_applicable", words, "")
    elif rule.status is not Status.PASS:
        _outcome(case, "error", rule.status.value, words, "")
    return case


def _properties(facts: Iterable[tuple[str, str]]) -> Element:
    properties = Element("properties")
    for name, value in facts:
        SubElement(properties, "property", name=_text(name), value=_text(value))
    return properties


def _outcome(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    SubElement(case, tag, type=f"ccm.{kind}", message=_text(message)).text = _text(text) or None


def _number(parent: Element, outcomes: Counter[str]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        parent.set(name, str(outcomes[name]))
    parent.set("time", "0")


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", plain(text))
