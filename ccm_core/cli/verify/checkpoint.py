"""``ccm checkpoint``: print the signed tree head of the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint


@click.command("checkpoint")
@click.option(
    "--connection",
    metavar="NAME",
    help="The checkpoint of this connection's log; else the store's, which covers all.",
)
@click.option("-o", "--output", metavar="FILE", help="Where to write it; else it is printed.")
@click.pass_obj
def command(config: str | None, connection: str | None, output: str | None) -> None:
    """Print the newest checkpoint (signed head) of the ledger, to be pinned or published.

    Whoever holds it can prove later, with `ccm verify --pin`, that nothing was removed or
    rewritten since.
    """
    workspace = open_workspace(config)
    log = STORE_LOG if connection is None else workspace.settings.connection(connection).name
    with workspace.read_store() as store:
        signed, head = store.ledger.signed_head(log), store.ledger.head(log)
    if signed is None:
        raise UsageError(
            "no head of this store is signed yet. `ccm keys make` makes a signing key; the next "
            "run signs with it"
        )
    newer = head.size - Checkpoint.read(signed_note.read(signed).text).size
    if newer:
        print_message(f"{newer} newer leaves are not signed; `ccm verify` says why")
    if output is None:
        print_text(signed, nl=False)
    else:
        write_text(Path(output), signed)


def write_text(path: Path, text: str) -> None:
    """Write a small file that a person named.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
    print_message(f"wrote {path}")
