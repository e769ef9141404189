"""Writes the settings file: one connection at a time, and nothing that a person wrote is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ccm_core.atomic_write import write_durably
from ccm_core.config.locate import NAME, VARIABLE, read_file
from ccm_core.config.raw_settings import SettingsDraft, read_settings
from ccm_core.documents import Path as Way
from ccm_core.documents import yaml_editor
from ccm_core.documents.yaml_writer import block
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import JsonObject

_MODE = 0o644


def place_for(chosen: Path | None, *, environment: Mapping[str, str], folder: Path) -> Path:
    """Give the settings file as :func:`find` does, whether or not it is there yet."""
    if chosen is not None:
        return folder / chosen
    return folder / environment.get(VARIABLE, NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file that is about to be changed."""

    path: Path
    draft: SettingsDraft
    before: bytes | None
    """What it held when it was read; None: it was not there."""

    @classmethod
    def at(cls, path: Path, *, absent: str) -> Self:
        """Read a settings file.

        Args:
            path: The file.
            absent: What is taken for its text where it is not there yet.

        Raises:
            UsageError: It cannot be read.
            DocumentError: It is no YAML.
        """
        before = read_file(path) if path.exists() else None
        text = absent.encode() if before is None else before
        draft = read_settings(text, str(path), base=path.parent)
        return cls(path=path, draft=draft, before=before)

    def index(self, name: str) -> int | None:
        """Give the place of the connection of that name; None where there is none."""
        found = (index for index, one in self.draft.connections() if one.get("name") == name)
        return next(found, None)

    def drafted(self, text: str) -> SettingsDraft:
        """Read a text as if it were the file's already."""
        return read_settings(text.encode(), str(self.path), base=self.path.parent)

    def added(self, connection: JsonObject) -> str:
        """Give the text with one more connection.

        Raises:
            UsageError: It is written in a way that only a person can change.
        """
        try:
            return yaml_editor.append(self.draft.document.text, ("connections",), connection)
        except yaml_editor.NotEditable as cause:
            what = f"add under connections:\n{block(connection, 2)}"
            raise self._by_hand(cause, what) from cause

    def changed(self, index: int, changes: Mapping[tuple[str, ...], object]) -> str:
        """Give the text with other values in one connection; None takes a key away.

        Args:
            index: Which connection.
            changes: The new values, by the way to them inside the connection.

        Raises:
            UsageError: It is written in a way that only a person can change.
        """
        text = self.draft.document.text
        try:
            for path, value in changes.items():
                way: Way = ("connections", index, *path)
                text = (
                    yaml_editor.remove(text, way)
                    if value is None
                    else yaml_editor.put(text, way, value)
                )
        except yaml_editor.NotEditable as cause:
            wanted = "; ".join(f"{'.'.join(path)}: {value}" for path, value in changes.items())
            raise self._by_hand(cause, f"change {wanted}") from cause
        return text

    def removed(self, index: int) -> str:
        """Give the text without one connection.

        Raises:
            UsageError: It is written in a way that only a person can change.
        """
        try:
            return yaml_editor.remove(self.draft.document.text, ("connections", index))
        except yaml_editor.NotEditable as cause:
            line = self.draft.document.location(("connections", index)).line
            raise self._by_hand(cause, f"take the connection at line {line} away") from cause

    def write(self, text: str) -> None:
        """Put a text in the file's place, as a whole; where it is a link, in what it leads to.

        Raises:
            UsageError: It was changed in the meantime, or cannot be written.
        """
        there = self.path.resolve()
        try:
            now = there.read_bytes() if there.exists() else None
            if now != self.before:
                raise UsageError(f"{self.path} was changed in the meantime; try again")
            mode = _MODE if now is None else there.stat().st_mode & 0o777
            write_durably(there, text.encode(), mode=mode)
        except OSError as cause:
            raise UsageError(f"{self.path} cannot be written: {cause.strerror}") from cause

    def _by_hand(self, cause: Exception, what: str) -> UsageError:
        return UsageError(f"{self.path}: {cause}; do it by hand: {what}")
