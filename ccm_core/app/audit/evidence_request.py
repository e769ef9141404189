"""What somebody states about a file that they attach, checked: every mistake at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from ccm_core.app.acceptances.request import end_of
from ccm_core.errors import UsageError
from ccm_core.frameworks.mapping_checks import unknown_control
from ccm_core.model.framework import Catalogues
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period import Period, parse_period
from ccm_core.model.statement_text import has_words
from ccm_core.sdk.timestamps import format_instant

LONGEST = 2000
"""Characters of a text that people state."""
_NEAR = 3
"""Ids that a message names where a control is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """What somebody states about a file."""

    file: Path
    controls: tuple[str, ...]
    """As ``framework:id``."""
    period: str
    expires: str
    """A day, which is the last one, or an instant."""
    title: str = ""
    """Empty: the name of the file."""
    comment: str = ""
    by: str | None = None
    """Who attaches it: the id of a person; None: whoever is logged in."""
    digest_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEvidence:
    """A request without mistakes."""

    controls: tuple[str, ...]
    period: Period
    expires: datetime


def checked_evidence(
    request: EvidenceRequest, catalogues: Catalogues, now: datetime
) -> CheckedEvidence:
    """Return what a request means.

    Raises:
        UsageError: It has mistakes; all of them are listed.
    """
    mistakes = [*_wrong_controls(request.controls, catalogues)]
    for option, text in (("--title", request.title), ("--comment", request.comment)):
        mistakes += wrong_text(option, text)
    period = _period(request.period, now, mistakes)
    expires = _expires(request.expires, period, mistakes)
    if mistakes or period is None or expires is None:
        raise UsageError("\n".join(mistakes))
    controls = tuple(dict.fromkeys(request.controls))
    return CheckedEvidence(controls=controls, period=period, expires=expires)


def wrong_text(option: str, text: str, *, needs: str = "") -> Iterator[str]:
    """Yield what is wrong with a text that somebody states.

    Args:
        option: By which it was stated.
        text: The text.
        needs: What it has to say in words; empty: it may be empty.
    """
    if needs and not has_words(text):
        yield f"{option} {text!r}: expected {needs}, in words; auditors read it"
    elif len(text) > LONGEST:
        yield f"{option} has {len(text):,} characters; expected at most {LONGEST:,}"
    elif any("\ud800" <= letter <= "\udfff" for letter in text):
        yield f"{option} {text!a}: expected text in UTF-8"


def _wrong_controls(controls: Sequence[str], catalogues: Catalogues) -> Iterator[str]:
    if not controls:
        yield "--control: expected at least one, such as soc2:CC7.4"
    for text in controls:
        framework, colon, number = text.partition(":")
        if not (framework and colon and number):
            yield f"--control {text!r}: expected FRAMEWORK:ID, such as soc2:CC7.4"
        elif unknown := unknown_control(catalogues, framework, number, near=_NEAR):
            show = f" `ccm frameworks show {framework}` lists them"
            yield f"--control {text}: {unknown}{show if framework in catalogues else ''}"


def _period(text: str, now: datetime, mistakes: list[str]) -> Period | None:
    try:
        period = parse_period(text)
    except ValueError as error:
        mistakes.append(f"--period: {error}")
        return None
    if period.window.since > now:
        begins = format_instant(period.window.since)
        mistakes.append(f"--period {text} has not begun: it begins {begins}")
        return None
    return period


def _expires(text: str, period: Period | None, mistakes: list[str]) -> datetime | None:
    """Return when the evidence expires: a day is its last one."""
    try:
        expires = end_of(text)
    except (ValueError, OverflowError):
        mistakes.append(
            f"--expires {text!r}: expected its last day, such as 2027-03-31, or an instant such as "
            "2027-04-01T00:00:00Z"
        )
        return None
    if period is not None and expires <= period.window.since:
        begins = format_instant(period.window.since)
        mistakes.append(
            f"--expires {text} is before the period {period.text} begins ({begins}): it would say "
            "nothing about it"
        )
        return None
    return expires
