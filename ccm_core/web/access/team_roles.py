"""Which role somebody of a team has: by a claim of their ID token and the settings in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.identity import Identity
from ccm_core.web.access.roles import Role

if TYPE_CHECKING:
    from ccm_core.config.settings import Settings, SignInSettings
    from ccm_core.model.console.session import ConsoleSession
    from ccm_core.model.json_codec import JsonObject

MOST_POWERFUL_FIRST = (
    Role.ADMIN,
    Role.APPROVER,
    Role.CONTROL_OWNER,
    Role.VIEWER,
    Role.AUDITOR,
)
MOST_VALUES = 1_000
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """Who an ID token is about."""

    issuer: str
    subject: str
    name: str
    claim: str
    """The claim by which roles are looked up."""
    values: tuple[str, ...] | None
    """What it has; None: the ID token has no such claim, or one that cannot be used."""


def team_member(claims: JsonObject, settings: SignInSettings) -> TeamMember:
    """Return whom the verified claims of an ID token are about."""
    subject = claims["sub"]
    return TeamMember(
        issuer=settings.issuer,
        subject=subject,
        name=next(_names(claims), subject),
        claim=settings.claim,
        values=_values(claims.get(settings.claim)),
    )


def role_of(settings: SignInSettings, values: Collection[str], today: date) -> Role | None:
    """Return the most powerful role that values of the claim give on a day; None: they give none.

    Args:
        settings: Those in force.
        values: What the claim has.
        today: The day in UTC.
    """
    counting = {value for value in values if today <= settings.until.get(value, date.max)}
    for role in MOST_POWERFUL_FIRST:
        if not counting.isdisjoint(settings.roles.get(role.value, ())):
            return role
    return None


def team_identity(settings: Settings, session: ConsoleSession, today: date) -> Identity | None:
    """Return who the session of a team's member is by now; None: they may do nothing any more.

    Args:
        settings: Those in force: of another issuer or claim, a session says nothing.
        session: What the store has.
        today: The day in UTC.
    """
    sign_in = settings.web.sign_in
    if sign_in is None or (session.issuer, session.claim) != (sign_in.issuer, sign_in.claim):
        return None
    role = role_of(sign_in, session.claim_values, today)
    if role is None:
        return None
    known = (session.issuer, session.subject)
    person = next((one for one in settings.people.values() if known in one.oidc), None)
    return Identity(
        issuer=session.issuer,
        subject=session.subject,
        name=(person.name if person else "") or session.name,
        role=role,
        person=person.id if person else None,
    )


def _values(claim: object) -> tuple[str, ...] | None:
    """Return the values of a claim: a part of them would say less than it has."""
    values = [claim] if isinstance(claim, str) else claim
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        return None
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


def _names(claims: JsonObject) -> Iterator[str]:
    """Yield how somebody may be called on pages; it identifies nobody."""
    for key in ("name", "preferred_username"):
        name = claims.get(key)
        if isinstance(name, str) and name.strip() and name.isprintable():
            yield name.strip()[:_LONGEST_NAME]
