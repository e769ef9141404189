"""Ids in the form of PagerDuty's, computed from numbers, and numbers from ids.

A number is spread over base 36 by a multiplication that has an inverse, so an account of
200,000 incidents needs no table of ids.
"""

from __future__ import annotations

from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_FACTOR = 0x9E3779B97F4A7C15 * 5 + 2  # coprime to 2 and 3, hence to every power of 36
_KINDS = (
    "user",
    "team",
    "schedule",
    "escalation_policy",
    "service",
    "integration",
    "contact_method",
    "notification_rule",
    "schedule_layer",
    "escalation_rule",
    "priority",
    "vendor",
    "maintenance_window",
    "schedule_override",
    "custom_field",
    "business_service",
    "service_dependency",
    "standard",
    "extension",
    "webhook_subscription",
    "incident_workflow",
)
_INCIDENT_WIDTH = 13
_ENTRIES_PER_INCIDENT = 4096


def object_id(kind: str, number: int) -> str:
    """Return the id of the nth object of a kind, such as ``P1A2B3C``."""
    return "P" + _spread(number + 100_000 * (_KINDS.index(kind) + 1), 6)


@lru_cache(maxsize=4096)
def incident_id(number: int) -> str:
    """Return the id of an incident from its number, 14 characters long like PagerDuty's."""
    return "Q" + _spread(number, _INCIDENT_WIDTH)


def incident_number(identifier: str) -> int | None:
    """Return the number of an incident from its id; None where no incident can have that id."""
    if len(identifier) != _INCIDENT_WIDTH + 1 or not identifier.startswith("Q"):
        return None
    try:
        spread = int(identifier[1:], 36)
    except ValueError:
        return None
    modulus = 36**_INCIDENT_WIDTH
    inverse: int = pow(_FACTOR, -1, modulus)
    number: int = spread * inverse % modulus
    return number


def log_entry_id(number: int, position: int) -> str:
    """Return the id of an incident's nth log entry, 26 characters long like PagerDuty's."""
    unique = _spread(number * _ENTRIES_PER_INCIDENT + position, 13)
    return f"R{unique}{unique[:0:-1]}"


def _spread(number: int, width: int) -> str:
    remainder = number * _FACTOR % 36**width
    text = ""
    for _ in range(0, width, 2):
        remainder, pair = divmod(remainder, len(_PAIRS))
        text = _PAIRS[pair] + text
    return text[-width:]
