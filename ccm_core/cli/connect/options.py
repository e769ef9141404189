"""The options of ``ccm connect``, and the questions for what they leave open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ccm_core.app.new_connection import NewConnection
from ccm_core.cli.terminal.prompts import ask, ask_secret, is_interactive
from ccm_core.config.secret_reference import SecretReference
from ccm_core.documents.yaml_scalars import scalar_value
from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.oauth import CLIENT_ID
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import AuthMethod, Connector

METHOD_OPTIONS: Mapping[str, Callable[[AuthMethod], bool]] = {
    "oauth": lambda method: method.needs_consent,
    "oauth-app": lambda method: method.oauth is not None and not method.needs_consent,
    "api-key": lambda method: method.oauth is None,
}
"""Which methods each option of the command line means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """The options as they were given."""

    name: str | None
    method_option: str | None
    sets: tuple[str, ...]
    references: tuple[str, ...]
    port: int
    paste: bool
    redirect_uri: str | None
    no_browser: bool
    replace: bool
    save_anyway: bool

    def auth_method(self, connector: Connector) -> AuthMethod:
        """Return the method to authenticate with: by its option, or as the person chooses.

        Raises:
            UsageError: The connector has no such method.
        """
        methods = connector.auth_methods
        if self.method_option is not None:
            matches = [method for method in methods if METHOD_OPTIONS[self.method_option](method)]
            if not matches:
                raise UsageError(
                    f"{connector.name} has no way to authenticate with --{self.method_option}"
                )
            return matches[0]
        if len(methods) == 1:
            return methods[0]
        if not is_interactive():
            options = " or ".join(
                f"--{option}" for option, fits in METHOD_OPTIONS.items() if any(map(fits, methods))
            )
            raise UsageError(f"say how to connect {connector.name}: {options}")
        numbered = {str(number): method for number, method in enumerate(methods, 1)}
        choices = "\n".join(f"  {number}  {method.title}" for number, method in numbered.items())
        answer = ask(f"How?\n{choices}\n", default="1", choices=tuple(numbered))
        return numbered[answer]

    def values(self, connector: Connector, method: AuthMethod) -> JsonObject:
        """Return the settings and fields that ``--set`` gives, by key.

        Raises:
            UsageError: One is no pair, or no value.
        """
        schema = connector.settings_schema().get("properties", {})
        described = {**schema, **method.fields}
        pairs = (split_pair("--set", text) for text in self.sets)
        return {key: parse_value(text, described.get(key, {})) for key, text in pairs}

    def secret_references(self, method: AuthMethod) -> dict[str, str]:
        """Return where ``--secret`` says that secrets are stored, by field.

        Raises:
            UsageError: One is no pair, no reference, or of no secret of the method.
        """
        references = {}
        for pair in self.references:
            key, text = split_pair("--secret", pair)
            if key not in method.secrets:
                expected = ", ".join(method.secrets)
                raise UsageError(
                    f"--secret: {method.name} has no such secret; expected one of: {expected}"
                )
            try:
                references[key] = str(SecretReference.parse(text))
            except ValueError as refused:
                raise UsageError(f"--secret {key}: {refused}") from refused
        return references


def ask_missing_values(connection: NewConnection) -> None:
    """Ask for each setting that is needed and not given."""
    for key, described in list(connection.missing_values()):
        default = described.get("default")
        description = str(described.get("description", key)).removesuffix(".")
        text = ask(
            f"{key}: {description}",
            default=None if default is None else str(default),
            choices=tuple(map(str, described.get("enum", ()))),
        )
        connection.set_value(key, parse_value(text, described))


def ask_secrets(connection: NewConnection) -> dict[str, Secret]:
    """Ask for each secret that the vault will keep; optional ones may be left out."""
    secrets = {}
    for key in connection.vault_secrets:
        label = key.replace("_", " ").capitalize()
        optional = key in connection.method.optional
        secret = ask_secret(label, optional=optional, echo=key == CLIENT_ID)
        if secret is not None:
            secrets[key] = secret
    return secrets


def split_pair(option: str, text: str) -> tuple[str, str]:
    """Split ``KEY=VALUE``.

    Raises:
        UsageError: It is no such pair. What was given is not repeated.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        # What was given is not repeated: it may be a secret.
        raise UsageError(f"{option} expects a name, an equals sign and a value, such as region=eu")
    return key, value


def parse_value(text: str, described: JsonObject) -> Any:
    """Return a value as its schema types it.

    Raises:
        UsageError: It is a number that cannot be represented.
    """
    if described.get("type") == "string":
        return text
    try:
        return scalar_value(text)
    except ValueError as cause:
        raise UsageError(f"--set: {cause}") from cause
