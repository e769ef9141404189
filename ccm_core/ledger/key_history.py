"""The history of a store's keys: each begins with a note that it and its predecessor sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from ccm_core.ledger import signed_note
from ccm_core.ledger.signed_note import Signer, VerifierKey
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_instant, parse_instant

_TITLE = "ccm signing key"
_REPLACES = "replaces "


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key that heads are signed with from some moment on."""

    key: VerifierKey
    since: datetime
    replaces: VerifierKey | None = None
    handed_over: bool = True
    """Whether the key before it signed the note; not so where that one was lost."""
    note: str
    """What was signed, as it was signed."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the note with which a key begins.

        Raises:
            ValueError: It is no such note, or its own key has not signed it.
        """
        note = signed_note.read(text)
        title, key, since, *rest, end = note.text.split("\n")
        if title != _TITLE or end or len(rest) > 1:
            raise ValueError("it does not say which key is used from when")
        new = VerifierKey.read(key)
        if not note.signed_by(new):
            raise ValueError(f"the key {new} has not signed it")
        before = VerifierKey.read(rest[0].removeprefix(_REPLACES)) if rest else None
        return cls(
            key=new,
            since=parse_instant(since),
            replaces=before,
            handed_over=before is None or note.signed_by(before),
            note=text,
        )


def key_note(
    name: str,
    signer: Signer,
    since: datetime,
    *,
    replaces: VerifierKey | None = None,
    predecessor: Signer | None = None,
) -> str:
    """Write the note with which a key begins.

    Args:
        name: Of the key: the store's origin.
        signer: The key.
        since: From when on.
        replaces: The key before it.
        predecessor: That one, where it is at hand and hands over.
    """
    lines = [_TITLE, str(VerifierKey(name, signer.public)), format_instant(since)]
    lines += [] if replaces is None else [f"{_REPLACES}{replaces}"]
    signers = [signer] if predecessor is None else [predecessor, signer]
    return signed_note.sign("\n".join([*lines, ""]), name, *signers)


def unbroken_chain(keys: Sequence[SigningKey]) -> Sequence[SigningKey]:
    """Return the newest of some keys of a store that are linked by hand-overs, the first one first.

    Whoever trusts one of them can follow the hand-overs to the newest. A key before them was lost.
    """
    first = max((index for index, key in enumerate(keys) if not key.handed_over), default=0)
    return keys[first:]
