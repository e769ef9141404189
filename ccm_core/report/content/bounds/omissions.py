"""What a page counts and does not draw, in words, each with the command that prints it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.finding_list import findings_command
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.report.content.bounds.page_bounds import LeftOut
    from ccm_core.report.types import ReportInput


_ONE_CONNECTION = ("--connection NAME", "-o NAME.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """One list that is cut."""

    what: str
    """Such as ``96,000 failing resources``."""
    command: str
    """Prints all of it; words in capitals are for the reader to fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOmissions:
    """How much of each part of a page is not drawn."""

    results: LeftOut
    sections: int = 0
    """Sections of plugins that are not drawn at all."""
    lines: int = 0
    """Lines of figures that are drawn in part."""
    connections: int = 0
    """Connections whose evidence is not drawn in detail."""
    waivers: int = 0
    findings: int = 0
    """Findings that are not among the most urgent ones."""


def omissions(inputs: ReportInput, left_out: PageOmissions) -> tuple[Omission, ...]:
    """Return every list that is cut, with the command for the rest; empty where none is."""
    lists = tuple(
        Omission(what=phrases.count(number, *nouns), command=_command(inputs, options))
        for number, nouns, options in _lists(left_out)
        if number
    )
    if not left_out.findings:
        return lists
    command = f"{findings_command(inputs, 'export')} > findings.csv"
    return (Omission(what=phrases.count(left_out.findings, "finding"), command=command), *lists)


def report_command(inputs: ReportInput, *options: str) -> str:
    """Return the command for another report of the same evaluation, and the same part of it."""
    at = format_instant(inputs.evaluation.evaluated_at)
    filters = (phrase.partition(" ") for phrase in inputs.scope)
    given = [f"--{noun} {shlex.quote(name)}" for noun, _, name in filters]
    return " ".join(["ccm report", "--as-of", at, *dict.fromkeys([*given, *options])])


def _command(inputs: ReportInput, options: tuple[str, ...]) -> str:
    if options is _ONE_CONNECTION and len(inputs.evaluation.connections) == 1:
        at = format_instant(inputs.evaluation.evaluated_at)
        return f"ccm views show VIEW --as-of {at}"
    return report_command(inputs, *options)


def _lists(left_out: PageOmissions) -> Iterator[tuple[int, tuple[str, str], tuple[str, ...]]]:
    results = left_out.results
    failing = ("--status fail", "-o failing.csv")
    inconclusive = ("--status insufficient", "--status error", "-o inconclusive.csv")
    connection = _ONE_CONNECTION
    yield results.failing, ("failing resource", "failing resources"), failing
    yield (
        results.reasons,
        ("reason of inconclusive checks", "reasons of inconclusive checks"),
        inconclusive,
    )
    yield results.subjects, ("inconclusive resource", "inconclusive resources"), inconclusive
    yield left_out.sections, ("section of a connection", "sections of connections"), connection
    yield (
        left_out.lines,
        ("line of tables and timelines", "lines of tables and timelines"),
        connection,
    )
    yield (
        left_out.connections,
        ("connection, its evidence kind by kind", "connections, their evidence kind by kind"),
        connection,
    )
    yield (
        left_out.waivers,
        ("risk acceptance", "risk acceptances"),
        ("--status fail", "-o accepted.csv"),
    )
