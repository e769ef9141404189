"""What somebody asks to accept, checked: every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ccm_core.approvals.people import find_person
from ccm_core.documents import suggest
from ccm_core.errors import UsageError
from ccm_core.model.finding.finding import Finding, FindingState
from ccm_core.model.finding.policy import Person
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.statement_text import has_words
from ccm_core.rules.pack.waiver_file import LONGEST
from ccm_core.sdk.timestamps import format_instant, parse_instant

_MOST_CHARACTERS = 4000
_DAY = timedelta(days=1)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class AcceptanceScope(StrEnum):
    """What an acceptance covers beside what fails now."""

    FINDING = "finding"
    """The causes of the findings alone."""
    RESOURCE = "resource"
    """The same checks on the same resources, whatever the cause."""
    RULE = "rule"
    """The same checks on every resource of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRequest:
    """What somebody asks to accept."""

    findings: tuple[str, ...]
    """Ids of findings, or the beginnings of them."""
    reason: str
    owner: str
    approver: str
    until: str
    """A day, which is the last one, or an instant."""
    scope: AcceptanceScope = AcceptanceScope.FINDING
    name: str = ""
    """The id of the acceptance; empty: one is made."""
    many: bool = False
    """Whether it is meant to cover many findings."""
    by: str | None = None
    """Who asks: the id of a person; None: whoever is logged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRequest:
    """A request without mistakes."""

    owner: Person
    approver: Person
    expires: datetime


def checked_request(
    request: AcceptanceRequest,
    findings: Sequence[Finding],
    people: Mapping[str, Person],
    now: datetime,
) -> CheckedRequest:
    """Return what a request means.

    Raises:
        UsageError: It has mistakes; all of them are listed.
    """
    mistakes = [*_wrong_findings(request, findings), *_wrong_reason(request.reason)]
    if request.name and not _NAME.fullmatch(request.name):
        mistakes.append(
            f"--id {request.name!r}: expected letters, digits, '.', '_' and '-', such as W-12"
        )
    owner, approver = (
        _person(option, name, people, mistakes)
        for option, name in (("--owner", request.owner), ("--approver", request.approver))
    )
    if owner is not None and owner is approver:
        mistakes.append(
            f"--approver {request.approver!r} is the owner, {owner.id}: expected somebody else"
        )
    elif approver is not None and not (approver.ssh_keys or approver.oidc):
        mistakes.append(
            f"--approver {approver.id!r} has neither ssh_keys nor oidc in `people` of the "
            "settings: nothing could prove the approval; add a public key"
        )
    expires = _expires(request.until, now, mistakes)
    if mistakes or owner is None or approver is None or expires is None:
        raise UsageError("\n".join(mistakes))
    return CheckedRequest(owner=owner, approver=approver, expires=expires)


def _wrong_findings(request: AcceptanceRequest, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.state is not FindingState.OPEN:
            yield (
                f"finding {finding.id} is {finding.state.value}: nothing fails that could be "
                "accepted; an acceptance never covers what is inconclusive"
            )
        elif request.scope is AcceptanceScope.RESOURCE and (
            not finding.subject.key or "*" in finding.subject.key
        ):
            yield (
                f"finding {finding.id} is not about one resource that could be named; use "
                "--scope finding"
            )


def _wrong_reason(reason: str) -> Iterator[str]:
    if not has_words(reason):
        yield f"--reason {reason!r}: expected why the risk is accepted, in words; reports show it"
    elif len(reason) > _MOST_CHARACTERS:
        yield f"--reason has {len(reason):,} characters; expected at most {_MOST_CHARACTERS:,}"


def _person(
    option: str, name: str, people: Mapping[str, Person], mistakes: list[str]
) -> Person | None:
    person = find_person(people, name)
    if person is None and people:
        mistakes.append(f"{option}: {suggest('person', name, sorted(people))}; see `people`")
    elif person is None and option == "--owner":
        mistakes.append(
            "the settings have no `people`: list who may own and approve risk acceptances, each "
            "with an id and ssh_keys"
        )
    return person


def _expires(until: str, now: datetime, mistakes: list[str]) -> datetime | None:
    """Return when an acceptance ends: a day is its last one."""
    last = now + LONGEST
    try:
        expires = end_of(until)
    except (ValueError, OverflowError):
        day = (last - _DAY).date()
        mistakes.append(
            f"--until {until!r}: expected the last day, such as {day}, or an instant such as "
            f"{format_instant(last)}; an acceptance has an end"
        )
        return None
    if expires <= now:
        mistakes.append(f"--until {until} has passed; expected a day from {now.date()} on")
    elif expires > last:
        mistakes.append(
            f"--until {until} is more than {LONGEST.days} days ahead; expected at most "
            f"{(last - _DAY).date()}: then it is decided anew"
        )
    else:
        return expires
    return None


def end_of(until: str) -> datetime:
    """Return when something ends: a day is its last one.

    Raises:
        ValueError: It is neither a day nor an instant.
        OverflowError: There is no such time.
    """
    if "T" in until.upper() or " " in until.strip():
        return parse_instant(until)
    day = date.fromisoformat(until)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY
