"""Which incidents figures count: those that the checks about responses count."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject

DEFAULT_CONDITIONS = {"drill": "row.drill", "scope": "true"}
"""The condition parameters by which the packs leave incidents out, by default."""


def is_drill(body: JsonObject) -> bool:
    """Return whether an incident is a drill: by the parameter where it was set, else its title."""
    return bool(body.get("params.drill", body.get("drill")))


def is_counted(body: JsonObject) -> bool:
    """Return whether figures about responses count an incident."""
    return not is_drill(body) and bool(body.get("params.scope", True))
