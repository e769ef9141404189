"""``ccm report``."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from ccm_core.cli.context import Workplace, moment
from ccm_core.cli.outputs import outputs
from ccm_core.cli.printing import say
from ccm_core.errors import UsageError
from ccm_core.model.result import Evaluation
from ccm_core.pipeline import Host, report, report_input
from ccm_core.report.formats import FORMATS
from ccm_core.rules.narrowing import Part
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
@click.option("--control", multiple=True, metavar="FRAMEWORK:ID", help="Only this control.")
@click.option("--framework", multiple=True, metavar="NAME", help="Only this framework.")
@click.option("--connection", multiple=True, metavar="NAME", help="Only this connection.")
@click.pass_obj
def command(
    config: str | None,
    *,
    wanted: tuple[str, ...],
    output: str | None,
    as_of: str | None,
    control: tuple[str, ...],
    framework: tuple[str, ...],
    connection: tuple[str, ...],
) -> None:
    """Write the report of the last evaluation in one format or several. Nothing is judged again."""
    placed = outputs(wanted, output)
    part = Part(connections=connection, controls=control, frameworks=framework)
    then = moment(as_of)
    place = Workplace.opened(config)
    with place.store(create=False) as store:
        evaluation = store.latest_evaluation(as_of=then)
        if evaluation is None:
            by_then = f" by {as_of}" if as_of else ""
            raise UsageError(f"the store holds no evaluation{by_then}; run `ccm evaluate` first")
        given = report_input(
            place.host,
            store,
            evaluation,
            part,
            figures=any(FORMATS[one.form].figures for one in placed),
        )
    # All are made before one is written: a format that cannot be made leaves nothing half done.
    made = [(one.path, FORMATS[one.form].render(given)) for one in placed]
    for path, data in made:
        if path is None:
            sys.stdout.buffer.write(data)
        else:
            write_file(path, data)


def write_report(
    host: Host, store: EvidenceStore, evaluation: Evaluation, form: str, path: Path
) -> None:
    """Write the report of an evaluation.

    Raises:
        UsageError: It cannot be written there.
    """
    write_file(path, report(host, store, evaluation, FORMATS[form]))


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
