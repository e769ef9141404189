"""The cycle: collect what is due, evaluate, write the report, notify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.errors import AccountMismatch, ClockMismatch, StaleEvaluation, UsageError
from ccm_core.pipeline.collect import collect

if TYPE_CHECKING:
    from ccm_core.app.rule_sets import CompiledRuleSet
    from ccm_core.app.workspace import Workspace
    from ccm_core.collect.observer import Observer
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.pipeline.context import Connection
    from ccm_core.pipeline.incremental.state import EvaluationCache
    from ccm_core.sdk.rate_limit import Limiters
    from ccm_core.store.interface.evidence_store import EvidenceStore


_ATTEMPTS = 3
"""How often evidence may be stored while it is evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What a cycle did after collecting."""

    evaluation: StoredEvaluation
    notification_failures: tuple[str, ...]
    """Why recipients were not notified; it is tried again in the next cycle."""


async def collect_connections(
    workspace: Workspace,
    store: EvidenceStore,
    connections: Sequence[Connection],
    observer: Observer,
    *,
    limiters: Limiters | None = None,
    force: bool = False,
) -> list[Manifest]:
    """Collect connections one after the other.

    Args:
        workspace: The settings and plugins.
        store: Where to keep what is read.
        connections: Which, with their secrets.
        observer: Receives progress.
        limiters: The rate limits that connections of this process share; None: their own.
        force: Read what is not due as well.

    Raises:
        StoreError: The store cannot keep what was read.
        AccountMismatch: A credential opens another account; the other connections were collected.
        ClockMismatch: This machine's clock is wrong; the other connections were collected.
        CancelledError: It was stopped; the run is sealed.
    """
    manifests, refusals = [], list[UsageError]()
    for connection in connections:
        try:
            manifests.append(
                await collect(workspace.host, connection, store, observer, limiters, force=force)
            )
        except (AccountMismatch, ClockMismatch) as refusal:
            refusals.append(refusal)
    if refusals:
        raise type(refusals[0])("\n".join(map(str, refusals)))
    return manifests


def evaluate_connections(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    *,
    as_of: datetime | None = None,
    cache: EvaluationCache | None = None,
) -> StoredEvaluation:
    """Evaluate the evidence of every connection, keep the evaluation and track its findings.

    Where evidence is stored meanwhile that would have counted, it is evaluated again.

    Raises:
        StaleEvaluation: That happened each time.
    """
    for _ in range(_ATTEMPTS - 1):
        with suppress(StaleEvaluation):
            return _evaluate_once(workspace, store, rules, as_of, cache)
    return _evaluate_once(workspace, store, rules, as_of, cache)


def _evaluate_once(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    as_of: datetime | None,
    cache: EvaluationCache | None,
) -> StoredEvaluation:
    from ccm_core.pipeline.evaluate import evaluate
    from ccm_core.pipeline.reproduce import store_evaluation

    connections = workspace.connections(secrets=False)
    evaluation = evaluate(
        workspace.host, connections, store, rules.packs, rules.waivers, as_of=as_of, cache=cache
    )
    return store_evaluation(
        workspace.host, connections, store, evaluation, rules.source, rules.packs
    )


def evaluate_report_notify(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    report_file: Path,
    *,
    cache: EvaluationCache | None = None,
    on_evaluation: Callable[[StoredEvaluation], None] = lambda _: None,
) -> CycleResult:
    """Do what follows collecting: evaluate, write the HTML report, notify.

    Args:
        workspace: The settings and plugins.
        store: Where evidence is, and the evaluation goes.
        rules: What to evaluate with.
        report_file: Where to write the report.
        cache: What the evaluation before left, for a process that evaluates again and again.
        on_evaluation: Receives the evaluation before the report is written.

    Raises:
        UsageError: The report cannot be written.
        StoreError: The store cannot keep the evaluation.
    """
    from ccm_core.app.notifications import notify_recipients
    from ccm_core.app.report_file import write_evaluation_report

    stored = evaluate_connections(workspace, store, rules, cache=cache)
    on_evaluation(stored)
    write_evaluation_report(workspace.host, store, stored, report_file)
    return CycleResult(
        evaluation=stored,
        notification_failures=notify_recipients(workspace, store, stored.evaluation),
    )
