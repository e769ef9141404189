"""``ccm keys``: make, show, export and rotate the signing key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccm_core.app.installation import clock
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.cli.verify.checkpoint import write_text
from ccm_core.errors import StoreError, UsageError
from ccm_core.ledger.signed_note import encoded
from ccm_core.ledger.verification_result import KeyState
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.ledger.key_history import SigningKey


@click.group("keys")
def command() -> None:
    """Show, export and rotate the keys that sign the ledger."""


@command.command("make")
@click.pass_obj
def make(config: str | None) -> None:
    """Make a signing key and save it in the vault, unless it has one."""
    from ccm_core.auth import signing_keys
    from ccm_core.pipeline.credentials.vault_signing import require_store_key

    workspace = open_workspace(config)
    vault = workspace.vault()
    existing = signing_keys.stored_keys(vault)
    require_store_key(vault, existing, workspace.store_key())
    keys = existing or signing_keys.create_first_key(vault, clock())
    state = "the vault has it" if existing else "saved in the vault"
    print_message(f"{state}: {vault.path}; the next run signs with it. Its public half:")
    print_text(encoded(keys[0].public))


@command.command("show")
@json_option
@click.pass_obj
def show(config: str | None, *, as_json: bool) -> None:
    """List the public keys that signed the checkpoints of this store, the newest last."""
    keys = [KeyState.of(key) for key in _keys(open_workspace(config))]
    if as_json:
        print_json(keys)
        return
    rows = [
        (key.key, format_instant(key.since), "yes" if key.handed_over else "no") for key in keys
    ]
    print_table(("key", "since", "handed over"), rows)


@command.command("export")
@click.option("-o", "--output", metavar="FILE", help="Where to write them; else they are printed.")
@click.pass_obj
def export(config: str | None, output: str | None) -> None:
    """Print the public keys, one on each line, for whoever verifies: `ccm verify --key`."""
    text = "".join(f"{key.key}\n" for key in _keys(open_workspace(config)))
    if output is None:
        print_text(text, nl=False)
    else:
        write_text(Path(output), text)


@command.command("rotate")
@click.option(
    "--lost",
    is_flag=True,
    help="The old key is lost or was stolen: it does not sign the handover, even from the vault.",
)
@click.pass_obj
def rotate(config: str | None, *, lost: bool) -> None:
    """Replace the signing key; the old one signs the handover."""
    from ccm_core.pipeline.credentials.vault_signing import rotate_signing_key as replaced

    workspace = open_workspace(config)
    with workspace.write_store(create=False) as store:
        key = replaced(workspace.vault(), store.ledger, clock(), lost=lost)
    print_message("checkpoints are signed with this key from now on; give it to whoever verifies:")
    print_text(str(key))


def _keys(workspace: Workspace) -> Sequence[SigningKey]:
    try:
        with workspace.read_store() as store:
            keys = store.ledger.signing_keys()
    except StoreError as error:
        raise UsageError(f"{error} The first run makes the store and signs its head.") from error
    if not keys:
        raise UsageError(
            "this store has no signing key yet. `ccm keys make` makes one; the next run signs with "
            "it"
        )
    return keys
