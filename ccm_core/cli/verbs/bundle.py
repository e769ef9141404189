"""``ccm bundle``: write an evidence package for an auditor."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.cli.terminal.options import read_controls, read_period
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verbs.assurance import connections_option, controls_option, period_option


@click.command("bundle")
@period_option
@controls_option
@connections_option
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to write it.")
@click.pass_obj
def command(
    config: str | None,
    period: str,
    controls: tuple[str, ...],
    connections: tuple[str, ...],
    output: str,
) -> None:
    """Write evidence, results and proofs of a period to one file that verifies offline."""
    from ccm_core.app.audit.evidence_package import write_package
    from ccm_core.app.audit.shown_frameworks import shown_controls
    from ccm_core.app.rule_sets import compile_configured_packs

    span, names = read_period(period), read_controls(controls)
    workspace = open_workspace(config)
    shown = shown_controls(workspace, compile_configured_packs(workspace), names)
    if shown.hidden:
        print_message(f"not in the package, as rules.frameworks in the settings: {shown.hidden}")
    for fact in write_package(workspace, span, shown.controls, connections, Path(output)):
        print_text(fact)
    print_message(f"bundle: {output}; `ccm verify {output}` or the verify.py in it checks it")
