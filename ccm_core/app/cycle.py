"""The cycle: collect what is due, evaluate, write the report, notify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.side_by_side import side_by_side
from ccm_core.errors import CcmError, StaleEvaluation, UsageError
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.collect import collect

if TYPE_CHECKING:
    from ccm_core.app.rule_sets import CompiledRuleSet
    from ccm_core.app.workspace import Workspace
    from ccm_core.collect.observer import Observer
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.pipeline.context import Connection
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
    ticket_failures: tuple[str, ...] = ()
    """Why tickets were not brought up to date; it is tried again in the next cycle."""

    @property
    def failures(self) -> tuple[str, ...]:
        """What did not reach people."""
        return (*self.notification_failures, *self.ticket_failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedRuns:
    """What became of the connections that were to be collected."""

    manifests: list[Manifest]
    """Of each that was read, in the order of the connections."""
    errors: tuple[CcmError, ...]
    """Why others could not be: another account, a wrong clock, a lock."""

    def raise_errors(self) -> None:
        """Raise what kept connections from being collected, all of it in one message.

        Raises:
            CcmError: Something did; the other connections were collected.
        """
        if not self.errors:
            return
        if len(self.errors) == 1:
            raise self.errors[0]
        kinds = {type(error) for error in self.errors}
        messages = dict.fromkeys(map(str, self.errors))
        (kind,) = kinds if len(kinds) == 1 else (UsageError,)
        raise kind("\n".join(messages)) from self.errors[0]


async def collect_connections(
    workspace: Workspace,
    store: EvidenceStore,
    connections: Sequence[Connection],
    observers: Callable[[str], Observer],
    *,
    limiters: Limiters | None = None,
    force: bool = False,
) -> CollectedRuns:
    """Collect connections side by side; what keeps one from being read keeps no other.

    Args:
        workspace: The settings and plugins.
        store: Where to keep what is read.
        connections: Which, with their secrets.
        observers: Returns what receives the progress of a connection.
        limiters: The rate limits that connections share; None: those of this call.
        force: Read what is not due as well.

    Raises:
        IntegrityError: Stored evidence is damaged; every run under way is sealed.
        CancelledError: It was stopped; every run under way is sealed.
    """
    from ccm_core.sdk.rate_limit import Limiters

    shared = limiters or Limiters()
    outcomes = await side_by_side(
        [
            partial(
                collect,
                workspace.host,
                connection,
                store,
                observers(connection.name),
                shared,
                force=force,
            )
            for connection in connections
        ]
    )
    return CollectedRuns(
        manifests=[outcome.value for outcome in outcomes if outcome.value is not None],
        errors=tuple(outcome.error for outcome in outcomes if outcome.error is not None),
    )


def evaluate_connections(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    *,
    as_of: datetime | None = None,
    jobs: int = 1,
) -> StoredEvaluation:
    """Evaluate the evidence of every connection, keep the evaluation and track its findings.

    Where evidence is stored meanwhile that would have counted, it is evaluated again. Waivers are
    read once nobody else may write them: what was accepted while evidence was collected counts.

    Args:
        workspace: The settings and plugins.
        store: Where evidence is, and the evaluation goes.
        rules: What to evaluate with.
        as_of: Evaluate everything as of this moment; None: what changed, now.
        jobs: How many processes derive and judge side by side where much changed.

    Raises:
        StaleEvaluation: That happened each time.
        WorkerLost: One of these processes ended.
        UsageError: The waivers file has mistakes by now.
    """
    from ccm_core.app.rule_sets import with_current_waivers

    with store.lock_evaluating():
        rules = with_current_waivers(workspace, rules)
        for _ in range(_ATTEMPTS - 1):
            with suppress(StaleEvaluation):
                return _evaluate_once(workspace, store, rules, as_of, jobs)
        return _evaluate_once(workspace, store, rules, as_of, jobs)


def _evaluate_once(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    as_of: datetime | None,
    jobs: int,
) -> StoredEvaluation:
    from ccm_core.app.evaluation_jobs import evaluation_jobs
    from ccm_core.pipeline.derive.evaluation import evaluate_changes
    from ccm_core.pipeline.evaluate import evaluate, next_moment, watch_scope
    from ccm_core.pipeline.reproduce import store_evaluation

    connections = workspace.connections(secrets=False)
    host, act = workspace.host, None
    if as_of is None:
        evaluation, act = evaluate_changes(
            host,
            [watch_scope(host, connection) for connection in connections],
            store,
            rules.packs,
            rules.waivers,
            now=next_moment(host, connections, store),
            jobs=evaluation_jobs(workspace, rules.source, jobs),
        )
    else:
        evaluation = evaluate(host, connections, store, rules.packs, rules.waivers, as_of=as_of)
    return store_evaluation(host, connections, store, evaluation, rules.source, rules.packs, act)


def evaluate_report_notify(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    report_file: Path,
    *,
    jobs: int = 1,
    on_evaluation: Callable[[StoredEvaluation], None] = lambda _: None,
) -> CycleResult:
    """Do what follows collecting: evaluate, write the HTML report, notify, sync tickets.

    Args:
        workspace: The settings and plugins.
        store: Where evidence is, and the evaluation goes.
        rules: What to evaluate with.
        report_file: Where to write the report.
        jobs: How many processes derive and judge side by side where much changed.
        on_evaluation: Receives the evaluation before the report is written.

    Raises:
        UsageError: The report cannot be written.
        StoreError: The store cannot keep the evaluation.
    """
    from ccm_core.app.notifications import notify_recipients
    from ccm_core.app.report_file import write_evaluation_report
    from ccm_core.app.tickets import sync_after_evaluation
    from ccm_core.pipeline.findings.reported import FindingsOf

    stored = evaluate_connections(workspace, store, rules, jobs=jobs)
    on_evaluation(stored)
    findings = FindingsOf(policy=workspace.finding_policy)
    shown = workspace.settings.rules.frameworks
    write_evaluation_report(workspace.host, store, stored, report_file, findings, shown)
    return CycleResult(
        evaluation=stored,
        notification_failures=notify_recipients(workspace, store, stored.evaluation),
        ticket_failures=sync_after_evaluation(workspace, store),
    )
