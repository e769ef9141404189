"""Who owns a finding: whom it was assigned to, an entry of the settings, or the source's teams."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import Finding
from ccm_core.model.finding.policy import FindingPolicy, OwnerRule
from ccm_core.model.finding.work_item import Owner, OwnerSource


def owner_of(
    finding: Finding, acts: Iterable[FindingAct], policy: FindingPolicy, teams: Collection[str]
) -> Owner:
    """Return the owner of a finding.

    Args:
        finding: The finding.
        acts: What was done about it, in order.
        policy: What the settings say.
        teams: All teams that the source and the settings know, in whatever case.
    """
    assigned = [act.owner for act in acts if act.kind is ActKind.ASSIGNED]
    if assigned and assigned[-1]:
        return _owner((assigned[-1],), OwnerSource.ASSIGNED, policy, teams)
    for entry in policy.owners:
        if _matches(entry, finding):
            return _owner((entry.owner,), OwnerSource.SETTINGS, policy, teams)
    if finding.subject.owners:
        return Owner(names=finding.subject.owners, source=OwnerSource.SOURCE)
    return Owner()


def known_teams(of_source: Iterable[str], policy: FindingPolicy) -> frozenset[str]:
    """Return the teams that the source and the settings know, case folded."""
    names = list(of_source)
    names += [name for person in policy.people.values() for name in person.teams]
    names += [entry.owner for entry in policy.owners]
    return frozenset(name.casefold() for name in names)


def _owner(
    names: tuple[str, ...], source: OwnerSource, policy: FindingPolicy, teams: Collection[str]
) -> Owner:
    unknown = tuple(
        name for name in names if name not in policy.people and name.casefold() not in teams
    )
    return Owner(names=names, source=source, unknown=unknown)


def _matches(entry: OwnerRule, finding: Finding) -> bool:
    subject = finding.subject
    owners = {name.casefold() for name in subject.owners}
    return (
        _any(entry.rules, finding.rules)
        and (not entry.connections or finding.connection in entry.connections)
        and (not entry.kinds or subject.kind in entry.kinds)
        and _any(entry.resources, (subject.title, subject.key))
        and (not entry.teams or not owners.isdisjoint(name.casefold() for name in entry.teams))
        and not (entry.unowned and owners)
    )


def _any(patterns: Collection[str], values: Iterable[str]) -> bool:
    return not patterns or any(
        fnmatchcase(value, pattern) for value in values for pattern in patterns
    )
