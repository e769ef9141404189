"""Run the whole cycle through the past of a demonstration: one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.app.acceptances.accept import accept_in_store
from ccm_core.app.acceptances.approve import approve, pending_approval
from ccm_core.app.acceptances.request import AcceptanceRequest
from ccm_core.app.cycle import evaluate_connections
from ccm_core.app.demonstration.approver_key import ApproverKey
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.app.workspace import Workspace
from ccm_core.collect.observer import NullObserver
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.documents import yaml_editor
from ccm_core.model.finding.finding import FindingState

if TYPE_CHECKING:
    from ccm_core.app.demonstration.running import Demo
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.sdk.types import DemoAcceptance, DemoStep


async def run_past(demo: Demo, on_step: Callable[[int, int], None]) -> Demo:
    """Run the cycle at every step but the last, and return the demonstration as it is there.

    Args:
        demo: The demonstration; one without a past stays as it is.
        on_step: Receives how many steps were taken, and how many there are.
    """
    history = demo.history
    if history is None:
        return demo
    for number, step in enumerate(history.steps):
        on_step(number, len(history.steps))
        history.move(step.at)
        if step.parameters:
            demo = with_parameters(demo, step.parameters)
        if step is history.steps[-1]:
            break
        await demo.collect(NullObserver())
        demo = _act(demo, step)
    return demo


def with_parameters(demo: Demo, parameters: JsonObject) -> Demo:
    """Write parameters of rules to the settings, and return the demonstration that goes by them."""
    file = SettingsFile.at(demo.settings_file, absent="")
    text = file.draft.document.text
    for name, value in parameters.items():
        text = yaml_editor.put(text, ("rules", "parameters", name), value)
    file.write(text)
    return reopened(demo)


def reopened(demo: Demo) -> Demo:
    """Return the demonstration with its settings as they are now."""
    before = demo.workspace
    workspace = replace(Workspace.open(demo.settings_file, before.ports), clock=before.clock)
    (connection,) = workspace.connections(secrets=False)
    connection = replace(connection, secrets=demo.connection.secrets, reread_secret=None)
    return replace(
        demo, workspace=workspace, connection=connection, rules=compile_rule_set(workspace)
    )


def _act(demo: Demo, step: DemoStep) -> Demo:
    if step.evaluates:
        evaluate_connections(demo.workspace, demo.store, demo.rules)
    if step.rotates_key:
        demo.rotate_key()
    if step.accepts is None:
        return demo
    return _accepted(demo, step.accepts, demo.approvers[step.accepts.approver])


def _accepted(demo: Demo, acceptance: DemoAcceptance, key: ApproverKey) -> Demo:
    """Accept the open findings of a check, and approve that as somebody else."""
    open_now = [
        finding.id
        for finding in demo.store.findings.current(states=frozenset({FindingState.OPEN}))
        if finding.state is FindingState.OPEN
        and acceptance.check in {check.rule for check in finding.checks}
    ]
    if not open_now:  # in a past of few days it does not fail yet
        return demo
    until = demo.workspace.clock() + timedelta(days=acceptance.days)
    request = AcceptanceRequest(
        findings=tuple(open_now[:1]),
        reason=acceptance.reason,
        owner=acceptance.owner,
        approver=acceptance.approver,
        until=f"{until:%Y-%m-%d}",
        by=acceptance.owner,
    )
    (asked,) = accept_in_store(demo.workspace, demo.store, request).asked
    demo = reopened(demo)
    pending = pending_approval(demo.workspace, demo.store, asked.waiver.id)
    approve(demo.workspace, demo.store, pending, key.sign(pending.statement))
    return demo
