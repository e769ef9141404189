"""Resolves secret references, at the moment of use. No message ever holds a value."""

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

_MOST_BYTES = 64 * 1024


VaultReader = Callable[[str, str], Secret]
"""Gives a field of the vault's entry of that name. Raises ``SecretError``."""


def resolve(
    reference: SecretReference,
    *,
    environment: Mapping[str, str],
    base: Path,
    field: str = "",
    vaulted: VaultReader | None = None,
) -> Secret:
    """Give the secret that a reference leads to.

    Args:
        reference: Where it is kept.
        environment: The environment variables.
        base: The settings file's folder, where a relative path starts.
        field: What the reference stands for: the vault's field where it names none.
        vaulted: How to ask the vault.

    Raises:
        SecretError: There is none, or none that could be sent; the reference is named.
    """
    match reference.scheme:
        case "env":
            value = _from_environment(reference, environment)
        case "file":
            value = _from_file(reference, base)
        case "vault":
            value = _from_vault(reference, field, vaulted)
        case _:
            value = _from_keyring(reference)
    return checked_secret(str(reference), value)


def resolve_all(
    connections: tuple[ConnectionSettings, ...],
    *,
    environment: Mapping[str, str],
    base: Path,
    vaulted: VaultReader | None = None,
) -> dict[str, dict[str, Secret]]:
    """Give every secret of some connections, by connection and field.

    Raises:
        SecretError: Some cannot be resolved; all of those are told.
    """
    found: dict[str, dict[str, Secret]] = {one.name: {} for one in connections}
    problems = []
    for connection in connections:
        for field, reference in connection.secrets.items():
            try:
                secret = resolve(
                    reference, environment=environment, base=base, field=field, vaulted=vaulted
                )
            except SecretError as cause:
                problems.append(f"connection {connection.name}, {field}: {cause}")
            else:
                found[connection.name][field] = secret
    if problems:
        raise SecretError("\n".join(problems))
    return found


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
            data = file.read(_MOST_BYTES + 1)
    except OSError as cause:
        why = cause.strerror or type(cause).__name__
        raise SecretError(f"{reference}: {path} cannot be read: {why}") from cause
    if len(data) > _MOST_BYTES:
        raise SecretError(f"{reference}: {path} has more than {_MOST_BYTES} bytes: no secret")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without the cause: it carries the bytes.
        raise SecretError(f"{reference}: {path} is not UTF-8 text") from None


def _from_vault(reference: SecretReference, field: str, vaulted: VaultReader | None) -> str:
    if vaulted is None:
        raise SecretError(f"{reference}: there is no vault to ask here")
    entry, _, named = reference.name.partition("/")
    return vaulted(entry, named or field).reveal()


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
            f"{reference}: this machine has no keyring to ask; use env:NAME or file:PATH"
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


def checked_secret(what: str, value: str) -> Secret:
    """Take one trailing newline away, as editors add it, and refuse what no header could hold.

    Raises:
        SecretError: It cannot be a secret; ``what`` is named and never the value.
    """
    secret = value.removesuffix("\n").removesuffix("\r")
    if not secret.strip():
        raise SecretError(f"{what}: it is empty; put the secret there")
    if "\n" in secret or "\r" in secret:
        raise SecretError(f"{what}: it has several lines; a secret has one")
    if not secret.isprintable() or secret != secret.strip():
        raise SecretError(
            f"{what}: it has blanks around it or characters that cannot be printed; "
            "a secret has neither"
        )
    return Secret(secret)
