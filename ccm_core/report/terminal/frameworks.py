"""Frameworks and how much of them is covered, as text and as documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

from ccm_core.control_characters import replace_controls
from ccm_core.model.framework_coverage import (
    CoverageLevel,
    FrameworkCoverage,
    MappedCheck,
    RequirementCoverage,
)
from ccm_core.model.json_codec import JsonObject, plain
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import fitted
from ccm_core.report.content.manual_evidence import evidence_document, evidence_line

_EVERY = frozenset(CoverageLevel)
_LEVELS = {
    CoverageLevel.NOT_APPLICABLE: "does not apply",
    CoverageLevel.CATALOGUED: "no check",
    CoverageLevel.MAPPED: "mapped, not tested",
    CoverageLevel.TESTED: "tested, evidence lacking",
    CoverageLevel.SUFFICIENT: "tested, evidence sufficient",
}


def level_words(level: CoverageLevel) -> str:
    """Return how far a requirement is covered, in words."""
    return _LEVELS[level]


def four_numbers(coverage: FrameworkCoverage) -> str:
    """Return how many requirements apply, are mapped, tested, and tested on enough evidence."""
    parts = (
        f"{coverage.mapped:,} mapped",
        f"{coverage.tested:,} tested",
        f"{coverage.sufficient:,} with sufficient evidence",
    )
    return f"of {phrases.count(coverage.applicable, 'requirement')} {', '.join(parts)}"


def manual_number(coverage: FrameworkCoverage, moment: datetime) -> str:
    """Return how many requirements have manual evidence; empty where none was ever attached."""
    if not any(one.manual_evidence for one in coverage.requirements):
        return ""
    number = phrases.count(coverage.with_manual_evidence(moment), "requirement")
    return f"apart from checks, {number} with manual evidence"


def framework_lines(
    coverage: FrameworkCoverage,
    moment: datetime,
    *,
    levels: Collection[CoverageLevel] = _EVERY,
    with_text: bool = False,
    width: int | None = None,
) -> Iterator[str]:
    """Yield a framework, group by group, with the checks that support each requirement.

    Args:
        coverage: The framework.
        moment: When it is asked whether manual evidence counts.
        levels: Which requirements.
        with_text: Whether to yield texts that were imported.
        width: The cells that a line may have, texts excluded; None: nothing is cut.
    """
    catalogue = coverage.catalogue
    yield f"{catalogue.name}: {catalogue.title}"
    yield f"{catalogue.publisher}, {catalogue.version}"
    chosen = [entry for entry in coverage.requirements if entry.level in levels]
    for group, entries in groupby(chosen, key=lambda entry: entry.requirement.group):
        yield ""
        yield "  ".join(dict.fromkeys((group, catalogue.groups[group])))
        for entry in entries:
            yield from _requirement(entry, moment, with_text=with_text, width=width)


def contradictions(coverage: FrameworkCoverage) -> Iterator[str]:
    """Yield each requirement that is stated not to apply while checks that support it fail."""
    for entry in coverage.requirements:
        if entry.failing_unapplied:
            name = f"{coverage.catalogue.name} {entry.requirement.id}"
            yield f"{name} does not apply by the settings, and {_contradiction(entry)}"


def coverage_document(
    coverage: FrameworkCoverage,
    moment: datetime,
    *,
    whole: bool,
    levels: Collection[CoverageLevel] = _EVERY,
) -> JsonObject:
    """Return a framework as a document; with each requirement, where the whole is asked for."""
    catalogue = coverage.catalogue
    document: JsonObject = {
        "framework": catalogue.name,
        "title": catalogue.title,
        "version": catalogue.version,
        "publisher": catalogue.publisher,
        "source": catalogue.source,
        "catalogued": len(coverage.requirements),
        "applicable": coverage.applicable,
        "mapped": coverage.mapped,
        "tested": coverage.tested,
        "sufficient": coverage.sufficient,
        "with_manual_evidence": coverage.with_manual_evidence(moment),
    }
    if whole:
        chosen = (entry for entry in coverage.requirements if entry.level in levels)
        document["requirements"] = [_document(entry, moment) for entry in chosen]
    return document


def _requirement(
    entry: RequirementCoverage, moment: datetime, *, with_text: bool, width: int | None
) -> Iterator[str]:
    requirement = entry.requirement
    owner = f", {entry.owner}" if entry.owner else ""
    yield _line(f"  {requirement.id}  {requirement.title}", width)
    yield f"      {level_words(entry.level)}{owner}"
    if off := sum(bool(check.switched_off) for check in entry.checks):
        yield f"      {phrases.count(off, 'check')} switched off"
    if entry.not_applicable:
        yield f"      reason: {entry.not_applicable}"
    if entry.failing_unapplied:
        yield f"      but {_contradiction(entry)}"
    if with_text and requirement.text:
        yield from (f"      | {line}" for line in requirement.text.splitlines())
    for check in entry.checks:
        yield _line(f"      - {_check(check)}", width)
    for procedure in entry.manual_procedures:
        yield _line(f"      by people: {procedure}", width)
    for piece in entry.manual_evidence:
        yield _line(f"      manual evidence: {evidence_line(piece, moment)}", width)


def _line(text: str, width: int | None) -> str:
    return replace_controls(text) if width is None else fitted(text, width)


def _contradiction(entry: RequirementCoverage) -> str:
    rules = entry.failing_unapplied
    verbs = "supports it fails" if len(rules) == 1 else "support it fail"
    return f"{phrases.count(len(rules), 'check')} that {verbs}: {', '.join(rules)}"


def _check(check: MappedCheck) -> str:
    status = "not evaluated" if check.status is None else phrases.STATUS[check.status]
    if check.switched_off:
        return f"switched off: {check.rule} ({check.control.id}): {check.switched_off}"
    return f"{status}: {check.rule} ({check.control.relation} {check.control.id})"


def _document(entry: RequirementCoverage, moment: datetime) -> JsonObject:
    requirement = entry.requirement
    return {
        "id": requirement.id,
        "oscal_id": requirement.oscal_id,
        "title": requirement.title,
        "group": requirement.group,
        "text": requirement.text,
        "level": entry.level.value,
        "owner": entry.owner,
        "not_applicable": entry.not_applicable,
        "manual_procedures": list(entry.manual_procedures),
        "manual_evidence": [
            plain(evidence_document(piece, moment)) for piece in entry.manual_evidence
        ],
        "checks": [
            {
                "rule": check.rule,
                "title": check.title,
                "control": check.control.id,
                "relation": check.control.relation,
                "why": check.control.why,
                "status": None if check.status is None else check.status.value,
                "switched_off": check.switched_off,
            }
            for check in entry.checks
        ],
    }
