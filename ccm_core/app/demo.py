"""The demonstration: a whole cycle on a built-in source, in a folder for later commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.cycle import collect_connections, evaluate_report_notify
from ccm_core.app.installation import clock
from ccm_core.app.rule_sets import CompiledRuleSet, compile_rule_set
from ccm_core.app.workspace import Workspace
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.config.template import without_connections
from ccm_core.errors import SecretError, UsageError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.cycle import CycleResult
    from ccm_core.app.ports import CallerPorts
    from ccm_core.collect.observer import Observer
    from ccm_core.ledger.signed_note import Signer
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.pipeline.context import Connection
    from ccm_core.plugins.catalog import Catalog
    from ccm_core.sdk.types import Connector, Demonstration, DemoSource
    from ccm_core.store.interface.evidence_store import EvidenceStore

STORE, REPORT, SETTINGS = "ccm.db", "report.html", "ccm.yaml"
KEY_VARIABLE = "CCM_DEMO_SIMULATOR_KEY"
_FIRST_LINE = "# Settings of a demonstration, written by `ccm demo`, which replaces them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demonstration whose source is being served."""

    workspace: Workspace
    rules: CompiledRuleSet
    connection: Connection
    store: EvidenceStore
    folder: Path

    @property
    def report_file(self) -> Path:
        """Where the report is written."""
        return self.folder / REPORT

    async def collect(self, observer: Observer) -> list[Manifest]:
        """Collect the source."""
        collected = await collect_connections(
            self.workspace, self.store, [self.connection], lambda _: observer
        )
        collected.raise_errors()
        return collected.manifests

    def evaluate(self, on_evaluation: Callable[[StoredEvaluation], None]) -> CycleResult:
        """Evaluate what was collected, and write the report."""
        return evaluate_report_notify(
            self.workspace, self.store, self.rules, self.report_file, on_evaluation=on_evaluation
        )


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
    demonstration: Demonstration,
    folder: Path,
    ports: CallerPorts,
) -> Iterator[Demo]:
    """Serve the source, and make the folder's settings and store anew.

    Raises:
        UsageError: The folder cannot be used, or holds settings of somebody's own.
    """
    from ccm_core.store.sqlite.open import open_store

    _clear(folder)
    with demonstration.open() as source:
        _write_settings(catalog, connector, source, folder / SETTINGS)
        workspace = Workspace.open(folder / SETTINGS, ports)
        (connection,) = workspace.connections(secrets=False)
        keys = _signing_keys(workspace)
        store = open_store(workspace.store_settings, base=folder, signing=lambda: keys)
        try:
            yield Demo(
                workspace=workspace,
                rules=compile_rule_set(workspace),
                connection=replace(connection, secrets=source.secrets, reread_secret=None),
                store=store,
                folder=folder,
            )
        finally:
            store.close()


def _signing_keys(workspace: Workspace) -> Sequence[Signer]:
    """Return the key of the demonstration's vault, or one that ends with the demonstration."""
    from ccm_core.auth.signing_keys import create_first_key, ephemeral_key

    vault, show_message = workspace.signing_vault(), workspace.ports.show_message
    try:
        keys = create_first_key(vault, clock())
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
    text = file.with_connection(
        {
            "name": source.connection,
            "connector": connector.name,
            "settings": source.settings,
            "auth": {"method": source.auth_method, **references},
        }
    )
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if settings.exists() and not settings.read_text("utf-8").startswith(_FIRST_LINE):
            raise UsageError(
                f"{settings} was not written by a demonstration; choose another folder with -d"
            )
        for name in (STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.key", REPORT, SETTINGS):
            (folder / name).unlink(missing_ok=True)
    except OSError as cause:
        raise UsageError(f"{folder} cannot be used: {cause.strerror}") from cause
