"""A workspace that reads: it opens no store for writing, and no vault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from ccm_core.app.workspace import Workspace
from ccm_core.errors import ReadOnlyStore, SecretError

if TYPE_CHECKING:
    from ccm_core.config.secret_reference import SecretReference
    from ccm_core.pipeline.context import Connection


class ReadingWorkspace(Workspace):
    """The workspace of a server for assistants. What writes or knows a secret, it does not have."""

    __slots__ = ()

    def write_store(self, *, create: bool) -> NoReturn:
        """Refuse.

        Raises:
            ReadOnlyStore: Always.
        """
        del create
        raise ReadOnlyStore("a server for assistants reads; it opens no store for writing")

    def vault(self) -> NoReturn:
        """Refuse.

        Raises:
            SecretError: Always.
        """
        raise SecretError("a server for assistants opens no vault")

    def connections(self, names: Sequence[str] = (), *, secrets: bool) -> tuple[Connection, ...]:
        """Return connections by name, or all of them, without their secrets.

        Raises:
            UsageError: There is no such connection, or none at all.
            SecretError: Secrets are asked for, wherever they are kept.
        """
        if secrets:
            raise SecretError("a server for assistants reads no secret")
        return super().connections(names, secrets=False)

    def resolve_secret(self, reference: SecretReference, secret: str) -> NoReturn:
        """Refuse.

        Raises:
            SecretError: Always.
        """
        del reference
        raise SecretError(f"a server for assistants reads no secret, so not {secret} either")
