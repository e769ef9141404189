"""Edits the settings file: one connection at a time, and everything else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from ccm_core.atomic_write import OWNER_ONLY, write_durably
from ccm_core.config.locate import NAME, VARIABLE, read_file
from ccm_core.config.settings_reader import SettingsDraft, read_settings
from ccm_core.documents import Path as KeyPath
from ccm_core.documents import yaml_editor
from ccm_core.documents.yaml_writer import block
from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


def settings_path(chosen: Path | None, *, environment: Mapping[str, str], folder: Path) -> Path:
    """Return the settings file as :func:`find` does, whether or not it exists."""
    if chosen is not None:
        return folder / chosen
    return folder / environment.get(VARIABLE, NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file that is to be edited."""

    path: Path
    draft: SettingsDraft
    before: bytes | None
    """Its contents when it was read; None: it did not exist."""

    @classmethod
    def at(cls, path: Path, *, absent: str) -> Self:
        """Read a settings file.

        Args:
            path: The file.
            absent: Its text if it does not exist yet.

        Raises:
            UsageError: It cannot be read.
            DocumentError: It is not YAML.
        """
        before = read_file(path) if path.exists() else None
        text = absent.encode() if before is None else before
        draft = read_settings(text, str(path), base=path.parent)
        return cls(path=path, draft=draft, before=before)

    def index(self, name: str) -> int | None:
        """Return the index of the connection of that name; None where there is none."""
        indexes = (
            index
            for index, connection in self.draft.connections()
            if connection.get("name") == name
        )
        return next(indexes, None)

    def parsed(self, text: str) -> SettingsDraft:
        """Parse a text as if it were in the file."""
        return read_settings(text.encode(), str(self.path), base=self.path.parent)

    def with_connection(self, connection: JsonObject) -> str:
        """Return the text with one more connection.

        Raises:
            UsageError: Its YAML cannot be edited automatically.
        """
        try:
            return yaml_editor.append(self.draft.document.text, ("connections",), connection)
        except yaml_editor.NotEditable as cause:
            edit = f"add under connections:\n{block(connection, 2)}"
            raise self._not_editable(cause, edit) from cause

    def with_changes(self, index: int, changes: Mapping[tuple[str, ...], object]) -> str:
        """Return the text with other values in one connection; None removes a key.

        Args:
            index: Which connection.
            changes: The new values, by their path inside the connection.

        Raises:
            UsageError: Its YAML cannot be edited automatically.
        """
        text = self.draft.document.text
        try:
            for path, value in changes.items():
                key_path: KeyPath = ("connections", index, *path)
                text = (
                    yaml_editor.remove(text, key_path)
                    if value is None
                    else yaml_editor.put(text, key_path, value)
                )
        except yaml_editor.NotEditable as cause:
            values = "; ".join(f"{'.'.join(path)}: {value}" for path, value in changes.items())
            raise self._not_editable(cause, f"change {values}") from cause
        return text

    def without_connection(self, index: int) -> str:
        """Return the text without one connection.

        Raises:
            UsageError: Its YAML cannot be edited automatically.
        """
        try:
            return yaml_editor.remove(self.draft.document.text, ("connections", index))
        except yaml_editor.NotEditable as cause:
            line = self.draft.document.location(("connections", index)).line
            raise self._not_editable(cause, f"remove the connection at line {line}") from cause

    def write(self, text: str) -> None:
        """Replace the file by a text; where it is a symbolic link, replace its target.

        Raises:
            UsageError: It was changed in the meantime, or cannot be written.
        """
        target = self.path.resolve()
        try:
            current = target.read_bytes() if target.exists() else None
            if current != self.before:
                raise UsageError(f"{self.path} was changed in the meantime; try again")
            mode = OWNER_ONLY if current is None else target.stat().st_mode & 0o777
            write_durably(target, text.encode(), mode=mode)
        except OSError as cause:
            raise UsageError(f"{self.path} cannot be written: {cause.strerror}") from cause

    def _not_editable(self, cause: Exception, edit: str) -> UsageError:
        return UsageError(f"{self.path}: {cause}; edit it manually: {edit}")
