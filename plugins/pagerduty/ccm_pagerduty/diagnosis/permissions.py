"""Diagnoses the owner of the credential, and what it may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis, Visibility
from ccm_pagerduty.credential_owner import ACCOUNT_KEY, APP_TOKEN, USER_KEY, USER_TOKEN
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.oauth_provider import CLASSIC_SCOPES, SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.sdk.types import CredentialInfo


CLASSIC = frozenset({*CLASSIC_SCOPES, "write"})
"""Scopes of a classic app: any of them opens every endpoint."""
_OF_A_USER = {USER_KEY: "an API key of a user", USER_TOKEN: "an OAuth token of a user"}
_OF_THE_ACCOUNT = {
    ACCOUNT_KEY: ("an API key of the account", "it sees the whole account"),
    APP_TOKEN: ("an OAuth token of an app", "it sees the account within its scopes"),
}


def credential(owner: CredentialInfo, *, nothing_listed: bool = False) -> Diagnosis:
    """Return whose credential it is, and what that hides.

    Args:
        owner: As PagerDuty reports it.
        nothing_listed: Whether a list is empty that never is: then nothing shows what it sees.
    """
    if owner.kind in _OF_THE_ACCOUNT:
        name, reach = _OF_THE_ACCOUNT[owner.kind]
        message = name if nothing_listed else f"{name}; {reach}"
        return Diagnosis(subject="credential", ok=True, message=message)
    if owner.kind not in _OF_A_USER:
        return Diagnosis(
            subject="credential",
            ok=False,
            cause=Cause.UNKNOWN_OWNER,
            message="an API key whose owner PagerDuty does not report, so what it hides is unknown",
            next_step="use a read-only API key of the account",
        )
    message = f"{_OF_A_USER[owner.kind]} with the base role {owner.role or 'unknown'}"
    if owner.visibility is Visibility.WHOLE:
        message = message if nothing_listed else f"{message}; {owner.visibility_reason}"
        return Diagnosis(subject="credential", ok=True, message=message)
    key = "use a read-only API key of the account"
    token = "authorize as Account Owner or Global Admin, or connect as an app"  # noqa: S105 - advice
    return Diagnosis(
        subject="credential",
        ok=False,
        cause=Cause.TIED_TO_USER,
        message=f"{message}; it sees what this user sees, and lists do not show what they omit",
        next_step=key if owner.kind == USER_KEY else token,
    )


def scopes(owner: CredentialInfo) -> Sequence[Diagnosis]:
    """Return which kinds the granted scopes cannot read; nothing where scopes are not reported."""
    if owner.scopes is None:
        return ()
    granted = set(owner.scopes)
    if granted & CLASSIC:
        return (Diagnosis(subject="scopes", ok=True, message=f"granted: {_listed(granted)}"),)
    missing_by_kind = {kind: set(needs) - granted for kind, needs in SCOPES.items()}
    missing_by_kind = {kind: missing for kind, missing in missing_by_kind.items() if missing}
    if any("." in scope for scope in granted):
        # Their endpoints have lines of their own.
        optional = {kind.name for kind in kinds() if kind.optional}
        missing_by_kind = {
            kind: missing for kind, missing in missing_by_kind.items() if kind not in optional
        }
    if not missing_by_kind:
        return (Diagnosis(subject="scopes", ok=True, message="granted: all required scopes"),)
    missing = {scope for scopes in missing_by_kind.values() for scope in scopes}
    # A classic app is granted only `openid` where its scope was misspelled or is not registered.
    expected = "read" if not any("." in scope for scope in granted) else _listed(missing)
    return (
        Diagnosis(
            subject="scopes",
            ok=False,
            cause=Cause.INSUFFICIENT_SCOPE,
            message=f"granted: {_listed(granted) or 'none'}; missing: {expected}, "
            f"so these kinds cannot be read completely: {_listed(missing_by_kind)}",
            next_step="add these scopes to the app in PagerDuty, then connect again with "
            "--replace: tokens already issued do not change",
        ),
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
