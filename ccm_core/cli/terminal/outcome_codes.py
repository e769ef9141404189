"""What a run and an evaluation mean for the exit code."""

from __future__ import annotations

from ccm_core.cli.terminal.exit_codes import Exit, gravest
from ccm_core.model.evaluation.result import Evaluation, Status, deciding
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.evidence.manifest import Manifest


def of_manifest(manifest: Manifest) -> Exit:
    """Give the code for a run."""
    reasons = {one.reason for one in manifest.shortfalls}
    if reasons - {Reason.INTERRUPTED}:
        return Exit.SOURCE
    return Exit.OK if manifest.outcome is Outcome.COMPLETE else Exit.INSUFFICIENT


def of_evaluation(evaluation: Evaluation) -> Exit:
    """Give the code for an evaluation; a failure that a waiver covers is no failure."""
    results = [result for rule in evaluation.rules for result in deciding(rule.results)]
    statuses = {result.status for result in results} | {rule.status for rule in evaluation.rules}
    unproven = statuses & {Status.INSUFFICIENT, Status.ERROR} or evaluation.plugin_failures
    failing = any(one.status is Status.FAIL and not one.waiver for one in results)
    return gravest(
        [
            Exit.INSUFFICIENT if unproven else Exit.OK,
            Exit.RULES_FAIL if failing else Exit.OK,
        ]
    )
