"""What every endpoint is handed, and what several of them do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.api.control import Steering
from pagerduty_simulator.api.request import Asked
from pagerduty_simulator.api.responses import Answer, declined, json_answer

T = TypeVar("T")
_USUAL_LIMIT = 25
_DAY = 86_400
_TWO_WEEKS = 14 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An account and how it is steered."""

    account: Account
    steering: Steering

    def sees(self, team_ids: Iterable[str]) -> bool:
        """Tell whether the credential sees an object of these teams."""
        only = self.steering.only_teams
        return only is None or not only.isdisjoint(team_ids)

    def found(self, thing: T | None, team_ids: Iterable[str] = (), *, scoped: bool = False) -> T:
        """Give an object that was asked for by its id.

        Raises:
            Declined: It is not there, or this credential may not see it.
        """
        if thing is None:
            raise declined(404)
        if scoped and not self.sees(team_ids):
            raise declined(self.steering.hidden_status)
        return thing

    def needs(self, ability: str) -> None:
        """Refuse where the account's plan lacks an ability.

        Raises:
            Declined: It does.
        """
        if ability not in self.account.abilities:
            raise declined(402)

    def teams_asked(self, asked: Asked) -> frozenset[str] | None:
        """Give the teams that ``team_ids[]`` asks for; None where it asks for none."""
        wanted = asked.many("team_ids")
        if wanted:
            self.needs("teams")
        return frozenset(wanted) if wanted else None


def page(
    world: World,
    asked: Asked,
    key: str,
    items: Sequence[T],
    write: Callable[[T], object],
    *,
    usual: int = _USUAL_LIMIT,
    most: int | None = None,
) -> Answer:
    """Answer with one page of a list, in classic paging.

    Raises:
        Declined: The page lies beyond the cap.
    """
    limit = min(asked.whole_number("limit", usual) or usual, most or world.steering.most)
    offset = asked.whole_number("offset", 0)
    cap = world.steering.cap
    if offset + limit > cap:
        raise declined(
            400,
            f"Offset+limit exceeds maximum allowed value of {cap}. "
            "Please try to refine your search to reduce the returned set of records.",
            code=2002,
        )
    counted = asked.flag("total")
    return json_answer(
        {
            key: [write(item) for item in items[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "total": len(items) if counted else None,
            "more": offset + limit < len(items),
        }
    )


def named(asked: Asked, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Keep what ``query`` asks for, sorted by name."""
    query = (asked.one("query") or "").lower()
    backwards = asked.one("sort_by") == "name:desc"
    kept = (item for item in items if query in name(item).lower())
    return sorted(kept, key=lambda item: name(item).lower(), reverse=backwards)


def window_if_any(world: World, asked: Asked) -> tuple[int, int] | None:
    """Read ``since`` and ``until`` of a schedule; where one is given the other is two weeks away.

    Raises:
        Declined: One of them is no point in time, or they are the wrong way round.
    """
    since = asked.instant("since", world.account.time_zone)
    until = asked.instant("until", world.account.time_zone)
    if since is None and until is None:
        return None
    if since is None:
        since = (until or 0) - _TWO_WEEKS
    if until is None:
        until = since + _TWO_WEEKS
    if until < since:
        raise declined(400, "Until must be after since.", code=2005)
    return since, until
