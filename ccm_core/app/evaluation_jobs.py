"""The processes that evaluate side by side: what each of them opens for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.installation import build_host
from ccm_core.config.settings import PluginSettings
from ccm_core.model.evaluation.rule_choices import RuleChoices
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.derive.worker_messages import WorkerContext
from ccm_core.pipeline.derive.worker_pool import Jobs
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.store.interface.location import StoreLocation

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.pipeline.reproduce import RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSetup:
    """What evaluates the evidence of a workspace, as texts and names."""

    plugins: PluginSettings
    store: StoreLocation
    base: Path
    """The settings file's folder."""
    packs: tuple[PackText, ...]
    parameters: JsonObject
    choices: RuleChoices

    @contextmanager
    def open(self) -> Iterator[WorkerContext]:
        """Load the plugins, compile the packs and open the store for reading.

        Raises:
            UsageError: One of these is not possible any more.
        """
        from ccm_core.pipeline.evaluate import compile_rules
        from ccm_core.store.sqlite.open import open_store

        plugins = self.plugins
        host = build_host(load(discover(), require=plugins.require, disable=plugins.disable))
        # They had no mistakes where the other process compiled them.
        packs = compile_rules(host, self.packs, self.parameters, checked=True)
        packs = replace(packs, choices=self.choices)
        store = open_store(self.store, base=self.base, read_only=True)
        try:
            yield WorkerContext(host=host, packs=packs, store=store)
        finally:
            store.close()


def evaluation_jobs(workspace: Workspace, rules: RuleSet, number: int) -> Jobs:
    """Return how many processes evaluate, and what each of them opens."""
    settings = workspace.settings
    return Jobs(
        number=number,
        setup=WorkspaceSetup(
            plugins=settings.plugins,
            store=workspace.store_settings,
            base=settings.base.absolute(),
            packs=tuple(rules.packs),
            parameters=rules.parameters,
            choices=rules.choices,
        ),
    )
