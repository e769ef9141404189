"""The demonstration: a whole cycle on a built-in source, in a folder for later commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.demonstration.running import REPORT, SETTINGS, STORE, WAIVERS, Demo
from ccm_core.app.demonstration.sections import (
    APPROVER_KEYS,
    create_approver_keys,
    with_sections,
)
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.app.workspace import Workspace
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.config.template import without_connections
from ccm_core.errors import SecretError, UsageError

if TYPE_CHECKING:
    from ccm_core.app.ports import CallerPorts
    from ccm_core.ledger.signed_note import Signer
    from ccm_core.plugins.catalog import Catalog
    from ccm_core.sdk.types import Connector, Demonstration, DemoSource

KEY_VARIABLE = "CCM_DEMO_SIMULATOR_KEY"
_FIRST_LINE = "# Settings of a demonstration, written by `ccm demo`, which replaces them."


def find_demonstration(catalog: Catalog, name: str | None) -> tuple[Connector, Demonstration]:
    """Return a connector that has a demonstration: the one of that name, or the first.

    Raises:
        UsageError: None has one.
    """
    for connector in catalog.connectors.values():
        if connector.demonstration is not None and name in {None, connector.name}:
            return connector, connector.demonstration
    failures = "".join(f"\n{plugin}: {plugin.failure}" for plugin in catalog.failures)
    of_name = "" if name is None else f" for {name!r}"
    raise UsageError(f"no installed plugin has a demonstration{of_name}{failures}")


@contextmanager
def open_demo(
    catalog: Catalog,
    connector: Connector,
    opened: AbstractContextManager[DemoSource],
    folder: Path,
    ports: CallerPorts,
) -> Iterator[Demo]:
    """Serve the source as it was in the beginning, and make the folder's settings and store anew.

    Args:
        catalog: The plugins.
        connector: Whose source it is.
        opened: The source.
        folder: Where settings, store and report go.
        ports: How the caller is reached.

    Raises:
        UsageError: The folder cannot be used, or holds settings of somebody's own.
    """
    from ccm_core.store.sqlite.open import open_store

    _clear(folder)
    with opened as source:
        history = source.history
        approvers = create_approver_keys(history, folder)
        if history is not None:
            history.move(history.steps[0].at)
        _write_settings(catalog, connector, source, folder / SETTINGS)
        workspace = Workspace.open(folder / SETTINGS, ports)
        if history is not None:
            workspace = replace(workspace, clock=history.clock)
        (connection,) = workspace.connections(secrets=False)
        keys = list(_signing_keys(workspace))
        store = open_store(workspace.store_settings, base=folder, signing=lambda: keys)
        try:
            yield Demo(
                workspace=workspace,
                rules=compile_rule_set(workspace),
                connection=replace(connection, secrets=source.secrets, reread_secret=None),
                store=store,
                folder=folder,
                keys=keys,
                history=history,
                approvers=approvers,
            )
        finally:
            store.close()


def _signing_keys(workspace: Workspace) -> Sequence[Signer]:
    """Return the key of the demonstration's vault, or one that ends with the demonstration."""
    from ccm_core.auth.signing_keys import create_first_key, ephemeral_key

    vault, show_message = workspace.signing_vault(), workspace.ports.show_message
    try:
        keys = create_first_key(vault, workspace.clock())
    except SecretError as error:
        show_message(
            f"the demonstration is signed, and its key ends with it: {error}. What later commands "
            "store is not signed, and they make no evidence package; for those, make it again with "
            "a vault that opens, or run `ccm keys rotate --lost`"
        )
        return [ephemeral_key()]
    show_message(f"the demonstration is signed with the key in the vault {vault.path}")
    return keys


def _write_settings(catalog: Catalog, connector: Connector, source: DemoSource, path: Path) -> None:
    """Write settings that lead to the demonstration's store. They hold no secret."""
    file = SettingsFile.at(path, absent=without_connections(catalog.packs))
    references = dict.fromkeys(source.secrets, f"env:{KEY_VARIABLE}")
    history = source.history
    cadences = {"cadences": dict(history.cadences)} if history and history.cadences else {}
    text = file.with_connection(
        {
            "name": source.connection,
            "connector": connector.name,
            "settings": source.settings,
            "auth": {"method": source.auth_method, **references},
            **cadences,
        }
    )
    if history is not None:
        text = with_sections(text, history)
    file.write("\n".join([_FIRST_LINE, *_how_to_collect_again(source), "", text]))


def _how_to_collect_again(source: DemoSource) -> list[str]:
    if not source.serve_command:
        return ["# Its source is gone: everything but collecting works."]
    return [
        "# Its source is gone: everything but collecting works. To collect again, serve it:",
        f"#   {source.serve_command}",
        f"# and put the key that this prints into the environment variable {KEY_VARIABLE}.",
    ]


def _clear(folder: Path) -> None:
    """Make the folder, and remove what an earlier demonstration left, and nothing else."""
    settings = folder / SETTINGS
    names = (STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.key", REPORT, WAIVERS, SETTINGS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if settings.exists() and not settings.read_text("utf-8").startswith(_FIRST_LINE):
            raise UsageError(
                f"{settings} was not written by a demonstration; choose another folder with -d"
            )
        for path in (*(folder / name for name in names), *(folder / APPROVER_KEYS).glob("*")):
            path.unlink(missing_ok=True)
    except OSError as cause:
        raise UsageError(f"{folder} cannot be used: {cause.strerror}") from cause
