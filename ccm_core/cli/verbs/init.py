"""``ccm init``: write settings for a new workspace."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ccm_core.app.installation import clock
from ccm_core.atomic_write import owner_only
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.config.locate import NAME
from ccm_core.config.settings_reader import load_settings
from ccm_core.config.settings_validation import vault_path
from ccm_core.config.template import template
from ccm_core.errors import SecretError, UsageError
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load


@click.command("init")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.pass_obj
def command(config: str | None, *, force: bool) -> None:
    """Write a commented ccm.yaml with an example of every connector that is installed."""
    path = Path(config or NAME)
    catalog = load(discover())
    text = template(catalog.connectors.values(), catalog.packs)
    try:
        with open(path, "w" if force else "x", encoding="utf-8", opener=owner_only) as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already; --force replaces it") from None
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
    _make_key(path)
    print_message(f"wrote {path}; edit it, or connect with `ccm connect`, then run `ccm check`")


def _make_key(path: Path) -> None:
    """Make the key that signs the ledger, where the vault can be opened without asking anybody."""
    from ccm_core.auth import signing_keys
    from ccm_core.auth.vault import Vault
    from ccm_core.auth.vault_encryption import KeySources
    from ccm_core.ledger.signed_note import encoded
    from ccm_core.pipeline.credentials.vault_signing import require_store_key

    vault = Vault(vault_path(load_settings(path)), KeySources(environment=os.environ))
    store_key = open_workspace(str(path)).store_key()
    try:
        stored = signing_keys.stored_keys(vault)
        require_store_key(vault, stored, store_key)
        key, *_ = stored or signing_keys.create_first_key(vault, clock())
    except SecretError as error:
        later = "" if store_key else ". `ccm keys make` makes one later"
        print_message(f"no key to sign the ledger was made: {error}{later}")
        return
    public = encoded(key.public)
    print_message(f"the ledger of a new store is signed; the public half of its key: {public}")
