"""``ccm prove``: print the inclusion proof of one record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ccm_core.cli.evidence.command import known
from ccm_core.cli.terminal.options import connection_option
from ccm_core.cli.terminal.output import print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verify.checkpoint import write_text
from ccm_core.errors import UsageError


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
        proofs = [
            (leaf, proof)
            for name in names or store.runs.connections()
            for leaf, proof in store.ledger.prove(
                name,
                lambda leaf_fields: (
                    leaf_fields["leaf"] == "version"
                    and (leaf_fields["kind"], leaf_fields["key"]) == (kind, key)
                ),
            )[-1:]
        ]
    if len(proofs) > 1:
        raise UsageError(f"several connections have {kind} {key!r}; name one with --connection")
    if not proofs:
        raise UsageError(
            f"no {kind} {key!r} is under a checkpoint. `ccm evidence show` says whether it is "
            "stored, `ccm verify` why heads are not signed"
        )
    leaf, proof = proofs[0]
    text = str(replace(proof, extra=leaf))
    if output is None:
        print_text(text, nl=False)
    else:
        write_text(Path(output), text)
