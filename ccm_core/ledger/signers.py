"""Who signs the heads of a store, or why nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ccm_core.ledger.signed_note import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """The reason why heads are not signed; it is stored in the ledger in place of a signature."""

    why: str
    """In plain words, with the next step."""


Signers: TypeAlias = Sequence[Signer] | Unsigned
"""The keys that are at hand, the one in use first. While a key is being replaced there are two."""

Signing: TypeAlias = Callable[[], Signers]
"""Returns them when a head is to be signed."""


def unsigned(why: str) -> Signing:
    """Return a signing that signs nothing, for a reason."""
    return lambda: Unsigned(why=why)
