"""Replacing a credential: the new one is tested, then swapped; until then the old one stays."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.app.connection_test import tried
from ccm_core.cli.terminal.output import say
from ccm_core.cli.terminal.prompts import ask_secret
from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.secret_resolver import resolve, resolve_all
from ccm_core.errors import SourceError, UsageError
from ccm_core.pipeline.authorization import renewed

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.sdk.secret import Secret


def rotated(
    place: Workspace, wanted: ConnectionSettings, *, source: str | None, field: str | None
) -> None:
    """Replace one secret of a connection.

    Args:
        place: Where the settings and the vault are.
        wanted: The connection.
        source: Where the new secret is; None: it is asked for.
        field: Which; None: the one that the connector's method names last.

    Raises:
        UsageError: The vault does not keep it, or the new one cannot be used.
        SourceError: The new one was refused; the old one is in use as before.
    """
    name, field = wanted.name, field or place.method_of(wanted).secrets[-1]
    entry, stored = _kept_as(wanted, field)
    vault = place.vault()
    before = vault.read(entry)
    new = _new(place, source, field)
    if before.secrets.get(stored) == new:
        raise UsageError(f"that is the {field} that {name} uses already; make a new one")
    _try(place, wanted, field, new)
    # The lock keeps out whoever is renewing tokens of the same entry.
    with vault.lock(entry):
        now = vault.read(entry)
        secrets = {**now.secrets, stored: new}
        vault.write(entry, replace(now, secrets=secrets, entered_at=place.host.clock()))
    say(f"replaced the {field} of {name}; the old one is not used any more: delete it there")


def _kept_as(wanted: ConnectionSettings, field: str) -> tuple[str, str]:
    """Give the vault's entry and field of a secret."""
    reference = wanted.secrets.get(field)
    if reference is None:
        there = ", ".join(wanted.secrets)
        raise UsageError(f"{wanted.name} has no {field}; it has: {there}")
    entry, _, stored = reference.name.partition("/")
    if reference.entry is None:
        raise UsageError(
            f"the {field} of {wanted.name} is kept in {reference}, where ccm does not write: put "
            f"the new one there and run `ccm check {wanted.name}`. To keep it in the vault, "
            f"connect anew: ccm connect {wanted.connector} --name {wanted.name} --replace"
        )
    return entry, stored or field


def _new(place: Workspace, source: str | None, field: str) -> Secret:
    if source is None:
        found = ask_secret(f"New {field.replace('_', ' ')}")
        if found is None:
            raise AssertionError("only what is optional may be left out")
        return found
    try:
        reference = SecretReference.parse(source)
    except ValueError as refused:
        raise UsageError(f"--from: {refused}") from refused
    return resolve(
        reference,
        environment=os.environ,
        base=place.settings.base,
        field=field,
        vaulted=place.vaulted,
    )


def _try(place: Workspace, wanted: ConnectionSettings, field: str, new: Secret) -> None:
    known = resolve_all(
        (wanted,), environment=os.environ, base=place.settings.base, vaulted=place.vaulted
    )
    secrets = {**known[wanted.name], field: new}
    connection = replace(
        place.connection(wanted, secrets, entry=place.entry_of(wanted)),
        again=None,  # it is this very secret that is tested
    )
    try:
        if connection.method.by_person:
            renewed(place.host, connection)
        tried(place.host, replace(connection, entered_at=place.host.clock()))
    except SourceError as error:
        raise type(error)(
            f"{error}\nthe new {field} was not kept; {wanted.name} goes on with the old one"
        ) from error
