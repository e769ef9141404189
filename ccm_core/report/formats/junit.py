"""JUnit XML: a suite for each check, a case for each resource, for CI jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.report.types import ReportInput

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) has no way to write."""


class JunitReport:
    """A job fails for failing checks and for inconclusive ones."""

    name = "junit"
    extension = "xml"
    figures = False

    def render(self, inputs: ReportInput) -> bytes:
        """Return the XML document, ended by a line feed."""
        root = Element("testsuites", name="ccm")
        suites = [_suite(root, rule, inputs) for rule in inputs.evaluation.rules]
        _number(root, [case for suite in suites for case in suite.iter("testcase")])
        indent(root)
        page: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return page + b"\n"


def _suite(root: Element, rule: RuleResult, inputs: ReportInput) -> Element:
    suite = SubElement(root, "testsuite", name=_text(rule.title) or _text(rule.rule))
    suite.set("timestamp", f"{inputs.evaluation.evaluated_at:%Y-%m-%dT%H:%M:%S}")
    facts = {"rule": rule.rule, "pack": rule.pack, "severity": rule.severity.value}
    facts |= {"status": rule.status.value}
    facts |= {
        f"control.{control.framework}.{control.id}": control.why or "" for control in rule.controls
    }
    _properties(suite, facts.items())
    for result in rule.results:
        _case(suite, rule, result)
    if not rule.results:
        _case_of_rule(suite, rule)
    _number(suite, list(suite.iter("testcase")))
    return suite


def _case(suite: Element, rule: RuleResult, result: Result) -> None:
    name = f"{plain(result.subject.title)} [{plain(result.subject.key)}]"
    class_name = f"{plain(result.connection)}.{rule.rule}"
    case = SubElement(suite, "testcase", name=_text(name), classname=_text(class_name), time="0")
    if result.subject.owners:
        _properties(case, (("owner", owner) for owner in result.subject.owners))
    match result.status:
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


def _case_of_rule(suite: Element, rule: RuleResult) -> None:
    """Add the status of a rule without resources: a suite without cases would look passed."""
    case = SubElement(suite, "testcase", name="the check as a whole", classname=_text(rule.rule))
    case.set("time", "0")
    words = phrases.capital(phrases.STATUS[rule.status])
    if rule.status is Status.FAIL:
        _outcome(case, "failure", "fail", words, rule.remediation or "")
    elif rule.status is Status.NOT_APPLICABLE:
        _outcome(case, "skipped", "not_applicable", words, "")
    elif rule.status is not Status.PASS:
        _outcome(case, "error", rule.status.value, words, "")


def _properties(parent: Element, facts: Iterable[tuple[str, str]]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in facts:
        SubElement(properties, "property", name=_text(name), value=_text(value))


def _outcome(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    SubElement(case, tag, type=f"ccm.{kind}", message=_text(message)).text = _text(text) or None


def _number(parent: Element, cases: list[Element]) -> None:
    parent.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        parent.set(name, str(sum(case.find(tag) is not None for case in cases)))
    parent.set("time", "0")


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", plain(text))
