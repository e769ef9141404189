"""JUnit XML: a suite for each rule, a case for each subject, for CI jobs."""

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
    """A job turns red for what fails and for what could not be judged."""

    name = "junit"
    extension = "xml"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give the XML document, ended by a line feed."""
        root = Element("testsuites", name="ccm")
        suites = [_suite(root, rule, given) for rule in given.evaluation.rules]
        _number(root, [case for suite in suites for case in suite.iter("testcase")])
        indent(root)
        page: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return page + b"\n"


def _suite(root: Element, rule: RuleResult, given: ReportInput) -> Element:
    suite = SubElement(root, "testsuite", name=_text(rule.title) or _text(rule.rule))
    suite.set("timestamp", f"{given.evaluation.evaluated_at:%Y-%m-%dT%H:%M:%S}")
    facts = {"rule": rule.rule, "pack": rule.pack, "severity": rule.severity.value}
    facts |= {"status": rule.status.value}
    facts |= {f"control.{one.framework}.{one.id}": one.why or "" for one in rule.controls}
    _properties(suite, facts.items())
    for result in rule.results:
        _case(suite, rule, result)
    if not rule.results:
        _bare(suite, rule)
    _number(suite, list(suite.iter("testcase")))
    return suite


def _case(suite: Element, rule: RuleResult, result: Result) -> None:
    name = f"{plain(result.subject.title)} [{plain(result.subject.key)}]"
    place = f"{plain(result.connection)}.{rule.rule}"
    case = SubElement(suite, "testcase", name=_text(name), classname=_text(place), time="0")
    if result.subject.owners:
        _properties(case, (("owner", one) for one in result.subject.owners))
    match result.status:
        case Status.FAIL if result.waiver:
            # As a test that is expected to fail: it is not counted as passed, nor as news.
            _outcome(case, "skipped", "waived", f"Fails, waived by {result.waiver}", result.reason)
        case Status.FAIL:
            _outcome(case, "failure", "fail", result.reason, rule.remediation or "")
        case Status.INSUFFICIENT | Status.ERROR:
            said = phrases.capital(phrases.STATUS[result.status])
            _outcome(case, "error", result.status.value, f"{said}: {result.reason}", "")
        case Status.NOT_APPLICABLE:
            _outcome(case, "skipped", "not_applicable", result.reason, "")
        case Status.PASS:
            pass


def _bare(suite: Element, rule: RuleResult) -> None:
    """Say what a rule says that has no subject: a suite without cases would look well."""
    case = SubElement(suite, "testcase", name="the rule as a whole", classname=_text(rule.rule))
    case.set("time", "0")
    said = phrases.capital(phrases.STATUS[rule.status])
    if rule.status is Status.FAIL:
        _outcome(case, "failure", "fail", said, rule.remediation or "")
    elif rule.status is Status.NOT_APPLICABLE:
        _outcome(case, "skipped", "not_applicable", said, "")
    elif rule.status is not Status.PASS:
        _outcome(case, "error", rule.status.value, said, "")


def _properties(place: Element, facts: Iterable[tuple[str, str]]) -> None:
    told = SubElement(place, "properties")
    for name, value in facts:
        SubElement(told, "property", name=_text(name), value=_text(value))


def _outcome(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    SubElement(case, tag, type=f"ccm.{kind}", message=_text(message)).text = _text(text) or None


def _number(place: Element, cases: list[Element]) -> None:
    place.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        place.set(name, str(sum(one.find(tag) is not None for one in cases)))
    place.set("time", "0")


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", plain(text))
