"""Validates one connection of the settings by its connector's schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import TypeVar

from ccm_core.config.schema_defaults import with_defaults
from ccm_core.config.secret_reference import FORMS, SecretReference
from ccm_core.config.settings import ConnectionSettings
from ccm_core.documents import Document, Path, check, quoted, suggest
from ccm_core.errors import Mistake, PluginError, SettingsError, UsageError
from ccm_core.model.duration import format_duration, parse_duration
from ccm_core.model.evidence.acceptance import AcceptedCollapse
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.statement_text import has_words
from ccm_core.sdk.types import AuthMethod, Connector, Horizon

Value = TypeVar("Value")

MAX_CADENCE = timedelta(days=7)
"""The longest time between two collections of a kind that settings may ask for."""

MAX_COLLAPSE = timedelta(days=90)
"""How far ahead settings may accept that a population collapses."""


def read_connection(
    document: Document,
    index: int,
    section: JsonObject,
    connectors: Mapping[str, Connector],
    mistakes: list[Mistake],
    today: date,
) -> ConnectionSettings | None:
    """Return a connection; None where it has mistakes, which are appended to the list."""
    name = section.get("connector")
    if not isinstance(name, str):
        return None
    path: Path = ("connections", index)
    connector = connectors.get(name)
    if connector is None:
        message = suggest("connector", name, sorted(connectors), label="installed")
        message += " (`ccm plugins` lists what is installed and what did not load)"
        mistakes.append(document.mistake((*path, "connector"), message))
        return None
    return _ConnectionReader(document, path, connector, mistakes, today).connection(section)


class _ConnectionReader:
    """Reads the parts of one connection; each appends its mistakes to the list."""

    def __init__(
        self,
        document: Document,
        path: Path,
        connector: Connector,
        mistakes: list[Mistake],
        today: date,
    ) -> None:
        self._document = document
        self._path = path
        self._connector = connector
        self._mistakes = mistakes
        self._today = today

    def connection(self, section: JsonObject) -> ConnectionSettings | None:
        mistakes_before = len(self._mistakes)
        settings = self._settings()
        has_settings = len(self._mistakes) == mistakes_before
        method = self._method()
        secrets = self._secrets(method) if method else {}
        auth = self._fields(method) if method else {}
        cadences = self._cadences()
        self._check_accepted()
        self._check_dates()
        horizon = self._horizon(settings) if has_settings else None
        if method is None or horizon is None or not isinstance(section.get("name"), str):
            return None
        return ConnectionSettings(
            name=section["name"],
            connector=self._connector.name,
            auth_method=method.name,
            auth=auth,
            secrets=secrets,
            settings=settings,
            horizon=horizon,
            cadences=cadences,
            accept_unavailable={
                kind: entry["reason"] for kind, entry in self._accepted("accept_unavailable")
            },
            accept_collapse=dict(self._collapses()),
            account=section.get("account"),
        )

    def _settings(self) -> JsonObject:
        path = (*self._path, "settings")
        schema = self._from_plugin("settings_schema", self._connector.settings_schema)
        return self._validated("settings_schema", path, schema)

    def _method(self) -> AuthMethod | None:
        methods = {method.name: method for method in self._connector.auth_methods}
        path = (*self._path, "auth", "method")
        name = self._document.get(path)
        if isinstance(name, str) and name not in methods:
            # The value is not repeated: it may be a secret on the wrong line.
            names = ", ".join(quoted(method) for method in sorted(methods))
            message = f"unknown method; {self._connector.name} has: {names}"
            self._mistakes.append(self._document.mistake(path, message))
        return methods.get(name) if isinstance(name, str) else None

    def _secrets(self, method: AuthMethod) -> dict[str, SecretReference]:
        references = {}
        auth = self._document.get((*self._path, "auth"))
        for field in method.secrets:
            if field not in auth and field in method.optional:
                continue
            if field not in auth:
                message = f'"{field}" is missing: where the secret is stored, as {FORMS}'
                self._mistakes.append(self._document.mistake((*self._path, "auth"), message))
                continue
            try:
                references[field] = SecretReference.parse(auth[field])
            except ValueError as error:
                path = (*self._path, "auth", field)
                self._mistakes.append(self._document.mistake(path, str(error)))
        return references

    def _fields(self, method: AuthMethod) -> JsonObject:
        """Return the other fields. One whose schema has no default is required."""
        hidden = {
            key: {**field_schema, "x-ccm-secret": True}
            for key, field_schema in method.fields.items()
        }
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": [
                key for key, field_schema in method.fields.items() if "default" not in field_schema
            ],
            "properties": {"method": {}, **{key: {} for key in method.secrets}, **hidden},
        }
        path = (*self._path, "auth")
        filled = self._validated("auth_methods", path, schema)
        return {key: value for key, value in filled.items() if key in method.fields}

    def _cadences(self) -> dict[str, timedelta]:
        path = (*self._path, "cadences")
        section = self._document.get(path)
        kinds, cadences = self._kinds(), {}
        for kind, text in (section if isinstance(section, dict) else {}).items():
            if kind not in kinds:
                message = suggest("kind", kind, kinds, label=f"{self._connector.name} collects")
                self._mistakes.append(self._document.mistake((*path, kind), message, key=True))
            elif (cadence := _duration(text)) is not None and cadence < timedelta(0):
                message = "a cadence cannot be negative"
                self._mistakes.append(self._document.mistake((*path, kind), message))
            elif cadence is not None and cadence > MAX_CADENCE:
                message = (
                    f"got {text}, expected at most {format_duration(MAX_CADENCE.total_seconds())}: "
                    "evidence counts for two cadences, and what changed in the meantime would pass "
                    "unseen; to leave a kind out, leave out the packs that need it"
                )
                self._mistakes.append(self._document.mistake((*path, kind), message))
            elif cadence is not None:
                cadences[kind] = cadence
        return cadences

    def _check_accepted(self) -> None:
        """Append a mistake for each acceptance of a kind that is not collected, or named twice."""
        kinds = self._kinds()
        for setting in _ACCEPTANCES:
            named: set[str] = set()
            for index, entry in enumerate(_entries(self._document.get((*self._path, setting)))):
                path, kind = (*self._path, setting, index, "kind"), entry.get("kind")
                if isinstance(kind, str) and kind not in kinds:
                    label = f"{self._connector.name} collects"
                    message = suggest("kind", kind, kinds, label=label)
                    self._mistakes.append(self._document.mistake(path, message))
                elif kind in named:
                    message = f"{quoted(str(kind))} is accepted twice; keep one entry"
                    self._mistakes.append(self._document.mistake(path, message))
                named.add(str(kind))
                self._check_reason((*self._path, setting, index, "reason"), entry.get("reason"))

    def _check_reason(self, path: Path, reason: object) -> None:
        """Append a mistake for a reason without a word; the schema has rejected an empty one."""
        if isinstance(reason, str) and reason and not has_words(reason):
            message = (
                f"got {quoted(reason)}, expected a reason in words: reports show it to whoever has "
                "to believe it; write why this is accepted"
            )
            self._mistakes.append(self._document.mistake(path, message))

    def _kinds(self) -> list[str]:
        return sorted(collector.kind for collector in self._connector.collectors)

    def _accepted(self, setting: str) -> Iterator[tuple[str, JsonObject]]:
        """Yield the acceptances of one setting by their kinds; the schema has checked them."""
        for entry in _entries(self._document.get((*self._path, setting))):
            if isinstance(kind := entry.get("kind"), str) and isinstance(entry.get("reason"), str):
                yield kind, entry

    def _collapses(self) -> Iterator[tuple[str, AcceptedCollapse]]:
        for kind, entry in self._accepted(_COLLAPSES):
            until = _date(entry.get("until"))
            if until is not None:
                yield kind, AcceptedCollapse(reason=entry["reason"], until=until)

    def _check_dates(self) -> None:
        latest = self._today + MAX_COLLAPSE
        for index, entry in enumerate(_entries(self._document.get((*self._path, _COLLAPSES)))):
            text = entry.get("until")
            until = _date(text)
            if isinstance(text, str) and until is None:
                message = f"expected a day such as {latest}, got {quoted(text)}"
            elif until is not None and until > latest:
                message = (
                    f"got {until}, expected at most {latest}, which is {MAX_COLLAPSE.days} days "
                    "ahead: the next loss would pass unseen for as long; write an earlier day, and "
                    "accept it again if it is needed then"
                )
            else:
                continue
            path = (*self._path, _COLLAPSES, index, "until")
            self._mistakes.append(self._document.mistake(path, message))

    def _horizon(self, settings: JsonObject) -> Horizon | None:
        """Return the connector's horizon; what it rejects is a mistake in the settings."""

        def call() -> Horizon | Mapping[str, str]:
            try:
                return self._connector.horizon(settings)
            except PluginError:
                raise
            except SettingsError as error:
                return error.mistakes
            except (ValueError, UsageError) as error:
                return {"": str(error)}

        horizon = self._from_plugin("horizon", call)
        if isinstance(horizon, Horizon):
            if min(horizon.lookback, horizon.lookahead) >= timedelta(0):
                return horizon
            horizon = {"": "lookback and lookahead cannot be negative"}
        path = (*self._path, "settings")
        for setting, message in horizon.items():
            at = (*path, setting) if setting else path
            self._mistakes.append(self._document.mistake(at, message))
        return None

    def _validated(self, part: str, path: Path, schema: JsonObject) -> JsonObject:
        """Return a mapping with its defaults; append what the schema finds wrong with it."""
        section = self._document.get(path, {})

        def call() -> tuple[list[Mistake], JsonObject]:
            mistakes = check(self._document, schema, under=path, absent={})
            return mistakes, with_defaults(section if isinstance(section, dict) else {}, schema)

        mistakes, filled = self._from_plugin(part, call)
        self._mistakes.extend(mistakes)
        return filled

    def _from_plugin(self, part: str, call: Callable[[], Value]) -> Value:
        """Call the plugin; every exception is the plugin's error."""
        try:
            return call()
        except Exception as cause:
            raise PluginError(
                f"connector {self._connector.name}: its {part} cannot be used: {cause}; "
                "install another version of its plugin"
            ) from cause


_COLLAPSES = "accept_collapse"
_ACCEPTANCES = ("accept_unavailable", _COLLAPSES)


def _entries(section: object) -> list[JsonObject]:
    entries = section if isinstance(section, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def _date(text: object) -> date | None:
    """Return a date; None where it is none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _duration(text: object) -> timedelta | None:
    """Return a duration; None where the schema has already rejected it."""
    try:
        return parse_duration(text) if isinstance(text, str) else None
    except ValueError:
        return None
