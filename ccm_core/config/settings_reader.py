"""Reads the settings file as far as it can be checked without any connector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ccm_core import schemas
from ccm_core.config.locate import read_file
from ccm_core.config.setting_names import repeated_names
from ccm_core.config.settings import PluginSettings
from ccm_core.documents import Document, check, read_yaml
from ccm_core.documents.renamed_keys import RenamedKeys, renamed_keys
from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

_RENAMED: RenamedKeys = {
    ("notify", "to"): "notify.channels[].to",
    ("notify", "on"): "notify.channels[].on",
    ("notify", "min_severity"): "notify.channels[].min_severity",
}
"""The current name by the path of a former key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDraft:
    """A settings file that was read, with the mistakes found so far."""

    document: Document
    base: Path
    """The file's folder."""
    mistakes: tuple[Mistake, ...]
    """Reported together with those that only the connectors can find."""

    @property
    def plugins(self) -> PluginSettings:
        """Which plugins to load: needed before any is loaded."""
        return PluginSettings(require=self._names("require"), disable=self._names("disable"))

    def connections(self) -> Iterator[tuple[int, JsonObject]]:
        """Yield each connection that is a mapping, with its index."""
        connections = self.document.get(("connections",))
        for index, connection in enumerate(connections if isinstance(connections, list) else []):
            if isinstance(connection, dict):
                yield index, connection

    def _names(self, key: str) -> tuple[str, ...]:
        names = self.document.get(("plugins", key))
        return tuple(
            name for name in (names if isinstance(names, list) else []) if isinstance(name, str)
        )


def load_settings(path: Path) -> SettingsDraft:
    """Read a settings file.

    Raises:
        UsageError: It cannot be read.
        DocumentError: It is not YAML, or has keys that were renamed.
    """
    return read_settings(read_file(path), str(path), base=path.parent)


def read_settings(text: bytes, file: str, *, base: Path) -> SettingsDraft:
    """Read the text of a settings file and check its shape.

    Args:
        text: The file's bytes.
        file: Its name in mistakes.
        base: Its folder.

    Raises:
        DocumentError: It is not YAML, or has keys that were renamed. Other mistakes stay in the
            draft.
    """
    document = read_yaml(text, file)
    if renamed := list(renamed_keys(document, _RENAMED)):
        raise DocumentError(renamed)
    mistakes = check(document, schemas.load("settings.v1"))
    draft = SettingsDraft(document=document, base=base, mistakes=())
    mistakes.extend(repeated_names(document, ("connections",), draft.connections(), "connection"))
    return SettingsDraft(document=document, base=base, mistakes=tuple(mistakes))
