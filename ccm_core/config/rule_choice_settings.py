"""Reads what the settings choose about rules: which are switched off, and severities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ccm_core.documents import Document, quoted, suggest
from ccm_core.documents import Path as KeyPath
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.rule_choices import DisabledRules, RuleChoices
from ccm_core.model.finding.policy import Person
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.statement_text import has_words

_DISABLED: KeyPath = ("rules", "disabled")
_SEVERITY: KeyPath = ("rules", "severity")


def read_rule_choices(
    document: Document, people: Mapping[str, Person], today: date, mistakes: list[Mistake]
) -> RuleChoices:
    """Return what the settings choose about rules; append the mistakes.

    Which rules there are is known once the packs are read:
    :func:`ccm_core.rules.choices.choice_mistakes.choice_mistakes` looks for those that are not.

    Args:
        document: The settings; mistakes that the schema found are in the list already.
        people: Those of the settings, by id.
        today: The day in UTC.
        mistakes: Receives the mistakes.
    """
    section = document.get(_DISABLED)
    entries = [
        (index, entry)
        for index, entry in enumerate(section if isinstance(section, list) else [])
        if isinstance(entry, dict)
    ]
    mistakes.extend(_repeated(document, entries))
    for index, entry in entries:
        mistakes.extend(_entry_mistakes(document, (*_DISABLED, index), entry, people, today))
    severities = document.get(_SEVERITY)
    levels = {level.value for level in Severity}
    return RuleChoices(
        disabled=tuple(_disabled(entry) for _, entry in entries if _is_whole(entry)),
        severities=FrozenDict(
            {
                rule: Severity(text)
                for rule, text in (severities if isinstance(severities, dict) else {}).items()
                if text in levels
            }
        ),
    )


def _is_whole(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("rule"), str) and isinstance(entry.get("reason"), str)


def _disabled(entry: Mapping[str, Any]) -> DisabledRules:
    return DisabledRules(
        rule=entry["rule"],
        reason=entry["reason"],
        by=str(entry.get("by", "")),
        until=_day(entry.get("until")),
    )


def _entry_mistakes(
    document: Document,
    path: KeyPath,
    entry: Mapping[str, Any],
    people: Mapping[str, Person],
    today: date,
) -> Iterator[Mistake]:
    reason, by, text = entry.get("reason"), entry.get("by"), entry.get("until")
    if isinstance(reason, str) and not has_words(reason):
        message = (
            f"got {quoted(reason)}, expected a reason in words: reports show it to whoever asks "
            "why the check is off"
        )
        yield document.mistake((*path, "reason"), message)
    if isinstance(by, str) and by not in people:
        message = suggest("person", by, sorted(people), label="`people` has")
        yield document.mistake((*path, "by"), message)
    until = _day(text)
    if isinstance(text, str) and until is None:
        message = f"expected a day such as {today}, got {quoted(text)}"
        yield document.mistake((*path, "until"), message)
    elif until is not None and until < today:
        message = (
            f"got {until}, which is past: the check is on again; remove the entry, or write a "
            "later day"
        )
        yield document.mistake((*path, "until"), message)


def _repeated(document: Document, entries: list[tuple[int, Any]]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for index, entry in entries:
        rule = entry.get("rule")
        if not isinstance(rule, str):
            continue
        if rule in first:
            location = document.location((*_DISABLED, first[rule], "rule"))
            message = f"a second entry for {quoted(rule)}; the first is at {location}"
            yield document.mistake((*_DISABLED, index, "rule"), message)
        first.setdefault(rule, index)


def _day(text: object) -> date | None:
    """Return a date; None where it is none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
