"""How much of the account a credential sees.

Follows the product's pages "Teams", "Advanced Permissions" and "API Access Keys": the objects of a
private team are visible to its members, to Global Admins and to the Account Owner; the base role
Restricted Access sees what it was granted; account keys and apps act for the account. Lists leave
out what is hidden, private teams included, and say nothing. So only the role can show that nothing
is hidden, or a plan without teams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import AuthenticationFailed, SourceError
from ccm_core.sdk.types import Visibility
from ccm_pagerduty.api_errors import AbilityMissing

if TYPE_CHECKING:
    from ccm_core.sdk.http import HttpSource

SEES_EVERYTHING = frozenset({"owner", "admin"})
"""Base roles from which no team hides anything."""
_HIDDEN_BY_TEAMS_ALONE = frozenset({"user", "limited_user", "observer", "read_only_user"})
"""Base roles that see everything but the objects of private teams."""
_TEAMS = "/abilities/teams"
_ATTEMPTS = 3
"""A fault that passes should not make a credential's visibility unknown."""


async def visibility_of_user(source: HttpSource, role: object) -> tuple[Visibility, str]:
    """Return how much a user sees by their base role, and why.

    Args:
        source: The API.
        role: As the API names it; anything else than a role that is known shows nothing.

    Raises:
        AuthenticationFailed: The credential is refused.
    """
    if role in SEES_EVERYTHING:
        return Visibility.WHOLE, f"the base role {role} sees every team"
    if not isinstance(role, str):
        return Visibility.UNKNOWN, "PagerDuty does not report the base role of its user"
    if role in _HIDDEN_BY_TEAMS_ALONE and await _plan_lacks_teams(source):
        return Visibility.WHOLE, "the plan has no teams, so that none is private"
    return Visibility.PART, (
        f"the base role {role} sees neither private teams nor what belongs to them"
    )


async def _plan_lacks_teams(source: HttpSource) -> bool:
    try:
        await source.get(_TEAMS, attempts=_ATTEMPTS)
    except AbilityMissing:
        return True
    except AuthenticationFailed:
        raise
    except SourceError:
        pass  # whatever it means, it does not show that there are no teams
    return False
