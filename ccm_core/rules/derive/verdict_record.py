"""What the rules of a group say of a subject: the body of a record, and letters to count by.

The body names neither the subject nor evidence, so that equal verdicts of many subjects are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.verdict_letters import LETTERS, NOT_DUE, NOT_JUDGED
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.incremental.result_cache import NOT_DUE_YET
from ccm_core.sdk.timestamps import format_instant, parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says of one subject."""

    status: Status
    reason: str
    due_at: datetime | None = None
    looked_up: tuple[str, ...] = ()
    """Records beside those of the row that it rests on, as ``kind:key``."""


def verdict_body(results: Iterable[Result]) -> JsonObject:
    """Return the body of the record of a subject, by rule."""
    return {result.rule: _body(result) for result in results}


def _body(result: Result) -> JsonObject:
    body: JsonObject = {"status": result.status.value, "reason": result.reason}
    if result.due_at is not None:
        body["due_at"] = format_instant(result.due_at)
    return body


def verdicts_of(body: JsonObject) -> dict[str, Verdict]:
    """Return the verdicts of a record's body, by rule.

    Raises:
        KeyError: It is no body of verdicts.
        ValueError: It has a status or a moment that is none.
    """
    return {
        rule: Verdict(
            status=Status(verdict["status"]),
            reason=verdict["reason"],
            due_at=parse_instant(verdict["due_at"]) if "due_at" in verdict else None,
            looked_up=tuple(verdict.get("looked_up", ())),
        )
        for rule, verdict in body.items()
    }


def letters(rules: Sequence[str], results: Mapping[str, Result]) -> str:
    """Return a letter for each rule in the order of their names."""
    return "".join(_letter(results.get(rule)) for rule in sorted(rules))


def _letter(result: Result | None) -> str:
    if result is None:
        return NOT_JUDGED
    is_due = result.status is not Status.NOT_APPLICABLE or result.reason != NOT_DUE_YET
    return LETTERS[result.status] if is_due else NOT_DUE
