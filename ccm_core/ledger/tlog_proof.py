"""One leaf with everything that proves it, in the format C2SP ``tlog-proof``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.inclusion_proof import root_of_inclusion
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import HASH_BYTES
from ccm_core.ledger.signed_note import VerifierKey, decoded, encoded, opened
from ccm_core.model.frozen_dataclass import dataclass

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_MAX_HASHES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafProof:
    """A proof that a leaf is in the tree whose head a checkpoint states; the leaf is elsewhere."""

    index: int
    hashes: tuple[bytes, ...]
    """The inclusion proof, from the leaf's sibling up."""
    checkpoint: str
    """The signed note, as it was issued."""
    extra: bytes | None = None
    """Whatever the writer added. It is not signed."""

    def head(self, leaf: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
        """Return the signed head under which it proves a leaf.

        Raises:
            ValueError: It does not prove that leaf, or none of the keys has signed the head.
        """
        head = Checkpoint.read(opened(self.checkpoint, keys))
        if root_of_inclusion(self.index, head.size, leaf_hash(leaf), self.hashes) != head.root:
            raise ValueError("the leaf does not lead to the root that was signed")
        return head

    def signer(self, keys: Sequence[VerifierKey]) -> VerifierKey | None:
        """Return the newest of some keys, listed oldest first, that signed the head."""
        note = signed_note.read(self.checkpoint)
        return next((key for key in reversed(keys) if note.signed_by(key)), None)

    def __str__(self) -> str:
        """Return the text of the file."""
        extra = [] if self.extra is None else [f"extra {encoded(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(encoded, self.hashes)]
        return "\n".join([*lines, "", self.checkpoint])

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a file; nothing is verified yet.

        Raises:
            ValueError: It is no such file.
        """
        head, separator, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines.pop(0) != HEADER:
            raise ValueError(f"it does not begin with {HEADER} and have a checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decoded(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines.pop(0) if lines else "")
        if index is None:
            raise ValueError("it does not say the index of its leaf")
        hashes = tuple(decoded(line) for line in lines)
        if len(hashes) > _MAX_HASHES or any(len(digest) != HASH_BYTES for digest in hashes):
            raise ValueError(f"a proof is at most {_MAX_HASHES} hashes of {HASH_BYTES} bytes")
        return cls(index=int(index[1]), hashes=hashes, checkpoint=checkpoint, extra=extra)
