"""References to objects that are already known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject


def reference_to(known: JsonObject, kind: str) -> JsonObject:
    """Refer to an object in the way the API refers to it.

    Args:
        known: The object's current body.
        kind: The reference's type, such as ``team_reference``.
    """
    return {
        "id": known["id"],
        "type": kind,
        "summary": known.get("summary") or known.get("name"),
        "html_url": known.get("html_url"),
    }
