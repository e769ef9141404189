"""What a caller hands to the application: where messages go, and who knows the vault's key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.auth.vault_encryption import KeySources


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerPorts:
    """How the application reaches whoever started it."""

    show_message: Callable[[str], None]
    """Shows a message that is not the result."""
    key_sources: Callable[[], KeySources]
    """Returns where the vault's key may come from, such as a person who types a passphrase."""


def environment_keys() -> KeySources:
    """Return the sources of a vault's key where nobody can be asked for a passphrase."""
    from ccm_core.auth.vault_encryption import KeySources

    return KeySources(environment=os.environ)
