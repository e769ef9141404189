"""How a report says things: one wording for every format."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from ccm_core.model.evaluation.result import Automated, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.collection import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccm_core.model.evidence.manifest import Unseen

STATUS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PASS: "holds",
        Status.FAIL: "fails",
        Status.INSUFFICIENT: "could not be judged",
        Status.ERROR: "ended in an error",
        Status.NOT_APPLICABLE: "does not apply",
    }
)
AUTOMATED: Mapping[Automated, str] = MappingProxyType(
    {
        Automated.WHOLLY: "wholly automated",
        Automated.PARTLY: "partly automated",
        Automated.NOT_STATED: "share automated not stated",
    }
)
OUTCOME: Mapping[Outcome | None, str] = MappingProxyType(
    {
        Outcome.COMPLETE: "complete",
        Outcome.PARTIAL: "partial",
        Outcome.UNAVAILABLE: "unavailable",
        Outcome.FAILED: "failed",
        None: "never collected",
    }
)
REASON: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.DENIED: "access was denied",
        Reason.NOT_AVAILABLE: "the plan lacks it, or it is not there",
        Reason.TRUNCATED: "the source cut the list short",
        Reason.DRIFTED: "the list changed while it was read",
        Reason.RATE_LIMITED: "the rate limit held to the end",
        Reason.REJECTED_RECORDS: "records did not fit their schema",
        Reason.HIDDEN_REFERENCES: "objects are named that cannot be seen",
        Reason.INTERRUPTED: "the run was cut off",
        Reason.SOURCE_ERROR: "the source answered with an error",
        Reason.ERASED: "it was erased by order",
    }
)
INSUFFICIENT_MEANS = (
    "Could not be judged (insufficient) means that the evidence was missing, partial or too old. "
    "It is never counted as a pass."
)

SEVERITIES = tuple(reversed(Severity))
"""The most serious first."""

_PLURAL = {"holds": "hold", "fails": "fail", "does not apply": "do not apply"}
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but tab and line feed, half surrogate pairs, and what turns text around."""
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def status(status: Status, number: int = 1) -> str:
    """Give the verb of a status: ``fails`` for one rule, ``fail`` for several or none."""
    word = STATUS[status]
    return word if number == 1 else _PLURAL.get(word, word)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Give a number with its noun: ``1 rule``, ``2,000 rules``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def automated(shares: Iterable[Automated]) -> str:
    """Count the shares that are automated: ``1 wholly automated, 7 partly automated``."""
    seen = Counter(shares)
    return ", ".join(f"{seen[one]:,} {said}" for one, said in AUTOMATED.items() if seen[one])


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(words) < 2:  # noqa: PLR2004 - one word needs no "and"
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def part(named: Sequence[str]) -> str:
    """Say that a report shows a part of an evaluation only."""
    return f"This is a part of the evaluation: only {listed(named)}."


def capital(text: str) -> str:
    """Begin with a capital letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def moment(instant: datetime) -> str:
    """Say an instant in UTC, to the minute."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(seconds: float) -> str:
    """Say a length of time in its largest unit, and the next one where it matters."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    for place, (unit, size) in enumerate(_UNITS):
        if left >= size:
            whole, rest = divmod(int(left), size)
            below, smaller = _UNITS[place + 1] if place + 1 < len(_UNITS) else ("s", 1)
            part = f" {rest // smaller} {below}" if rest // smaller else ""
            return f"{sign}{whole} {unit}{part}"
    return f"{sign}{left:.1f}".removesuffix(".0") + " s"


def link(url: str | None) -> str | None:
    """Give an address that may be clicked: http and https only, since sources name addresses."""
    return url if url and re.match(r"https?://[^\s]+\Z", url, re.IGNORECASE) else None


def uri(url: str | None) -> str | None:
    """Give an address that may be clicked, with no character that RFC 3986 does not know."""
    found = link(url)
    return quote(clean(found), safe="%:/?#[]@!$&'()*+,;=~") if found else None


def clean(text: str) -> str:
    """Replace what could steer a terminal or turn text around; such characters are never shown."""
    return _HIDDEN.sub("\ufffd", text)


def unseen(one: Unseen) -> str:
    """Say what a credential was shown not to see of one kind."""
    if not one.subjects:
        return f"{one.kind}: {REASON[one.reason]}"
    count = len(one.subjects) if one.objects is None else one.objects
    more = f" and {count - len(one.subjects)} more" if count > len(one.subjects) else ""
    others = ", and it may be any other" if one.objects is None else ""
    return f"{one.kind}: {REASON[one.reason]}: {', '.join(one.subjects)}{more}{others}"
