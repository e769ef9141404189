"""The head of a tree: the text that is signed, in the format C2SP ``tlog-checkpoint``."""

from __future__ import annotations

import re
from typing import Self

from ccm_core.ledger.merkle_tree import HASH_BYTES
from ccm_core.ledger.signed_note import decoded, encoded
from ccm_core.model.frozen_dataclass import dataclass

STORE_LOG = "@store"
"""The store's own log. Every other is named for its connection, and none has such a name."""

HEADS = "heads"
"""The form of the one leaf that is no row: the heads of other logs, stated in the store's own."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The head of a tree at one size."""

    origin: str
    """Which log it is of."""
    size: int
    """How many leaves it had."""
    root: bytes

    @property
    def text(self) -> str:
        """The text of its note."""
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the text of a note. Extension lines are allowed and mean nothing to us.

        Raises:
            ValueError: It is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) <= _LINES or lines.pop() != "" or not all(lines):
            raise ValueError("a checkpoint has an origin, a size and a root, each on a line")
        origin, size, root = lines[:_LINES]
        if not _SIZE.fullmatch(size):
            raise ValueError(f"{size!r} is no size of a tree")
        root_hash = decoded(root)
        if len(root_hash) != HASH_BYTES:
            raise ValueError(f"expected a root of {HASH_BYTES} bytes, got {len(root_hash)}")
        return cls(origin=origin, size=int(size), root=root_hash)


def origin(identity: str, log: str = STORE_LOG) -> str:
    """Return the origin line of a log's checkpoints; the store's own is the name of its keys."""
    return f"ccm/{identity}" if log == STORE_LOG else f"ccm/{identity}/{log}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedCheckpoint:
    """A head against which a store is verified."""

    name: str
    """The file that it came from."""
    note: str
