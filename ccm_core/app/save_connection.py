"""Saving a connection: its secrets first, then the settings that lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.auth.vault import Vault
    from ccm_core.auth.vault_entry import VaultEntry
    from ccm_core.config.settings_writer import SettingsFile


def save_connection(
    vault: Vault, name: str, entry: VaultEntry | None, file: SettingsFile, text: str
) -> None:
    """Save a connection; where its settings cannot be written, its secrets stay as they were.

    Raises:
        UsageError: It cannot be saved.
    """
    if entry is None:
        file.write(text)
        return
    # The lock keeps out whoever is renewing the tokens of the entry before it.
    with vault.lock(name):
        before = vault.read(name) if name in vault.names() else None
        vault.write(name, entry)
        try:
            file.write(text)
        except UsageError:
            if before is None:
                vault.remove(name)
            else:
                vault.write(name, before)
            raise
