"""``ccm assurance``: what a period proves, with every evidence gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from ccm_core.app.audit.shown_frameworks import shown_controls
from ccm_core.app.rule_sets import compile_configured_packs
from ccm_core.cli.evidence.command import known
from ccm_core.cli.terminal.exit_codes import Exit, most_severe
from ccm_core.cli.terminal.options import json_option, read_controls, read_period
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.assurance import Assurance
from ccm_core.pipeline.assurance import assess_period
from ccm_core.report.terminal.assurance import assurance_text

period_option = click.option(
    "--period",
    required=True,
    metavar="PERIOD",
    help="2026, 2026-Q3, 2026-07, 2026-07-01 or 2026-07-01..2026-09-30, in UTC.",
)
controls_option = click.option(
    "--control", "controls", multiple=True, metavar="FRAMEWORK:ID", help="Which; may be repeated."
)
connections_option = click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Which; may be repeated."
)


@click.command("assurance")
@period_option
@controls_option
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Which; may be repeated.")
@connections_option
@json_option
@click.pass_obj
def command(
    config: str | None,
    period: str,
    controls: tuple[str, ...],
    kinds: tuple[str, ...],
    connections: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Show what a period proves: collections scheduled and completed, and every evidence gap."""
    span, selected = read_period(period), read_controls(controls)
    workspace = open_workspace(config)
    for kind in kinds:
        known(workspace, kind)
    packs = compile_configured_packs(workspace)
    shown = shown_controls(workspace, packs, selected)
    with workspace.read_store() as store:
        assurance = assess_period(
            workspace.host,
            workspace.connections(connections, secrets=False),
            store,
            packs,
            span,
            shown.controls,
        )
    assurance = _narrowed(shown.ordered(assurance), kinds, selected)
    if as_json:
        print_json(assurance)
    else:
        print_text(assurance_text(assurance, shown.hidden))
    return _code(assurance)


def _narrowed(
    assurance: Assurance, kinds: Sequence[str], controls: Sequence[tuple[str, str]]
) -> Assurance:
    """Leave out what was not selected: kinds only, controls only, or neither."""
    if kinds:
        assurance = replace(
            assurance, kinds=tuple(kind for kind in assurance.kinds if kind.kind in kinds)
        )
        return assurance if controls else replace(assurance, controls=())
    return replace(assurance, kinds=()) if controls else assurance


def _code(assurance: Assurance) -> Exit:
    gaps = any(control.evidence_gaps for control in assurance.controls) or any(
        kind.evidence_gaps for kind in assurance.kinds
    )
    failing = any(
        not exception.waived for control in assurance.controls for exception in control.exceptions
    )
    return most_severe(
        [
            Exit.INSUFFICIENT if gaps else Exit.OK,
            Exit.RULES_FAIL if failing else Exit.OK,
        ]
    )
