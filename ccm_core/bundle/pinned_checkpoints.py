"""Heads of a ledger that a reader kept from earlier, held against a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccm_core.bundle.verifier.log_checks import rebuild_roots
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.key_history import SigningKey
from ccm_core.ledger.pinned_checkpoint import Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What came of it."""

    pins: int = 0
    """How many of the heads hold."""
    problems: tuple[str, ...] = ()
    """What the heads speak against."""
    unproven: tuple[str, ...] = ()
    """What a bundle alone cannot show."""


def hold(files: Mapping[str, bytes], pins: Sequence[Pin]) -> Held:
    """Hold heads against the files of a bundle that was verified.

    Of the store's own log every leaf is here, and of another one each at which a head was stated.
    So a tree can be grown to the size that it had then, and its root be compared.

    Raises:
        ValueError: A pin is no signed head.
    """
    keys = [SigningKey.read(_text(files, name)).key for name in _names(files, "keys/", ".txt")]
    heads = {
        name.split("/")[1]: Checkpoint.read(signed_note.read(_text(files, name)).text)
        for name in _names(files, "ledger/", "/checkpoint.txt")
    }
    problems, unproven = [], []
    for pin in pins:
        signed = signed_note.read(pin.note)
        head = Checkpoint.read(signed.text)
        log = next((name for name, one in heads.items() if one.origin == head.origin), None)
        roots = rebuild_roots(files, log, heads[log].size, [head.size])[1] if log else {}
        if not any(signed.signed_by(key) for key in keys):
            problems.append(f"{pin.name} is not signed by a key of this bundle's store")
        elif head.size not in roots:
            unproven.append(
                f"{pin.name} is the head of {head.origin} at {head.size} leaves, which is newer "
                "than this bundle or of a log that is not in it; hold it against the store: "
                "`ccm verify --pin`"
            )
        elif roots[head.size] != head.root:
            problems.append(f"{pin.name} has another root for {head.size} leaves of {head.origin}")
    good = len(pins) - len(problems) - len(unproven)
    return Held(pins=good, problems=tuple(problems), unproven=tuple(unproven))


def _names(files: Mapping[str, bytes], start: str, end: str) -> list[str]:
    return sorted(name for name in files if name.startswith(start) and name.endswith(end))


def _text(files: Mapping[str, bytes], name: str) -> str:
    return files[name].decode()
