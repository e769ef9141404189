"""Which changes of members left a team without any."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.sdk.types import Record, VersionChange


def emptied_teams(
    changes: Sequence[VersionChange], members: Iterable[Record]
) -> Iterator[tuple[VersionChange, str]]:
    """Yield each change after which its team had no member, with the id of the team.

    Args:
        changes: Of members of teams, in the order of storing.
        members: Those that there are now: each change is undone from these backwards.
    """
    present: dict[str, set[str]] = defaultdict(set)
    for member in members:
        present[_team(member)].add(member.key)
    for change in reversed(changes):
        if change.before is not None and change.after is None:
            if change.before.erased_at is not None:
                continue
            team = _team(change.before)
            if not present[team]:
                yield change, team
            present[team].add(change.key)
        elif change.before is None and change.after is not None and not change.after.erased_at:
            present[_team(change.after)].discard(change.key)


def _team(member: Record) -> str:
    return str(member.body["team"]["id"])
