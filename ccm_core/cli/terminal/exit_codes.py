"""Exit codes, and which of several problems decides.

==== ===========================================================
code meaning
==== ===========================================================
0    OK
1    checks fail
2    usage, settings, plugins or the store must be fixed
3    evidence is insufficient or partial, so nothing is proven
4    a source could not be reached, or refused the credential
5    stored evidence is not what was stored
130  interrupted
==== ===========================================================

The most severe one decides, in the order 2, 5, 4, 3, 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, IntegrityError, SourceError

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evidence.manifest import Manifest


class Exit(IntEnum):
    """The exit code of the process."""

    OK = 0
    RULES_FAIL = 1
    USAGE = 2
    INSUFFICIENT = 3
    SOURCE = 4
    INTEGRITY = 5
    STOPPED = 130


_MOST_SEVERE_FIRST = (
    Exit.USAGE,
    Exit.INTEGRITY,
    Exit.SOURCE,
    Exit.INSUFFICIENT,
    Exit.RULES_FAIL,
    Exit.OK,
)


def most_severe(codes: Iterable[Exit]) -> Exit:
    """Return the code that decides among several."""
    return min(codes, key=_MOST_SEVERE_FIRST.index, default=Exit.OK)


def error_code(error: CcmError) -> Exit:
    """Return the code of an error that ended a command."""
    if isinstance(error, IntegrityError):
        return Exit.INTEGRITY
    return Exit.SOURCE if isinstance(error, SourceError) else Exit.USAGE


def run_code(manifest: Manifest) -> Exit:
    """Return the code of a run."""
    from ccm_core.model.evidence.collection import Outcome, Reason

    reasons = {shortfall.reason for shortfall in manifest.shortfalls}
    if reasons - {Reason.INTERRUPTED}:
        return Exit.SOURCE
    return Exit.OK if manifest.outcome is Outcome.COMPLETE else Exit.INSUFFICIENT


def evaluation_code(evaluation: Evaluation) -> Exit:
    """Return the code of an evaluation; a failure that a waiver covers does not count."""
    return most_severe(_evaluation_codes(evaluation))


def is_inconclusive_beside_failures(evaluation: Evaluation) -> bool:
    """Return whether the code of an evaluation hides that checks fail as well."""
    return _evaluation_codes(evaluation) >= {Exit.INSUFFICIENT, Exit.RULES_FAIL}


def _evaluation_codes(evaluation: Evaluation) -> set[Exit]:
    """Return every code that an evaluation gives reason for."""
    from ccm_core.model.evaluation.result import Status, deciding

    results = [result for rule in evaluation.rules for result in deciding(rule.results)]
    statuses = {result.status for result in results} | {rule.status for rule in evaluation.rules}
    unproven = statuses & {Status.INSUFFICIENT, Status.ERROR} or evaluation.plugin_failures
    failing = any(result.status is Status.FAIL and not result.waiver for result in results)
    return {
        Exit.INSUFFICIENT if unproven else Exit.OK,
        Exit.RULES_FAIL if failing else Exit.OK,
    }
