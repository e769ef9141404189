"""The notes on an incident, as rows show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.incidents.service_hours import written
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject

_AUTHORS = {"user_reference": True, "bot_user_reference": False}
"""Whether an author is a person, by the type of the reference."""


def note_fields(notes: Iterable[JsonObject]) -> list[JsonObject]:
    """Return notes in order of time; it is unknown who wrote one without an author."""
    shown = [
        {
            "at": written(parse_instant(note["created_at"])),
            "mentions_review": note["mentions_review"],
            "sites": note["sites"],
        }
        | known_fields(by_person=_AUTHORS.get(str((note.get("user") or {}).get("type"))))
        for note in notes
    ]
    return sorted(shown, key=lambda note: str(note["at"]))
