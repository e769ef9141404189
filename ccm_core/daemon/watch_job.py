"""The watch job that the settings describe: their connections, and the cycle after collecting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.cycle import evaluate_report_notify
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.daemon.ports import WatchJob

if TYPE_CHECKING:
    from ccm_core.app.rule_sets import CompiledRuleSet
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.pipeline.context import Connection
    from ccm_core.store.interface.evidence_store import EvidenceStore


@contextmanager
def open_watch_job(
    open_workspace: Callable[[], Workspace],
    names: Sequence[str],
    report_file: Path,
    jobs: int = 1,
) -> Iterator[WatchJob]:
    """Read the settings and open everything they name.

    Args:
        open_workspace: Reads the settings again.
        names: The connections to watch; none: every one.
        report_file: Where the report is written after each evaluation.
        jobs: How many processes evaluate side by side where much changed.

    Raises:
        UsageError: The settings, a pack or a waiver have mistakes.
    """
    workspace = open_workspace()
    rules = compile_rule_set(workspace)
    connections = workspace.connections(names, secrets=True)
    with workspace.write_store(create=True) as store:
        yield WatchJob(
            host=workspace.host,
            store=store,
            connections=tuple(connection.name for connection in connections),
            connection=partial(_connection, workspace),
            evaluate=partial(_evaluate, workspace, store, rules, report_file, jobs),
        )


def _connection(workspace: Workspace, name: str) -> Connection:
    (connection,) = workspace.connections((name,), secrets=True)
    return connection


def _evaluate(
    workspace: Workspace,
    store: EvidenceStore,
    rules: CompiledRuleSet,
    report_file: Path,
    jobs: int,
) -> str:
    cycle = evaluate_report_notify(workspace, store, rules, report_file, jobs=jobs)
    return "; ".join([_counts(cycle.evaluation.evaluation), *cycle.failures])


def _counts(evaluation: Evaluation) -> str:
    from ccm_core.model.evaluation.result import Status

    numbers = Counter(rule.status for rule in evaluation.rules)
    counts = [
        f"{numbers[status]} {status.value.replace('_', ' ')}"
        for status in Status
        if numbers[status]
    ]
    return f"rules: {', '.join(counts) or 'none'}"
