"""A connection that is being set up: its settings, and where its secrets will be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import AuthMethod, Connector


@dataclass(slots=True, kw_only=True)
class NewConnection:
    """A connection that is not saved yet, or is set up again."""

    name: str
    connector: Connector
    method: AuthMethod
    settings: JsonObject
    """The settings to write."""
    fields: JsonObject
    """The method's fields that are no secrets."""
    references: dict[str, str]
    """Where each secret will be, by field."""
    vault_secrets: tuple[str, ...]
    """The secrets that have to be entered; the vault keeps them."""
    saved_settings: JsonObject = field(default_factory=dict)
    """The settings it has already, where it is set up again."""

    @classmethod
    def start(
        cls,
        file: SettingsFile,
        connector: Connector,
        method: AuthMethod,
        name: str,
        values: JsonObject,
        references: Mapping[str, str],
    ) -> Self:
        """Start from what is known before anybody is asked.

        Args:
            file: The settings that it will be written to.
            connector: What it connects to.
            method: How it authenticates.
            name: Its name.
            values: Settings and fields of the method, by key.
            references: Where secrets are stored already, by field.

        Raises:
            UsageError: The name belongs to a connection of another connector.
        """
        index = file.index(name)
        saved = {} if index is None else dict(file.draft.connections())[index]
        if saved.get("connector", connector.name) != connector.name:
            raise UsageError(f"{name} is no connection of {connector.name}; choose another --name")
        return cls(
            name=name,
            connector=connector,
            method=method,
            settings={key: value for key, value in values.items() if key not in method.fields},
            fields={key: value for key, value in values.items() if key in method.fields},
            references={key: references.get(key, f"vault:{name}") for key in method.secrets},
            vault_secrets=tuple(key for key in method.secrets if key not in references),
            saved_settings=saved.get("settings", {}),
        )

    def missing_values(self) -> Iterator[tuple[str, JsonObject]]:
        """Yield the key and schema of each value that is needed and not there yet."""
        schema = self.connector.settings_schema().get("properties", {})
        for key in self.method.prompted_settings:
            if key not in self.settings and key not in self.saved_settings:
                yield key, schema.get(key, {})
        for key, described in self.method.fields.items():
            if key not in self.fields:
                yield key, described

    def set_value(self, key: str, value: Any) -> None:
        """Set a setting or a field of the method."""
        (self.fields if key in self.method.fields else self.settings)[key] = value

    def drop_secrets_without_value(self, entered: Mapping[str, Secret]) -> bool:
        """Drop the references of optional secrets that nobody entered; return whether any was."""
        absent = [key for key in self.vault_secrets if key not in entered]
        for key in absent:
            self.references.pop(key, None)
        return bool(absent)

    def written_into(self, file: SettingsFile) -> str:
        """Return the text of a settings file with this connection in it.

        Raises:
            UsageError: The file is written in a way that only a person can edit.
        """
        auth = {"method": self.method.name, **self.fields, **self.references}
        index = file.index(self.name)
        if index is not None:
            changes: dict[tuple[str, ...], object] = {("auth",): auth}
            changes |= {("settings", key): value for key, value in self.settings.items()}
            return file.with_changes(index, changes)
        connection = {"name": self.name, "connector": self.connector.name}
        settings = {"settings": self.settings} if self.settings else {}
        return file.with_connection({**connection, **settings, "auth": auth})


def select_connector(
    connectors: Mapping[str, Connector], name: str, failed: Sequence[str]
) -> Connector:
    """Return an installed connector.

    Args:
        connectors: Those that are installed.
        name: Which.
        failed: What is wrong with plugins that could not be loaded.

    Raises:
        UsageError: It is not installed.
    """
    if name in connectors:
        return connectors[name]
    installed = ", ".join(connectors) or "none"
    failures = "".join(f"\n{failure}" for failure in failed)
    raise UsageError(f"no connector {name!r} is installed; installed: {installed}{failures}")
