"""The wording of reports: one for every format."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from ccm_core.control_characters import replace_controls
from ccm_core.model.assurance import Conclusion
from ccm_core.model.evaluation.result import AutomationCoverage, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.collection import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccm_core.model.assurance import ScopeAssurance
    from ccm_core.model.evidence.manifest import VisibilityGap

STATUS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PASS: "passed",
        Status.FAIL: "failed",
        Status.INSUFFICIENT: "inconclusive",
        Status.ERROR: "ended in an error",
        Status.NOT_APPLICABLE: "not applicable",
    }
)
CONCLUSION: Mapping[Conclusion, str] = MappingProxyType(
    {
        Conclusion.NO_EXCEPTIONS: "no exceptions noted in automated tests",
        Conclusion.EXCEPTIONS: "exceptions noted in automated tests",
        Conclusion.NO_OCCURRENCES: "no occurrences in the period",
        Conclusion.OPEN_AT_CUT_OFF: "open at the cut-off",
        Conclusion.EVIDENCE_INCOMPLETE: "evidence incomplete for the period",
    }
)
AUTOMATED: Mapping[AutomationCoverage, str] = MappingProxyType(
    {
        AutomationCoverage.FULL: "fully automated",
        AutomationCoverage.PARTIAL: "partly automated",
        AutomationCoverage.NOT_STATED: "extent of automation not stated",
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
        Reason.NOT_AVAILABLE: "not part of the plan, or not found",
        Reason.TRUNCATED: "the source cut the list short",
        Reason.DRIFTED: "the list changed while it was read",
        Reason.RATE_LIMITED: "the rate limit was exhausted",
        Reason.REJECTED_RECORDS: "records did not fit their schema",
        Reason.HIDDEN_REFERENCES: "references to objects that are not visible",
        Reason.VISIBILITY: "the credential may not see all of it",
        Reason.COLLAPSED: "most of it is gone at once",
        Reason.CONTRADICTED: "another list states the opposite",
        Reason.UNIDENTIFIED: "the source does not tell whose account it is",
        Reason.INTERRUPTED: "the run was interrupted",
        Reason.SOURCE_ERROR: "the source answered with an error",
        Reason.ERASED: "it was erased by order",
    }
)
INCONCLUSIVE = "inconclusive (insufficient evidence)"
"""Where the headline of a whole report names the status."""
INCONCLUSIVE_MEANS = (
    "Inconclusive means insufficient evidence: it was missing, partial or too old. "
    "It is never counted as a pass."
)

PERIOD_NOT_ENDED = "The period has not ended: this covers the part that has elapsed."

SEVERITIES = tuple(reversed(Severity))
"""The most serious first."""

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))
_EXACT = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d+Z")
"""An instant with fractions of a second."""


def headline(status: Status) -> str:
    """Return a status in the words of a whole report's headline, which say why."""
    return INCONCLUSIVE if status is Status.INSUFFICIENT else STATUS[status]


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 check``, ``2,000 checks``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def automated(extents: Iterable[AutomationCoverage]) -> str:
    """Count by extent of automation: ``1 fully automated, 7 partly automated``."""
    counts = Counter(extents)
    return ", ".join(
        f"{counts[extent]:,} {AUTOMATED[extent]}" for extent in AUTOMATED if counts[extent]
    )


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(words) < 2:  # noqa: PLR2004 - one word needs no "and"
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def listed_first(words: Sequence[str], most: int = 12) -> str:
    """Join words as a sentence does; of very many, the first, and how many more there are."""
    if len(words) <= most:
        return listed(words)
    return listed([*words[: most - 1], f"{len(words) - most + 1:,} more"])


def untitled(reason: str, title: str) -> str:
    """Leave the resource's name out of the beginning of a reason that is shown beside it."""
    for mark in (": ", " "):
        if reason.startswith(title + mark):
            return reason[len(title + mark) :]
    return reason


def scope(names: Sequence[str]) -> str:
    """Return a sentence that a report shows only a part of an evaluation."""
    return f"This report covers a part of the evaluation: only {listed(names)}."


def scope_warnings(scopes: Iterable[ScopeAssurance]) -> tuple[str, ...]:
    """Return what is to be said loudly of the scopes of frameworks over a period."""
    return tuple(f"the scope of {one.framework} {one.problem}" for one in scopes if one.problem)


def capital(text: str) -> str:
    """Return a text with a capital first letter and the rest unchanged."""
    return text[:1].upper() + text[1:]


def moment(instant: datetime) -> str:
    """Return an instant in UTC, to the minute."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def to_the_minute(text: str) -> str:
    """Return a text in which instants with fractions of a second are written as people do."""
    return _EXACT.sub(r"\1 \2 UTC", text)


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: ``4h``, ``1h30m``, ``2d4h``, ``0.4s``."""
    sign, length = ("-" if seconds < 0 else ""), abs(seconds)
    for index, (unit, size) in enumerate(_UNITS):
        if length >= size:
            whole, remainder = divmod(int(length), size)
            smaller_unit, smaller = (*_UNITS, ("s", 1))[index + 1]
            count = remainder // smaller
            return f"{sign}{whole}{unit}" + (f"{count}{smaller_unit}" if count else "")
    return f"{sign}{length:.1f}".removesuffix(".0") + "s"


def percent(share: float) -> str:
    """Return a share in percent, never rounded up: only the whole is 100 %."""
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def link(url: str | None) -> str | None:
    """Return an address that may be clicked: http and https only, since sources name addresses."""
    return url if url and re.match(r"https?://[^\s]+\Z", url, re.IGNORECASE) else None


def uri(url: str | None) -> str | None:
    """Return an address that may be clicked, in the characters of RFC 3986."""
    address = link(url)
    return quote(replace_controls(address), safe="%:/?#[]@!$&'()*+,;=~") if address else None


def unseen(entry: VisibilityGap) -> str:
    """Return what a credential is known not to see of one kind."""
    if not entry.subjects:
        return f"{entry.kind}: {REASON[entry.reason]}"
    count = len(entry.subjects) if entry.objects is None else entry.objects
    more = f" and {count - len(entry.subjects)} more" if count > len(entry.subjects) else ""
    others = ", and it may be any other" if entry.objects is None else ""
    return f"{entry.kind}: {REASON[entry.reason]}: {', '.join(entry.subjects)}{more}{others}"
