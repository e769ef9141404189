"""Reads the settings file as far as it can be understood without knowing any connector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ccm_core import schemas
from ccm_core.config.locate import read_file
from ccm_core.config.settings import PluginSettings
from ccm_core.documents import Document, check, read_yaml
from ccm_core.errors import Mistake
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDraft:
    """A settings file that was read, with the mistakes that are known so far."""

    document: Document
    base: Path
    """The file's folder."""
    mistakes: tuple[Mistake, ...]
    """To be told together with those that only the connectors can find."""

    @property
    def plugins(self) -> PluginSettings:
        """Which plugins to load, as far as that can be read: needed before any is loaded."""
        return PluginSettings(require=self._names("require"), disable=self._names("disable"))

    def connections(self) -> Iterator[tuple[int, JsonObject]]:
        """Give each connection that is a mapping, with its index."""
        listed = self.document.get(("connections",))
        for index, connection in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(connection, dict):
                yield index, connection

    def _names(self, key: str) -> tuple[str, ...]:
        listed = self.document.get(("plugins", key))
        names = listed if isinstance(listed, list) else []
        return tuple(name for name in names if isinstance(name, str))


def load_settings(path: Path) -> SettingsDraft:
    """Read a settings file.

    Raises:
        UsageError: It cannot be read.
        DocumentError: It is no YAML.
    """
    return read_settings(read_file(path), str(path), base=path.parent)


def read_settings(text: bytes, file: str, *, base: Path) -> SettingsDraft:
    """Read the text of a settings file and check its shape.

    Args:
        text: The file's bytes.
        file: Its name, as mistakes are to name it.
        base: Its folder.

    Raises:
        DocumentError: It is no YAML. Mistakes of shape stay in the draft.
    """
    document = read_yaml(text, file)
    mistakes = check(document, schemas.load("settings.v1"))
    draft = SettingsDraft(document=document, base=base, mistakes=())
    mistakes.extend(_same_names(draft))
    return SettingsDraft(document=document, base=base, mistakes=tuple(mistakes))


def _same_names(draft: SettingsDraft) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for index, connection in draft.connections():
        name = connection.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            place = draft.document.location(("connections", first[name], "name"))
            said = f'a second connection is named "{name}"; the first is at {place}'
            yield draft.document.mistake(("connections", index, "name"), said)
        else:
            first[name] = index
