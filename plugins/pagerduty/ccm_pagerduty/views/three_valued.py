"""Three-valued answers: yes, no, and None for what the evidence does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject


def kleene_and(answers: Iterable[bool | None]) -> bool | None:
    """Tell whether all are yes: one no decides it, and an unknown leaves it open."""
    found = set(answers)
    if False in found:
        return False
    return None if None in found else True


def kleene_or(answers: Iterable[bool | None]) -> bool | None:
    """Tell whether one is yes: one yes decides it, and an unknown leaves it open."""
    found = set(answers)
    if True in found:
        return True
    return None if None in found else False


def known_fields(**fields: Any) -> JsonObject:
    """Keep the fields whose value is known: a key that is left out says that it is not."""
    return {name: value for name, value in fields.items() if value is not None}
