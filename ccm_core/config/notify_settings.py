"""Reads the settings of notifications."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings import NotifySettings, QuietHoursSettings
from ccm_core.documents import Document
from ccm_core.errors import Mistake
from ccm_core.model.json_codec import JsonObject

STATE_FILE = "ccm.notified.json"
"""What was sent to whom, in the settings file's folder."""


def read_notify(document: Document, base: Path, mistakes: list[Mistake]) -> NotifySettings | None:
    """Return the settings of notifications, if any; append the mistakes in them.

    Mistakes that the schema found are in the list already.
    """
    section = document.get(("notify",))
    if not isinstance(section, dict):
        return None
    recipients = section.get("to")
    references = [
        _reference(document, index, text, mistakes)
        for index, text in enumerate(recipients if isinstance(recipients, list) else [])
    ]
    mistakes_before = len(mistakes)
    quiet_hours = _quiet_hours(document, section.get("quiet_hours"), mistakes)
    if len(mistakes) > mistakes_before:
        return None
    return NotifySettings(
        to=tuple(dict.fromkeys(reference for reference in references if reference is not None)),
        state_path=base / STATE_FILE,
        on=tuple(section.get("on", ())),
        min_severity=section.get("min_severity", "low"),
        quiet_hours=quiet_hours,
    )


def _reference(
    document: Document, index: int, text: object, mistakes: list[Mistake]
) -> SecretReference | None:
    try:
        return SecretReference.parse(text)
    except ValueError as error:
        mistakes.append(document.mistake(("notify", "to", index), str(error)))
        return None


def _quiet_hours(
    document: Document, section: JsonObject | None, mistakes: list[Mistake]
) -> QuietHoursSettings | None:
    if not isinstance(section, dict):
        return None
    try:
        timezone = ZoneInfo(str(section.get("timezone")))
        since, until = (time.fromisoformat(str(section[name])) for name in ("from", "until"))
    except KeyError:
        if "timezone" in section:
            message = "unknown time zone; expected a name such as Europe/Berlin or UTC"
            mistakes.append(document.mistake(("notify", "quiet_hours", "timezone"), message))
        return None
    except ValueError:
        return None  # a mistake that the schema has found
    return QuietHoursSettings(
        since=since,
        until=until,
        timezone=timezone,
        bypass_severity=section.get("bypass_severity"),
    )
