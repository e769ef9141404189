"""A demonstration whose source is being served, and where its files are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.cycle import collect_connections, evaluate_report_notify
from ccm_core.app.rule_sets import CompiledRuleSet
from ccm_core.app.workspace import Workspace
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.cycle import CycleResult
    from ccm_core.app.demonstration.approver_key import ApproverKey
    from ccm_core.collect.observer import Observer
    from ccm_core.ledger.signed_note import Signer
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.pipeline.context import Connection
    from ccm_core.sdk.types import DemoHistory
    from ccm_core.store.interface.evidence_store import EvidenceStore

STORE, REPORT, SETTINGS, WAIVERS = "ccm.db", "report.html", "ccm.yaml", "waivers.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demonstration whose source is being served."""

    workspace: Workspace
    rules: CompiledRuleSet
    connection: Connection
    store: EvidenceStore
    folder: Path
    keys: list[Signer]
    """What heads of the ledger are signed with."""
    history: DemoHistory | None
    """The past that it can be run through."""
    approvers: Mapping[str, ApproverKey]
    """What people approve with, by their ids."""

    @property
    def settings_file(self) -> Path:
        """The settings that later commands use."""
        return self.folder / SETTINGS

    @property
    def report_file(self) -> Path:
        """Where the report is written."""
        return self.folder / REPORT

    def rotate_key(self) -> None:
        """Replace the signing key of the store; the old one signs the handover."""
        from ccm_core.auth.signing_keys import ephemeral_key, stored_keys
        from ccm_core.pipeline.credentials.vault_signing import rotate_signing_key

        vault, at = self.workspace.signing_vault(), self.workspace.clock()
        if vault.path.exists():
            rotate_signing_key(vault, self.store.ledger, at)
            self.keys[:] = stored_keys(vault)
        else:
            successor = ephemeral_key()
            self.store.ledger.rotate_key([successor, *self.keys], at)
            self.keys[:] = [successor]

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
