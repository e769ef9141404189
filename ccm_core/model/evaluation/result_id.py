"""Ids of results: short, and the same in every evaluation for one rule on one subject."""

from __future__ import annotations

import base64
import hashlib

_RULE_LENGTH = 6
_SUBJECT_LENGTH = 10


def rule_part(rule: str) -> str:
    """Return the first part of the ids of a rule's results: 30 bits of a digest."""
    return _part(_RULE_LENGTH, rule)


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
    return base64.b32encode(hashlib.sha256(data).digest())[:length].decode().lower()
