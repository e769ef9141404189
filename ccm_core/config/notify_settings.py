"""Reads who is told when something changes."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings import NotifySettings, QuietHoursSettings
from ccm_core.documents import Document
from ccm_core.errors import Mistake
from ccm_core.model.json_codec import JsonObject

MEMORY = "ccm.told.json"
"""What was told to whom, in the settings file's folder."""


def read_notify(document: Document, base: Path, mistakes: list[Mistake]) -> NotifySettings | None:
    """Give the settings of notifications, where there are any; add the mistakes in them.

    Whatever its schema refused is told already.
    """
    written = document.get(("notify",))
    if not isinstance(written, dict):
        return None
    listed = written.get("to")
    references = [
        _reference(document, place, one, mistakes)
        for place, one in enumerate(listed if isinstance(listed, list) else [])
    ]
    before = len(mistakes)
    quiet = _quiet(document, written.get("quiet"), mistakes)
    if len(mistakes) > before:
        return None
    return NotifySettings(
        to=tuple(dict.fromkeys(one for one in references if one is not None)),
        memory=base / MEMORY,
        on=tuple(written.get("on", ())),
        least=written.get("least", "low"),
        quiet=quiet,
    )


def _reference(
    document: Document, place: int, written: object, mistakes: list[Mistake]
) -> SecretReference | None:
    try:
        return SecretReference.parse(written)
    except ValueError as refused:
        mistakes.append(document.mistake(("notify", "to", place), str(refused)))
        return None


def _quiet(
    document: Document, written: JsonObject | None, mistakes: list[Mistake]
) -> QuietHoursSettings | None:
    if not isinstance(written, dict):
        return None
    try:
        zone = ZoneInfo(str(written.get("zone")))
        since, until = (time.fromisoformat(str(written[name])) for name in ("from", "until"))
    except KeyError:
        if "zone" in written:
            said = "there is no such time zone; write it like Europe/Berlin or UTC"
            mistakes.append(document.mistake(("notify", "quiet", "zone"), said))
        return None
    except ValueError:
        return None  # the schema has told of it, or the zone's name is no name
    return QuietHoursSettings(since=since, until=until, zone=zone, unless=written.get("unless"))
