"""Ids of results: short, and the same in every evaluation for one rule on one subject."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import MappingProxyType

_RULE_LENGTH = 6
_SUBJECT_LENGTH = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
"""Of base 32 (RFC 4648)."""
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
"""By ten bits; there are ids by the hundred thousand."""
_SHIFTS = MappingProxyType(
    {length: range(54, 54 - 5 * length, -10) for length in (_RULE_LENGTH, _SUBJECT_LENGTH)}
)


def rule_part(rule: str) -> str:
    """Return the first part of the ids of a rule's results: 30 bits of a digest."""
    return _part(_RULE_LENGTH, rule)


def cause_part(keys: Sequence[str]) -> str:
    """Return the first part of the ids of findings of a cause; of one key it is that of a rule."""
    return _part(_RULE_LENGTH, *keys)


def subject_part(connection: str, kind: str, key: str) -> str:
    """Return the last part of the ids of results about a subject: 50 bits of a digest."""
    return _part(_SUBJECT_LENGTH, connection, kind, key)


def result_id(rule: str, connection: str, kind: str, key: str) -> str:
    """Return the id of one rule's result on one subject, such as ``ndk7ua-4tq2vrsz6e``."""
    return joined_id(rule_part(rule), subject_part(connection, kind, key))


def joined_id(of_rule: str, of_subject: str) -> str:
    """Return the id that two parts make, for whoever needs many of the same rule or subject."""
    return f"{of_rule}-{of_subject}"


def _part(length: int, *names: str) -> str:
    data = "\0".join(names).encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS[length]])
