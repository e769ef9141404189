"""What somebody who connects a source wants: as the command line says it, and as they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ccm_core.cli.terminal.prompts import ask, ask_secret, somebody_there
from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.documents.yaml_scalars import plain
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.oauth import CLIENT_ID
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import AuthMethod, Connector

WAYS: Mapping[str, Callable[[AuthMethod], bool]] = {
    "oauth": lambda one: one.by_person,
    "oauth-app": lambda one: one.oauth is not None and not one.by_person,
    "api-key": lambda one: one.oauth is None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says."""

    name: str | None
    way: str | None
    sets: tuple[str, ...]
    references: tuple[str, ...]
    port: int
    paste: bool
    redirect_uri: str | None
    no_browser: bool
    replace: bool
    save_anyway: bool

    def method(self, chosen: Connector) -> AuthMethod:
        """Give the way to authenticate: as said, or as the person chooses.

        Raises:
            UsageError: The connector has none of that sort.
        """
        methods = chosen.auth_methods
        if self.way is not None:
            fitting = [one for one in methods if WAYS[self.way](one)]
            if not fitting:
                raise UsageError(f"{chosen.name} has no way to authenticate with --{self.way}")
            return fitting[0]
        if len(methods) == 1:
            return methods[0]
        if not somebody_there():
            there = " or ".join(f"--{way}" for way, fits in WAYS.items() if any(map(fits, methods)))
            raise UsageError(f"say how {chosen.name} is to be connected: {there}")
        names = {str(number): one for number, one in enumerate(methods, 1)}
        shown = "\n".join(f"  {number}  {one.title}" for number, one in names.items())
        answer = ask(f"How?\n{shown}\n", default="1", choices=tuple(names))
        return names[answer]


@dataclass(slots=True, kw_only=True)
class Wanted:
    """A connection that is being made."""

    name: str
    connector: str
    method: AuthMethod
    settings: JsonObject
    """The settings that are to be written."""
    fields: JsonObject
    """The method's fields that are no secrets."""
    references: dict[str, str] = field(default_factory=dict)
    """Where each secret will be, by field."""
    to_vault: tuple[str, ...] = ()
    """The secrets that are asked for."""

    @classmethod
    def asked(
        cls, wish: Wish, file: SettingsFile, chosen: Connector, method: AuthMethod, name: str
    ) -> Self:
        """Gather what the command line says, and ask for what is missing and no secret.

        Raises:
            UsageError: Something that was said is of no use.
        """
        index = file.index(name)
        written = {} if index is None else dict(file.draft.connections())[index]
        if written.get("connector", chosen.name) != chosen.name:
            raise UsageError(f"{name} is no connection of {chosen.name}; choose another --name")
        schema = chosen.settings_schema().get("properties", {})
        said = dict(pair("--set", one) for one in wish.sets)
        known = {**schema, **method.fields}
        values = {key: value_of(text, known.get(key, {})) for key, text in said.items()}
        fields = {key: one for key, one in values.items() if key in method.fields}
        settings = {key: one for key, one in values.items() if key not in method.fields}
        before = written.get("settings", {})
        for key in method.asks:
            if key not in settings and key not in before:
                settings[key] = _asked(key, schema.get(key, {}))
        for key, described in method.fields.items():
            if key not in fields:
                fields[key] = _asked(key, described)
        references = _references(wish, method)
        asks = tuple(one for one in method.secrets if one not in references)
        places = {one: references.get(one, f"vault:{name}") for one in method.secrets}
        return cls(
            name=name,
            connector=chosen.name,
            method=method,
            settings=settings,
            fields=fields,
            references=places,
            to_vault=asks,
        )

    def written(self, file: SettingsFile, index: int | None) -> str:
        """Give the settings' text with this connection in it.

        Raises:
            UsageError: It is written in a way that only a person can change.
        """
        auth = {"method": self.method.name, **self.fields, **self.references}
        if index is not None:
            return file.changed(
                index,
                {
                    ("auth",): auth,
                    **{("settings", key): value for key, value in self.settings.items()},
                },
            )
        connection = {"name": self.name, "connector": self.connector}
        settings = {"settings": self.settings} if self.settings else {}
        return file.added({**connection, **settings, "auth": auth})

    def ask_secrets(self) -> dict[str, Secret]:
        """Ask for each secret that is to be kept in the vault."""
        kept = {}
        for one in self.to_vault:
            what = one.replace("_", " ").capitalize()
            found = ask_secret(what, optional=one in self.method.optional, shown=one == CLIENT_ID)
            if found is not None:
                kept[one] = found
        return kept

    def left_out(self, kept: Mapping[str, Secret]) -> bool:
        """Leave the secrets out of the settings that there are not; tell whether there was one."""
        absent = [one for one in self.to_vault if one not in kept]
        for one in absent:
            del self.references[one]
        return bool(absent)


def _references(wish: Wish, method: AuthMethod) -> dict[str, str]:
    found = {}
    for said in wish.references:
        field_, text = pair("--secret", said)
        if field_ not in method.secrets:
            there = ", ".join(method.secrets)
            raise UsageError(f"--secret: {method.name} has no such secret; it has: {there}")
        try:
            found[field_] = str(SecretReference.parse(text))
        except ValueError as refused:
            raise UsageError(f"--secret {field_}: {refused}") from refused
    return found


def pair(option: str, text: str) -> tuple[str, str]:
    """Read ``KEY=VALUE``.

    Raises:
        UsageError: It is none. What was found is not repeated.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        # What was found is not repeated: it may be a secret.
        raise UsageError(f"{option} wants a name, an equals sign and a value, such as region=eu")
    return key, value


def value_of(text: str, described: JsonObject) -> Any:
    """Read a value as its schema wants it.

    Raises:
        UsageError: It is a number that nothing can carry.
    """
    if described.get("type") == "string":
        return text
    try:
        return plain(text)
    except ValueError as cause:
        raise UsageError(f"--set: {cause}") from cause


def _asked(key: str, described: JsonObject) -> Any:
    default = described.get("default")
    said = str(described.get("description", key)).removesuffix(".")
    text = ask(
        f"{key}: {said}",
        default=None if default is None else str(default),
        choices=tuple(map(str, described.get("enum", ()))),
    )
    return value_of(text, described)
