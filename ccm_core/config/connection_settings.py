"""Reads one connection of the settings with the eyes of its connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from ccm_core.config.schema_defaults import with_defaults
from ccm_core.config.secret_reference import FORMS, SecretReference
from ccm_core.config.settings import ConnectionSettings
from ccm_core.documents import Document, Path, check, quoted, suggest
from ccm_core.errors import Mistake, PluginError
from ccm_core.model.duration import parse_duration
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.types import AuthMethod, Connector, Horizon

Asked = TypeVar("Asked")


def read_connection(
    document: Document,
    index: int,
    written: JsonObject,
    connectors: Mapping[str, Connector],
    mistakes: list[Mistake],
) -> ConnectionSettings | None:
    """Give a connection, or nothing where it has mistakes, which are added to the list."""
    name = written.get("connector")
    if not isinstance(name, str):
        return None
    path: Path = ("connections", index)
    connector = connectors.get(name)
    if connector is None:
        said = suggest("connector", name, sorted(connectors), label="installed")
        said += " (`ccm plugins` says what is installed and what did not load)"
        mistakes.append(document.mistake((*path, "connector"), said))
        return None
    return _Reading(document, path, connector, mistakes).connection(written)


class _Reading:
    """Reads the parts of one connection; each adds its mistakes to the list."""

    def __init__(
        self, document: Document, path: Path, connector: Connector, mistakes: list[Mistake]
    ) -> None:
        self._document = document
        self._path = path
        self._connector = connector
        self._mistakes = mistakes

    def connection(self, written: JsonObject) -> ConnectionSettings | None:
        before = len(self._mistakes)
        settings = self._settings()
        method = self._method()
        secrets = self._secrets(method) if method else {}
        auth = self._fields(method) if method else {}
        cadences = self._cadences()
        horizon = self._horizon(settings) if len(self._mistakes) == before else None
        if method is None or horizon is None or not isinstance(written.get("name"), str):
            return None
        return ConnectionSettings(
            name=written["name"],
            connector=self._connector.name,
            auth_method=method.name,
            auth=auth,
            secrets=secrets,
            settings=settings,
            horizon=horizon,
            cadences=cadences,
        )

    def _settings(self) -> JsonObject:
        path = (*self._path, "settings")
        schema = self._asked("settings_schema", self._connector.settings_schema)
        return self._checked("settings_schema", path, schema)

    def _method(self) -> AuthMethod | None:
        methods = {one.name: one for one in self._connector.auth_methods}
        path = (*self._path, "auth", "method")
        name = self._document.get(path)
        if isinstance(name, str) and name not in methods:
            # What was found is not repeated: it may be a secret on the wrong line.
            there = ", ".join(quoted(one) for one in sorted(methods))
            said = f"unknown method; {self._connector.name} has: {there}"
            self._mistakes.append(self._document.mistake(path, said))
        return methods.get(name) if isinstance(name, str) else None

    def _secrets(self, method: AuthMethod) -> dict[str, SecretReference]:
        references = {}
        written = self._document.get((*self._path, "auth"))
        for field in method.secrets:
            if field not in written and field in method.optional:
                continue
            if field not in written:
                said = f'"{field}" is missing: where the secret is kept, as {FORMS}'
                self._mistakes.append(self._document.mistake((*self._path, "auth"), said))
                continue
            try:
                references[field] = SecretReference.parse(written[field])
            except ValueError as refused:
                place = (*self._path, "auth", field)
                self._mistakes.append(self._document.mistake(place, str(refused)))
        return references

    def _fields(self, method: AuthMethod) -> JsonObject:
        """Check the other fields. One whose schema has no default must be given."""
        hidden = {key: {**one, "x-ccm-secret": True} for key, one in method.fields.items()}
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": [key for key, one in method.fields.items() if "default" not in one],
            "properties": {"method": {}, **{key: {} for key in method.secrets}, **hidden},
        }
        path = (*self._path, "auth")
        filled = self._checked("auth_methods", path, schema)
        return {key: value for key, value in filled.items() if key in method.fields}

    def _cadences(self) -> dict[str, timedelta]:
        path = (*self._path, "cadences")
        written = self._document.get(path)
        kinds = sorted(collector.kind for collector in self._connector.collectors)
        cadences = {}
        for kind, text in (written if isinstance(written, dict) else {}).items():
            if kind not in kinds:
                said = suggest("kind", kind, kinds, label=f"{self._connector.name} collects")
                self._mistakes.append(self._document.mistake((*path, kind), said, key=True))
            elif (cadence := _duration(text)) is not None and cadence < timedelta(0):
                said = "a cadence cannot be negative"
                self._mistakes.append(self._document.mistake((*path, kind), said))
            elif cadence is not None:
                cadences[kind] = cadence
        return cadences

    def _horizon(self, settings: JsonObject) -> Horizon | None:
        """Ask the connector how far it watches; what it cannot read, the person can mend."""

        def ask() -> Horizon | str:
            try:
                return self._connector.horizon(settings)
            except ValueError as refused:
                return str(refused)

        horizon = self._asked("horizon", ask)
        if isinstance(horizon, Horizon):
            if min(horizon.lookback, horizon.lookahead) >= timedelta(0):
                return horizon
            horizon = "lookback and lookahead cannot be negative"
        self._mistakes.append(self._document.mistake((*self._path, "settings"), horizon))
        return None

    def _checked(self, part: str, path: Path, schema: JsonObject) -> JsonObject:
        """Give a mapping with its defaults, after adding what the schema finds wrong with it."""
        written = self._document.get(path, {})

        def ask() -> tuple[list[Mistake], JsonObject]:
            found = check(self._document, schema, under=path, absent={})
            return found, with_defaults(written if isinstance(written, dict) else {}, schema)

        found, filled = self._asked(part, ask)
        self._mistakes.extend(found)
        return filled

    def _asked(self, part: str, ask: Callable[[], Asked]) -> Asked:
        """Ask the plugin for something; where that breaks, it is the plugin that is broken."""
        try:
            return ask()
        except Exception as cause:
            raise PluginError(
                f"connector {self._connector.name}: its {part} cannot be used: {cause}; "
                "install another version of its plugin"
            ) from cause


def _duration(text: object) -> timedelta | None:
    """Read a duration; nothing where the document's own schema has already refused it."""
    try:
        return parse_duration(text) if isinstance(text, str) else None
    except ValueError:
        return None
