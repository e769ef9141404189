"""What the rules of a group say of a subject: the body of a record, and letters to count by.

The body names neither the subject nor evidence, so that equal verdicts of many subjects are one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ccm_core.model.evaluation.verdict_letters import NOT_JUDGED
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.evaluate.rule_counts import letter_of
from ccm_core.rules.pack.compiled import RowEvaluation
from ccm_core.sdk.timestamps import format_instant


def verdict_body(
    results: Mapping[str, RowEvaluation], looked_up: Mapping[str, Sequence[str]]
) -> JsonObject:
    """Return the body of the record of a subject, by rule.

    Args:
        results: By rule.
        looked_up: By rule: the records beside those of the row that it read, as ``kind:key``.
    """
    return {rule: _body(result, looked_up.get(rule, ())) for rule, result in results.items()}


def _body(result: RowEvaluation, looked_up: Sequence[str]) -> JsonObject:
    body: JsonObject = {"status": result.status.value, "reason": result.reason}
    if result.due_at is not None:
        body["due_at"] = format_instant(result.due_at)
    if result.cause:
        body["cause"] = list(result.cause)
    if looked_up:
        body["looked_up"] = list(looked_up)
    return body


def letters(rules: Sequence[str], results: Mapping[str, RowEvaluation]) -> str:
    """Return a letter for each rule, which are sorted by name."""
    present = (results.get(rule) for rule in rules)
    return "".join(
        NOT_JUDGED if result is None else letter_of(result.status, result.reason)
        for result in present
    )
