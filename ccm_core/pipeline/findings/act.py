"""Do something about findings: each act is stored and logged, and never changed."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.documents import suggest
from ccm_core.errors import UsageError
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import ACTIVE, Finding
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.statement_text import has_words
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.pipeline.source.clock import after_last_evaluation
from ccm_core.store.interface.evidence_store import EvidenceStore

_LONGEST = 2000
"""Characters of a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody does about findings."""

    kind: ActKind
    by: str | None = None
    """The id of a person; None: whoever is logged in on this machine."""
    text: str = ""
    owner: str = ""
    """For an assignment: to whom; empty: to whoever owns it otherwise."""
    revision: int | None = None
    """How many acts of the finding they have seen; None: whatever there is."""


def act_on_findings(
    reader: FindingReader, names: Sequence[str], action: Action
) -> Sequence[FindingAct]:
    """Store what somebody does about findings: about all of them, or, on a mistake, about none.

    Args:
        reader: Reads the findings of a store that is open for writing.
        names: Their ids, or the beginnings of them.
        action: What is done.

    Raises:
        UsageError: There is no such finding, person or team; a comment says nothing; it is closed;
            or somebody did something else meanwhile.
    """
    if action.revision is not None and len(names) > 1:
        raise UsageError("--revision is of one finding; name one")
    findings = [reader.find(name) for name in dict.fromkeys(names)]
    _check(findings, action)
    owner = _owner(reader, action.owner)
    by = acting_person(action.by, reader.policy)
    at = acting_moment(reader.store, reader.now)
    acts = [
        FindingAct(
            finding=finding.id,
            kind=action.kind,
            at=at,
            by=by,
            text=action.text,
            owner=owner,
        )
        for finding in findings
    ]
    return [
        replace(act, number=reader.store.findings.append_act(act, revision=action.revision))
        for act in acts
    ]


def _check(findings: Sequence[Finding], action: Action) -> None:
    mistakes = []
    if action.kind is ActKind.COMMENTED and not has_words(action.text):
        mistakes.append(f"got {action.text!r}, expected a comment in words")
    if len(action.text) > _LONGEST:
        mistakes.append(f"a comment has at most {_LONGEST:,} characters, got {len(action.text):,}")
    if action.kind is ActKind.ACKNOWLEDGED:
        mistakes += [
            f"finding {finding.id} is {finding.state.value}: there is nothing to work on"
            for finding in findings
            if finding.state not in ACTIVE
        ]
    for text in (action.text, action.owner, action.by or ""):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            mistakes.append(f"{text!r} is no text in UTF-8")
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _owner(reader: FindingReader, owner: str) -> str:
    """Return a team or person as it is written, in whatever case it is named.

    Raises:
        UsageError: Neither the source nor the settings know it.
    """
    known = reader.known_owners()
    if not owner or owner in known:
        return owner
    for name in sorted(known):
        if name.casefold() == owner.casefold():
            return name
    message = suggest("team or person", owner, sorted(known))
    end = "" if message.endswith("?") else "."
    raise UsageError(f"{message}{end} People are listed under `people` of the settings")


def acting_moment(store: EvidenceStore, now: datetime) -> datetime:
    """Return when something is done: after the newest evaluation, also where a clock went back.

    Whether that evaluation had seen it already is told by the two moments.
    """
    return after_last_evaluation(now, now, store.findings.tracked_until())


def acting_person(by: str | None, policy: FindingPolicy) -> str:
    """Return who does something: the id of a person, or whoever is logged in on this machine.

    Raises:
        UsageError: The settings have people, and none of that id.
    """
    if by is None:
        return _login()
    if policy.people and by not in policy.people:
        raise UsageError(suggest("person", by, sorted(policy.people)))
    if not has_words(by):
        raise UsageError(f"--by {by!r}: expected the id of a person")
    return by


def _login() -> str:
    """Return what the operating system calls whoever runs this."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as cause:
        raise UsageError("who runs this is not known; name a person with --by PERSON") from cause
