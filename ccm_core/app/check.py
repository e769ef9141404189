"""Checking a workspace: its plugins, and every connection, live and by what was collected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.errors import StoreNotFound
from ccm_core.pipeline.check import Check, diagnose
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace


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
    with ExitStack() as stack:
        store = None
        with suppress(StoreNotFound):  # nothing was collected yet
            store = stack.enter_context(workspace.read_store())
        checked_at, host = workspace.host.clock(), workspace.host
        checks = [await diagnose(host, connection, store) for connection in connections]
    return Check(
        checked_at=checked_at,
        plugins=tuple(_plugin_problems(workspace)),
        connections=tuple(checks),
    )


def _plugin_problems(workspace: Workspace) -> Iterator[Diagnosis]:
    failures = (f"{plugin}: {plugin.failure}" for plugin in workspace.catalog.failures)
    for problem in (*workspace.catalog.problems(), *failures):
        yield Diagnosis(subject="plugin", ok=False, message=problem)
