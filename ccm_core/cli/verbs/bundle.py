"""``ccm bundle``."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.output import say
from ccm_core.cli.verbs.assurance import (
    connections_option,
    controls_option,
    period_option,
    read_controls,
    read_period,
)


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
    from ccm_core.auth import signing_keys
    from ccm_core.pipeline.bundle import Order, bundle, signer_of

    wanted, names = read_period(period), read_controls(controls)
    place = Workspace.opened(config)
    with place.store(create=False) as store:
        order = Order(
            connections=place.connections(connections, secrets=False),
            packs=place.packs(),
            period=wanted,
            controls=names,
        )
        signer = signer_of(store, signing_keys.held(place.vault()))
        facts = bundle(place.host, store, order, signer, Path(output))
    for fact in facts:
        click.echo(fact)
    say(f"bundle: {output}; `ccm verify {output}` or the verify.py in it checks it")
