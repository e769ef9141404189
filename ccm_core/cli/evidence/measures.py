"""``ccm measures``: response times and other measures, as the page of the report shows them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import as_of_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.pipeline.report_sections import measures
from ccm_core.report.content import phrases
from ccm_core.report.content.measures import finite
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.pipeline.report_sections import EvaluationMeasures
    from ccm_core.report.content.measures import Measures, MeasureStatistics

_HEADINGS = ("count", "median", "p90", "mean", "within limit", "change of the median", "incomplete")


@click.command("measures")
@as_of_option
@json_option
@click.pass_obj
def command(config: str | None, *, as_of: str | None, as_json: bool) -> int:
    """Show MTTA, MTTR and other measures of the last evaluation, month by month.

    Nothing is evaluated again. A month that the evidence does not hold whole is marked, and is not
    compared with another one.
    """
    instant, workspace = read_as_of(as_of), open_workspace(config)
    with workspace.read_store() as store:
        read = measures(workspace.host, store, as_of=instant)
    if read is None:
        by_then = f" by {as_of}" if as_of else ""
        raise UsageError(f"the store holds no evaluation{by_then}; run `ccm evaluate` first")
    if as_json:
        print_json(
            [
                replace(measure, groups=tuple(map(finite, measure.groups)))
                for measure in read.measures
            ]
        )
    else:
        _print_all(read)
    for failure in read.failures:
        print_message(f"not measured, because a section of a plugin failed: {failure}")
    return Exit.INSUFFICIENT if read.failures else Exit.OK


def _print_all(read: EvaluationMeasures) -> None:
    for measure in read.measures:
        _print(measure)
    if read.measures or read.failures:
        return
    at = format_instant(read.evaluated_at)
    print_text(f"no incident to measure in the evidence of the evaluation of {at}")
    for problem in read.problems:
        print_text(f"not sufficient: {problem}")


def _print(measure: Measures) -> None:
    limit = "" if measure.limit is None else f", limit {phrases.duration(measure.limit)}"
    print_text(f"{measure.title} ({measure.connection}){limit}")
    for problem in measure.problems:
        print_text(f"not sufficient: {problem}")
    print_table((measure.by.lower(), *_HEADINGS), _rows(measure.groups))
    print_text("")


def _rows(groups: Sequence[MeasureStatistics]) -> Iterator[tuple[str, ...]]:
    for group in groups:
        yield (
            group.title,
            str(group.number),
            _time(group.median),
            _time(group.p90),
            _time(group.mean),
            "" if group.within is None else phrases.percent(group.within),
            "" if group.change is None else f"{group.change:+.0f}s",
            group.incomplete or "",
        )


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return "never" if seconds == math.inf else phrases.duration(seconds)
