"""Reads the settings of notifications: channels, and what their messages contain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.setting_names import repeated_names, unknown_connections
from ccm_core.config.settings import (
    ChannelSettings,
    DigestSettings,
    NotifySettings,
    QuietHoursSettings,
)
from ccm_core.documents import Document
from ccm_core.documents import Path as KeyPath
from ccm_core.errors import Mistake

STATE_FILE = "ccm.notified.json"
"""What was sent to whom, in the settings file's folder."""
_PLACEHOLDER = "{finding}"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_notify(document: Document, base: Path, mistakes: list[Mistake]) -> NotifySettings | None:
    """Return the settings of notifications, if any; append the mistakes in them.

    Mistakes that the schema found are in the list already.
    """
    section = document.get(("notify",))
    if not isinstance(section, dict):
        return None
    listed = section.get("channels")
    entries = [
        (index, entry)
        for index, entry in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    ]
    mistakes.extend(repeated_names(document, ("notify", "channels"), entries, "channel"))
    mistakes.extend(_nobody_for_the_rest(document, entries))
    mistakes.extend(_wrong_urls(document, section))
    defaults = _Defaults.read(document, section, mistakes)
    channels = [
        _ChannelReader(document, index, entry, mistakes).read(defaults) for index, entry in entries
    ]
    if mistakes:
        return None  # of a document with mistakes nothing is used
    return NotifySettings(
        channels=tuple(channel for channel in channels if channel is not None),
        state_path=base / STATE_FILE,
        report_url=section.get("report_url", ""),
        finding_url=section.get("finding_url", ""),
        include_reasons=section.get("include_reasons", False),
    )


def _nobody_for_the_rest(document: Document, entries: list[tuple[int, Any]]) -> Iterator[Mistake]:
    """Yield a mistake where every channel takes the findings of some owners alone."""
    if entries and all(entry.get("owners") for _, entry in entries):
        message = (
            "every channel lists owners, so nobody would be notified of findings without an owner, "
            "inconclusive checks and credentials that are due; add a channel without `owners`"
        )
        yield document.mistake(("notify", "channels"), message, key=True)


def _wrong_urls(document: Document, section: Mapping[str, Any]) -> Iterator[Mistake]:
    url = section.get("finding_url")
    if isinstance(url, str) and _PLACEHOLDER not in url:
        message = f"expected {_PLACEHOLDER} in it, where the id of the finding goes"
        yield document.mistake(("notify", "finding_url"), message)


class _Defaults:
    """What holds for channels that do not say otherwise."""

    def __init__(self, quiet_hours: QuietHoursSettings | None, digest: DigestSettings) -> None:
        self.quiet_hours, self.digest = quiet_hours, digest

    @classmethod
    def read(
        cls, document: Document, section: Mapping[str, Any], mistakes: list[Mistake]
    ) -> _Defaults:
        path: KeyPath = ("notify",)
        return cls(
            _quiet_hours(document, path, section.get("quiet_hours"), mistakes),
            _digest(document, path, section.get("digest"), mistakes) or DigestSettings(),
        )


class _ChannelReader:
    """Reads one channel."""

    def __init__(
        self, document: Document, index: int, entry: Mapping[str, Any], mistakes: list[Mistake]
    ) -> None:
        self._document, self._entry, self._mistakes = document, entry, mistakes
        self._path: KeyPath = ("notify", "channels", index)

    def read(self, defaults: _Defaults) -> ChannelSettings | None:
        """Return the channel; None where something is wrong with it, here or by the schema."""
        entry, document, mistakes = self._entry, self._document, self._mistakes
        references = list(self._references())
        mistakes.extend(unknown_connections(document, (*self._path, "connections")))
        quiet_hours = _quiet_hours(document, self._path, entry.get("quiet_hours"), mistakes)
        digest = _digest(document, self._path, entry.get("digest"), mistakes)
        if mistakes:
            return None
        return ChannelSettings(
            name=entry["name"],
            to=tuple(dict.fromkeys(references)),
            owners=tuple(entry.get("owners", ())),
            rules=tuple(entry.get("rules", ())),
            frameworks=tuple(entry.get("frameworks", ())),
            connections=tuple(entry.get("connections", ())),
            min_severity=entry.get("min_severity", "low"),
            on=tuple(entry.get("on", ())),
            quiet_hours=quiet_hours or defaults.quiet_hours,
            digest=digest or defaults.digest,
        )

    def _references(self) -> Iterator[SecretReference]:
        listed = self._entry.get("to")
        for index, text in enumerate(listed if isinstance(listed, list) else []):
            try:
                yield SecretReference.parse(text)
            except ValueError as error:
                path = (*self._path, "to", index)
                self._mistakes.append(self._document.mistake(path, str(error)))


def _digest(
    document: Document, path: KeyPath, section: Any, mistakes: list[Mistake]
) -> DigestSettings | None:
    if not isinstance(section, dict):
        return None
    path = (*path, "digest")
    timezone = _timezone(document, path, section, "UTC", mistakes)
    at = _time(section.get("at", "08:00"))
    days = section.get("weekdays", _WEEKDAYS[:5])
    if timezone is None or at is None or not isinstance(days, list | tuple):
        return None
    return DigestSettings(
        at=at,
        timezone=timezone,
        weekdays=frozenset(_WEEKDAYS.index(day) for day in days if day in _WEEKDAYS),
        send_empty=section.get("send_empty") is True,
    )


def _quiet_hours(
    document: Document, path: KeyPath, section: Any, mistakes: list[Mistake]
) -> QuietHoursSettings | None:
    if not isinstance(section, dict):
        return None
    timezone = _timezone(document, (*path, "quiet_hours"), section, None, mistakes)
    since, until = (_time(section.get(name)) for name in ("from", "until"))
    if timezone is None or since is None or until is None:
        return None  # a mistake that is listed already
    return QuietHoursSettings(
        since=since,
        until=until,
        timezone=timezone,
        bypass_severity=section.get("bypass_severity"),
    )


def _time(text: object) -> time | None:
    try:
        return time.fromisoformat(str(text))
    except ValueError:
        return None  # a mistake that the schema has found


def _timezone(
    document: Document,
    path: KeyPath,
    section: Mapping[str, Any],
    default: str | None,
    mistakes: list[Mistake],
) -> ZoneInfo | None:
    name = section.get("timezone", default)
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        message = "unknown time zone; expected a name such as Europe/Berlin or UTC"
        mistakes.append(document.mistake((*path, "timezone"), message))
        return None
