"""``ccm report``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ccm_core.cli.context import Workplace, moment
from ccm_core.cli.printing import say
from ccm_core.errors import UsageError
from ccm_core.model.result import Evaluation
from ccm_core.pipeline import Host, report
from ccm_core.report.formats import FORMATS
from ccm_core.store.interface import EvidenceStore


@click.command("report")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How to write it.",
)
@click.option("-o", "--output", metavar="FILE", help="Where to write it; else it is printed.")
@click.option("--as-of", metavar="INSTANT", help="The last evaluation by this moment.")
@click.pass_obj
def command(config: str | None, form: str, output: str | None, as_of: str | None) -> None:
    """Write the report of the last evaluation. Nothing is judged again."""
    then = moment(as_of)
    place = Workplace.opened(config)
    with place.store(create=False) as store:
        evaluation = store.latest_evaluation(as_of=then)
        if evaluation is None:
            raise UsageError("the store holds no evaluation; run `ccm evaluate` first")
        if output is None:
            sys.stdout.buffer.write(report(place.host, store, evaluation, FORMATS[form]))
        else:
            write_report(place.host, store, evaluation, form, Path(output))


def write_report(
    host: Host, store: EvidenceStore, evaluation: Evaluation, form: str, path: Path
) -> None:
    """Write a report beside its final name first, so that no reader sees half of it.

    Raises:
        UsageError: It cannot be written there.
    """
    data = report(host, store, evaluation, FORMATS[form])
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as cause:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"the report cannot be written to {path}: {cause.strerror}") from cause
    say(f"report: {path}")
