"""Checking a workspace: its plugins, and every connection, live and by what was collected."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.errors import StoreNotFound
from ccm_core.pipeline.check import Check, LiveCheck, diagnose
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.pipeline.context import Connection, Host
    from ccm_core.pipeline.field_report.document import FieldReport
    from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST_WEEKS = 52


async def check_workspace(workspace: Workspace, names: Sequence[str]) -> Check:
    """Compile the rules, then diagnose plugins and connections. Nothing is written.

    Args:
        workspace: The settings and plugins.
        names: The connections to check; none: every one.

    Raises:
        UsageError: A pack, a parameter or a waiver has mistakes.
        SecretError: Secrets cannot be resolved.
    """
    compile_rule_set(workspace)
    connections = workspace.connections(names, secrets=True)
    with _stored(workspace) as store:
        checks = await _diagnosed(workspace.host, connections, store)
        return _check(workspace, checks)


async def check_and_report(workspace: Workspace, names: Sequence[str]) -> tuple[Check, FieldReport]:
    """Do as :func:`check_workspace`, and make a field report of what was found and is stored.

    Its instants are moved by some weeks, another number each time.

    Args:
        workspace: The settings and plugins.
        names: The connections to check; none: every one.

    Raises:
        UsageError: A pack, a parameter or a waiver has mistakes.
        SecretError: Secrets cannot be resolved.
        IntegrityError: Stored evidence is damaged.
    """
    from ccm_core.pipeline.field_report.make_report import FieldReportRequest, make_report

    compile_rule_set(workspace)
    connections, host = workspace.connections(names, secrets=True), workspace.host
    with _stored(workspace) as store:
        checks = await _diagnosed(host, connections, store)
        check = _check(workspace, checks)
        request = FieldReportRequest(
            connections=list(zip(connections, checks, strict=True)),
            public_packs={pack.location for pack in workspace.catalog.packs.values()},
            made_at=check.checked_at,
            shift=timedelta(weeks=-1 - secrets.randbelow(_MOST_WEEKS)),
        )
        return check, make_report(host, request, store)


@contextmanager
def _stored(workspace: Workspace) -> Iterator[EvidenceStore | None]:
    """Open the store; None: nothing was collected yet."""
    with ExitStack() as stack:
        store = None
        with suppress(StoreNotFound):
            store = stack.enter_context(workspace.read_store())
        yield store


async def _diagnosed(
    host: Host, connections: Sequence[Connection], store: EvidenceStore | None
) -> Sequence[LiveCheck]:
    return [await diagnose(host, connection, store) for connection in connections]


def _check(workspace: Workspace, checks: Sequence[LiveCheck]) -> Check:
    return Check(
        checked_at=workspace.host.clock(),
        plugins=tuple(_plugin_problems(workspace)),
        scopes=tuple(_scope_problems(workspace)),
        connections=tuple(live.check for live in checks),
    )


def _scope_problems(workspace: Workspace) -> Iterator[Diagnosis]:
    if any(framework.scope is not None for framework in workspace.settings.frameworks):
        from ccm_core.app.audit.framework_coverage import scope_warnings

        for warning in scope_warnings(workspace):
            yield Diagnosis(
                subject="scope",
                ok=False,
                message=warning,
                next_step="correct frameworks[].scope in the settings, or leave it out, and run "
                "`ccm evaluate`",
            )


def _plugin_problems(workspace: Workspace) -> Iterator[Diagnosis]:
    failures = (f"{plugin}: {plugin.failure}" for plugin in workspace.catalog.failures)
    for problem in (*workspace.catalog.problems(), *failures):
        yield Diagnosis(subject="plugin", ok=False, message=problem)
