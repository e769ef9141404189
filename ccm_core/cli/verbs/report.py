"""``ccm report``: write the last results, or those of a period, in one format or several."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ccm_core.app.report_file import write_report_files
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.options import (
    as_of_option,
    connections_option,
    control_option,
    owner_option,
    read_as_of,
    severity_option,
    status_option,
)
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verbs.report_targets import PERIOD, ReportTarget, report_targets
from ccm_core.errors import UsageError
from ccm_core.model.framework import NO_CATALOGUES
from ccm_core.pipeline.findings.reported import FindingsOf
from ccm_core.pipeline.report import report_input, reported_evaluation
from ccm_core.report.registry import FORMATS
from ccm_core.rules.results.filter import ResultFilter

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.framework import Catalogues
    from ccm_core.report.types import ReportFormat


@click.command("report")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME[=FILE]",
    help=f"How to write it: {', '.join(sorted(FORMATS))}. May be repeated.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER",
    help="Where to write it; a folder for several formats. Else it is printed.",
)
@as_of_option
@click.option(
    "--period",
    metavar="PERIOD",
    help="The report of a period, with samples: 2026-Q3, 2026-07 or 2026-07-01..2026-09-30.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1, max=10_000),
    help="The sample size of each test, for a period; else by `audit.sampling` of the settings.",
)
@connections_option
@control_option
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    metavar="NAME",
    help="Only this framework; may be repeated.",
)
@severity_option
@status_option
@owner_option
@click.pass_obj
def command(
    config: str | None,
    /,
    *,
    formats: tuple[str, ...],
    output: str | None,
    as_of: str | None,
    period: str | None,
    samples: int | None,
    **names: tuple[str, ...],
) -> None:
    """Write the report of the last evaluation, or of a period, in one format or several.

    Nothing is evaluated again.
    """
    part = ResultFilter(**names)
    if period is None:
        targets = report_targets(formats, output)
        rendered = _evaluation_report(open_workspace(config), targets, part, as_of)
    elif as_of is not None:
        raise UsageError("--period and --as-of exclude each other")
    elif part.severities or part.statuses or part.owners:
        raise UsageError(
            "--severity, --status and --owner select results of one evaluation; with --period, "
            "use --connection, --control and --framework"
        )
    else:
        targets = report_targets(formats, output, PERIOD)
        rendered = _period_report(open_workspace(config), targets, part, period, samples)
    _write(targets, rendered)


def _evaluation_report(
    workspace: Workspace, targets: Sequence[ReportTarget], part: ResultFilter, as_of: str | None
) -> list[Iterable[bytes]]:
    instant = read_as_of(as_of)
    forms = [FORMATS[target.form] for target in targets]
    with workspace.read_store() as store:
        latest = reported_evaluation(store, forms, part, as_of=instant)
        if latest is None:
            by_then = f" by {as_of}" if as_of else ""
            raise UsageError(f"the store holds no evaluation{by_then}; run `ccm evaluate` first")
        has_figures = any(form.figures for form in forms)
        content = report_input(
            workspace.host,
            store,
            latest.evaluation,
            part,
            digest=latest.digest if has_figures else None,
            complete=any(form.complete for form in forms),
            findings=FindingsOf(policy=workspace.finding_policy, as_of=instant),
        )
        content = replace(
            content,
            frameworks=part.frameworks or workspace.settings.rules.frameworks,
            catalogues=_catalogues(workspace, latest.evaluation, forms),
        )
    return [FORMATS[target.form].chunks(content) for target in targets]


def _catalogues(
    workspace: Workspace, evaluation: Evaluation, forms: Iterable[ReportFormat]
) -> Catalogues:
    """Read the catalogues of an evaluation's controls where a format names controls by them."""
    from ccm_core.app.frameworks.catalogues import known_requirements

    if not any(form.catalogues for form in forms):
        return NO_CATALOGUES
    return known_requirements(workspace, {control.framework for control in evaluation.controls})


def _period_report(
    workspace: Workspace,
    targets: Sequence[ReportTarget],
    part: ResultFilter,
    period: str,
    samples: int | None,
) -> list[Iterable[bytes]]:
    from ccm_core.app.audit.period_paper import PaperRequest, period_paper
    from ccm_core.cli.terminal.options import read_controls, read_period
    from ccm_core.report.period.registry import PERIOD_FORMATS

    request = PaperRequest(
        period=read_period(period),
        controls=read_controls(part.controls),
        frameworks=part.frameworks,
        connections=part.connections,
        samples=samples,
    )
    content = period_paper(workspace, request)
    return [[PERIOD_FORMATS[target.form].render(content)] for target in targets]


def _write(targets: Sequence[ReportTarget], reports: Sequence[Iterable[bytes]]) -> None:
    """Write the files, all or none, and then print what goes to standard output."""
    pairs = [*zip(targets, reports, strict=True)]
    write_report_files([(target.path, report) for target, report in pairs if target.path])
    for target, report in pairs:
        if target.path is None:
            _print(report)
        else:
            print_message(f"report: {target.path}")


def _print(report: Iterable[bytes]) -> None:
    for piece in report:
        if sys.stdout.isatty():
            print_text(piece.decode(), nl=False)
        else:
            sys.stdout.buffer.write(piece)
