"""Resolves secret references when they are used. No error message contains a value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings import ConnectionSettings
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

_MAX_BYTES = 64 * 1024


VaultReader = Callable[[str, str], Secret]
"""Returns a field of the vault's entry of that name. Raises ``SecretError``."""


def resolve(
    reference: SecretReference,
    *,
    environment: Mapping[str, str],
    base: Path,
    field: str = "",
    read_vault: VaultReader | None = None,
) -> Secret:
    """Return the secret of a reference.

    Args:
        reference: Where it is stored.
        environment: The environment variables.
        base: The settings file's folder, where a relative path starts.
        field: The vault's field where the reference names none.
        read_vault: Reads a field of a vault entry.

    Raises:
        SecretError: There is none, or it is not usable as a secret.
    """
    match reference.scheme:
        case "env":
            value = _from_environment(reference, environment)
        case "file":
            value = _from_file(reference, base)
        case "vault":
            value = _from_vault(reference, field, read_vault)
        case _:
            value = _from_keyring(reference)
    return checked_secret(str(reference), value)


def resolve_all(
    connections: tuple[ConnectionSettings, ...],
    *,
    environment: Mapping[str, str],
    base: Path,
    read_vault: VaultReader | None = None,
) -> dict[str, dict[str, Secret]]:
    """Return every secret of some connections, by connection and field.

    Raises:
        SecretError: Some cannot be resolved; the message lists all of them.
    """
    secrets: dict[str, dict[str, Secret]] = {connection.name: {} for connection in connections}
    problems = []
    for connection in connections:
        for field, reference in connection.secrets.items():
            try:
                secret = resolve(
                    reference,
                    environment=environment,
                    base=base,
                    field=field,
                    read_vault=read_vault,
                )
            except SecretError as cause:
                problems.append(f"connection {connection.name}, {field}: {cause}")
            else:
                secrets[connection.name][field] = secret
    if problems:
        raise SecretError("\n".join(problems))
    return secrets


def _from_environment(reference: SecretReference, environment: Mapping[str, str]) -> str:
    if reference.name not in environment:
        raise SecretError(
            f"{reference}: the environment variable {reference.name} is not set; set it first"
        )
    return environment[reference.name]


def _from_file(reference: SecretReference, base: Path) -> str:
    path = base / Path(os.path.expanduser(reference.name))  # noqa: PTH111 - an unknown user stays
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as cause:
        reason = cause.strerror or type(cause).__name__
        raise SecretError(f"{reference}: {path} cannot be read: {reason}") from cause
    if len(data) > _MAX_BYTES:
        raise SecretError(f"{reference}: expected at most {_MAX_BYTES} bytes in {path}, got more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without the cause: it contains the bytes.
        raise SecretError(f"{reference}: {path} is not UTF-8 text") from None


def _from_vault(reference: SecretReference, field: str, read_vault: VaultReader | None) -> str:
    if read_vault is None:
        raise SecretError(f"{reference}: no vault is available here")
    entry, _, entry_field = reference.name.partition("/")
    return read_vault(entry, entry_field or field).reveal()


def _from_keyring(reference: SecretReference) -> str:
    service, _, user = reference.name.rpartition("/")
    try:
        keyring: Any = import_module("keyring")
        errors: Any = import_module("keyring.errors")
    except ImportError as cause:
        raise SecretError(
            f"{reference}: keyring is not installed; install ccm-core[keyring]"
        ) from cause
    try:
        value: str | None = keyring.get_password(service, user)
    except errors.NoKeyringError as cause:
        raise SecretError(
            f"{reference}: this machine has no keyring; use env:NAME or file:PATH"
        ) from cause
    except errors.KeyringError as cause:
        raise SecretError(
            f"{reference}: the keyring did not answer ({type(cause).__name__}); unlock it"
        ) from cause
    if value is None:
        raise SecretError(
            f"{reference}: the keyring has no such entry; add it: keyring set {service} {user}"
        )
    return value


def checked_secret(label: str, value: str) -> Secret:
    """Strip one trailing newline, as editors add it, and reject what no header can contain.

    Raises:
        SecretError: It cannot be a secret; the message has the label and never the value.
    """
    secret = value.removesuffix("\n").removesuffix("\r")
    if not secret.strip():
        raise SecretError(f"{label}: expected a secret, got nothing; enter the secret there")
    if "\n" in secret or "\r" in secret:
        raise SecretError(f"{label}: expected one line, got several")
    if not secret.isprintable() or secret != secret.strip():
        raise SecretError(
            f"{label}: expected printable characters without blanks around them; correct the secret"
        )
    return Secret(secret)
