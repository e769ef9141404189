"""Whether the risk acceptances of a finding count, and why others do not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ccm_core.approvals.standing import approval_problem
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.act import ANSWERS, ActKind, FindingAct
from ccm_core.model.finding.finding import ACTIVE, FindingState
from ccm_core.model.finding.work_item import AcceptanceStanding, AcceptanceState, WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_instant

_ENDED = {
    ActKind.ACCEPTANCE_REFUSED: "refused",
    ActKind.ACCEPTANCE_WITHDRAWN: "withdrew",
}
_Decided = tuple[AcceptanceState, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntries:
    """The entries of the waivers file, as the newest evaluation read them."""

    waivers: Mapping[str, Waiver]
    """By id."""
    at: datetime
    """The moment of that evaluation."""


def acceptance_standings(
    item: WorkItem, entries: ReadEntries | None, now: datetime
) -> Iterator[AcceptanceStanding]:
    """Yield whether each acceptance counts that somebody asked for or that covers a finding.

    Args:
        item: The finding; of one that is closed, none is listed.
        entries: None: they are not known.
        now: The moment of which the finding is shown.
    """
    if entries is None or item.finding.state not in ACTIVE:
        return
    last = {
        act.waiver: act
        for act in item.acts
        if act.kind is ActKind.ACCEPTANCE_ASKED or act.kind in ANSWERS
    }
    for name in dict.fromkeys([*last, *_covering(item)]):
        state, reason = _standing(name, item, last.get(name), entries, now)
        yield AcceptanceStanding(acceptance=name, state=state, reason=reason)


def _standing(
    name: str, item: WorkItem, act: FindingAct | None, entries: ReadEntries, now: datetime
) -> _Decided:
    entry = entries.waivers.get(name)
    is_news = act is not None and act.at > entries.at
    if entry is None:
        return _without_entry(act, entries, is_news=is_news)
    if is_news and act is not None:
        return _since(item, act, name)
    return _by_entry(entry, item, entries, now)


def _without_entry(act: FindingAct | None, entries: ReadEntries, *, is_news: bool) -> _Decided:
    if act is not None and act.kind in _ENDED:
        return AcceptanceState.NOT_IN_FORCE, _ended(act)
    if is_news and act is not None:
        return AcceptanceState.REQUESTED, _requested(act)
    return AcceptanceState.NOT_IN_FORCE, (
        "its entry is not in the waivers file any more, as of the evaluation of "
        f"{_moment(entries.at)}; `ccm findings accept` asks anew"
    )


def _since(item: WorkItem, act: FindingAct, name: str) -> _Decided:
    """Return the standing of an entry about which something was done since it was read."""
    if act.kind not in _ENDED:
        return AcceptanceState.REQUESTED, _requested(act)
    if name in _covering(item):
        return AcceptanceState.IN_FORCE, f"{_ended(act)}; it counts until the next evaluation"
    return AcceptanceState.NOT_IN_FORCE, _ended(act)


def _by_entry(entry: Waiver, item: WorkItem, entries: ReadEntries, now: datetime) -> _Decided:
    problem = approval_problem(entry, now)
    if entry.expires <= now:
        return AcceptanceState.NOT_IN_FORCE, f"it ended at {_moment(entry.expires)}"
    if problem is not None:
        is_asked = entry.approval is None
        state = AcceptanceState.REQUESTED if is_asked else AcceptanceState.NOT_IN_FORCE
        return state, problem
    if entry.id not in _covering(item):
        return AcceptanceState.NOT_IN_FORCE, _not_covering(entry, item)
    since = f", approved at {_moment(entry.approval.at)}" if entry.approval else ""
    text = f"until {_moment(entry.expires)}{since}, as of the evaluation of {_moment(entries.at)}"
    if item.accepted_until is None:
        return AcceptanceState.IN_FORCE, f"{text}; it does not cover all checks that fail"
    return AcceptanceState.IN_FORCE, text


def _not_covering(entry: Waiver, item: WorkItem) -> str:
    if item.finding.state is FindingState.INCONCLUSIVE:
        return "an acceptance never covers what is inconclusive"
    if others := ", ".join(sorted(_covering(item))):
        return f"{others} covers what it would cover"
    rules = set(entry.rules).intersection(item.finding.rules)
    return "its entry does not name this finding" if rules else "its entry names other checks"


def _covering(item: WorkItem) -> dict[str, None]:
    """Return the acceptances that cover a check of a finding."""
    return {check.waiver: None for check in item.finding.checks if check.waiver is not None}


def _requested(act: FindingAct) -> str:
    if act.kind is ActKind.ACCEPTANCE_APPROVED:
        return f"{act.by} approved it at {_moment(act.at)}: it counts from the next evaluation on"
    return f"{act.by} asked for it at {_moment(act.at)}; nobody has approved it"


def _ended(act: FindingAct) -> str:
    reason = f": {act.text}" if act.text else ""
    return f"{act.by} {_ENDED[act.kind]} it on {_moment(act.at)}{reason}"


def _moment(at: datetime) -> str:
    return format_instant(at.replace(microsecond=0))
