"""Three-valued (Kleene) logic: true, false, and None where the evidence does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject


def kleene_and(values: Iterable[bool | None]) -> bool | None:
    """Return whether all values are true: one false decides, an unknown leaves it open."""
    distinct = set(values)
    if False in distinct:
        return False
    return None if None in distinct else True


def kleene_or(values: Iterable[bool | None]) -> bool | None:
    """Return whether any value is true: one true decides, an unknown leaves it open."""
    distinct = set(values)
    if True in distinct:
        return True
    return None if None in distinct else False


def known_fields(**fields: Any) -> JsonObject:
    """Return the fields whose value is known: a missing key means that it is unknown."""
    return {name: value for name, value in fields.items() if value is not None}
