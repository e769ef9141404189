"""``ccm report``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from ccm_core.app.workspace import Workspace, moment
from ccm_core.cli.terminal.output import say
from ccm_core.cli.verbs.assurance import read_controls, read_period
from ccm_core.cli.verbs.report_targets import PERIOD, outputs
from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import KeptEvaluation
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import supports_of
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.period_report import period_input
from ccm_core.pipeline.report import report, report_input
from ccm_core.report.period.layout import PeriodInput
from ccm_core.report.period.registry import PERIOD_FORMATS
from ccm_core.report.registry import FORMATS
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.results.filter import ResultFilter
from ccm_core.store.interface import EvidenceStore


@click.command("report")
@click.option(
    "--format",
    "wanted",
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
@click.option("--as-of", metavar="INSTANT", help="The last evaluation by this moment.")
@click.option(
    "--period",
    metavar="PERIOD",
    help="What a period proves, with samples: 2026-Q3, 2026-07 or 2026-07-01..2026-09-30.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1, max=10_000),
    default=25,
    show_default=True,
    help="How many to draw of each control, for a period.",
)
@click.option("--control", multiple=True, metavar="FRAMEWORK:ID", help="Only this control.")
@click.option("--framework", multiple=True, metavar="NAME", help="Only this framework.")
@click.option("--connection", multiple=True, metavar="NAME", help="Only this connection.")
@click.pass_obj
def command(  # noqa: PLR0913 - one argument for each option
    config: str | None,
    *,
    wanted: tuple[str, ...],
    output: str | None,
    as_of: str | None,
    period: str | None,
    samples: int,
    control: tuple[str, ...],
    framework: tuple[str, ...],
    connection: tuple[str, ...],
) -> None:
    """Write the report of the last evaluation in one format or several. Nothing is judged again."""
    part = ResultFilter(connections=connection, controls=control, frameworks=framework)
    if period is not None:
        if as_of is not None:
            raise UsageError("--period and --as-of exclude each other")
        placed = outputs(wanted, output, PERIOD)
        spanned = _spanned(Workspace.opened(config), read_period(period), part, samples)
        _put([(one.path, PERIOD_FORMATS[one.form].render(spanned)) for one in placed])
        return
    placed = outputs(wanted, output)
    part = ResultFilter(connections=connection, controls=control, frameworks=framework)
    then = moment(as_of)
    place = Workspace.opened(config)
    with place.store(create=False) as store:
        kept = store.latest_evaluation(as_of=then)
        if kept is None:
            by_then = f" by {as_of}" if as_of else ""
            raise UsageError(f"the store holds no evaluation{by_then}; run `ccm evaluate` first")
        given = report_input(
            place.host,
            store,
            kept.evaluation,
            part,
            digest=kept.digest if any(FORMATS[one.form].figures for one in placed) else None,
        )
    # All are made before one is written: a format that cannot be made leaves nothing half done.
    _put([(one.path, FORMATS[one.form].render(given)) for one in placed])


def _spanned(place: Workspace, period: Period, part: ResultFilter, samples: int) -> PeriodInput:
    packs = place.packs()
    chosen = [*read_controls(part.controls), *_of_frameworks(packs, part.frameworks)]
    with place.store(create=False) as store:
        return period_input(
            place.host,
            place.connections(part.connections, secrets=False),
            store,
            packs,
            period,
            chosen,
            samples=samples,
        )


def _of_frameworks(packs: CompiledPacks, names: Sequence[str]) -> list[tuple[str, str]]:
    there = supports_of(packs)
    unknown = set(names) - {framework for framework, _ in there}
    if unknown:
        known = ", ".join(sorted({framework for framework, _ in there})) or "none"
        raise UsageError(f"no rule supports {', '.join(sorted(unknown))}; there are: {known}")
    return [name for name in sorted(there) if name[0] in names]


def _put(made: Sequence[tuple[Path | None, bytes]]) -> None:
    for path, data in made:
        if path is None:
            sys.stdout.buffer.write(data)
        else:
            write_file(path, data)


def write_report(
    host: Host, store: EvidenceStore, kept: KeptEvaluation, form: str, path: Path
) -> None:
    """Write the report of a kept evaluation.

    Raises:
        UsageError: It cannot be written there.
    """
    write_file(path, report(host, store, kept, FORMATS[form]))


def write_file(path: Path, data: bytes) -> None:
    """Write a report and say where it is.

    Raises:
        UsageError: It cannot be written there.
    """
    put_file(path, data)
    say(f"report: {path}")


def put_file(path: Path, data: bytes) -> None:
    """Write a report beside its final name first, so that no reader sees half of it.

    Raises:
        UsageError: It cannot be written there.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as cause:
        with suppress(OSError):
            fresh.unlink()
        raise UsageError(f"the report cannot be written to {path}: {cause.strerror}") from cause
