"""``ccm prove``: print the inclusion proof of one record."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.audit.record_proof import record_proof
from ccm_core.cli.evidence.command import known
from ccm_core.cli.terminal.options import connection_option
from ccm_core.cli.terminal.output import print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verify.checkpoint import write_text


@click.command("prove")
@click.argument("kind")
@click.argument("key")
@connection_option
@click.option("-o", "--output", metavar="FILE", help="Where to write it; else it is printed.")
@click.pass_obj
def command(
    config: str | None, kind: str, key: str, connection: str | None, output: str | None
) -> None:
    """Print the proof that a record was stored: a C2SP tlog-proof file.

    It has the newest version's leaf, the hashes on the path to the root, and the checkpoint.
    Whoever has the public key checks it with `ccm verify FILE --key KEY`, without the store.
    """
    workspace = open_workspace(config)
    known(workspace, kind)
    names = None if connection is None else [workspace.settings.connection(connection).name]
    with workspace.read_store() as store:
        text = record_proof(store, kind, key, names)
    if output is None:
        print_text(text, nl=False)
    else:
        write_text(Path(output), text)
