"""The context that every endpoint receives: visibility, filters and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pagerduty_simulator.account.account import Account
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import rejection

T = TypeVar("T")
_SEE_PRIVATE_TEAMS = frozenset({"owner", "admin"})
"""Base roles that see every private team, beside its members."""
_DAY = 86_400
_TWO_WEEKS = 14 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointContext:
    """An account and the controls of the simulator that serves it."""

    account: Account
    control: SimulatorControl
    credential: SimulatedCredential | None = None

    def can_see(self, team_ids: Iterable[str]) -> bool:
        """Return whether the credential sees an object of these teams."""
        teams, (visible, hidden) = frozenset(team_ids), self.visibility
        if visible is not None and visible.isdisjoint(teams):
            return False
        return not teams or not teams <= hidden

    @property
    def visibility(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        """Return the only teams whose objects are visible, and those whose objects are not."""
        only = self.control.visible_teams
        return None if only is None else frozenset(only), self._hidden_teams()

    @property
    def sees_everything(self) -> bool:
        """Return whether nothing is hidden from the credential."""
        return self.visibility == (None, frozenset())

    def _hidden_teams(self) -> frozenset[str]:
        """Return the private teams of which the key's owner is no member, by their base role."""
        user_id = self.credential.user_id if self.credential else None
        user = self.account.users.get(user_id or "")
        if user_id is None or (user is not None and user.role in _SEE_PRIVATE_TEAMS):
            return frozenset()
        own = {member.team_id for member in self.account.memberships if member.user_id == user_id}
        private = {team.id for team in self.account.teams.values() if team.default_role == "none"}
        return frozenset(private - own)

    def require(self, value: T | None, team_ids: Iterable[str] = (), *, scoped: bool = False) -> T:
        """Return an object that was requested by its id.

        Raises:
            RejectedRequest: It does not exist, or this credential may not see it.
        """
        if value is None:
            raise rejection(404)
        if scoped and not self.can_see(team_ids):
            raise rejection(self.control.hidden_status)
        return value

    def require_ability(self, ability: str) -> None:
        """Check that the account's plan has an ability.

        Raises:
            RejectedRequest: The plan lacks it.
        """
        if ability not in self.account.abilities:
            raise rejection(402)

    def requested_teams(self, request: SimulatedRequest) -> frozenset[str] | None:
        """Return the teams of the filter ``team_ids[]``; None without that filter."""
        team_ids = request.values("team_ids")
        if team_ids:
            self.require_ability("teams")
        return frozenset(team_ids) if team_ids else None


def filter_by_name(
    request: SimulatedRequest, rows: Iterable[T], name: Callable[[T], str]
) -> list[T]:
    """Return the rows whose names contain ``query``, sorted by name."""
    query = (request.value("query") or "").lower()
    descending = request.value("sort_by") == "name:desc"
    matches = (row for row in rows if query in name(row).lower())
    return sorted(matches, key=lambda row: name(row).lower(), reverse=descending)


def optional_window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int] | None:
    """Read ``since`` and ``until`` of a schedule; one of them alone makes a window of two weeks.

    Raises:
        RejectedRequest: One of them is no point in time, or ``until`` is before ``since``.
    """
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    if since is None and until is None:
        return None
    if since is None:
        since = (until or 0) - _TWO_WEEKS
    if until is None:
        until = since + _TWO_WEEKS
    if until < since:
        raise rejection(400, "Until must be after since.", code=2005)
    return since, until
