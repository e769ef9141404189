"""Whose credential it is, and what it may read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.credential import ACCOUNT_KEY, APP_TOKEN, USER_KEY, USER_TOKEN
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.oauth_provider import CLASSIC_SCOPES, SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import CredentialInfo

SEES_EVERYTHING = frozenset({"owner", "admin"})
CLASSIC = frozenset({*CLASSIC_SCOPES, "write"})
"""Scopes of a classic app: one of them opens every endpoint."""
_OF_A_USER = {USER_KEY: "an API key of a user", USER_TOKEN: "an OAuth token of a user"}
_OF_THE_ACCOUNT = {
    ACCOUNT_KEY: "an API key of the account; it sees what the account has",
    APP_TOKEN: "an OAuth token of an app; it sees the account within its scopes",
}


def credential(found: CredentialInfo) -> Diagnosis:
    """Say whose credential it is, and what that hides."""
    if found.kind in _OF_THE_ACCOUNT:
        return Diagnosis(subject="credential", good=True, found=_OF_THE_ACCOUNT[found.kind])
    if found.kind not in _OF_A_USER:
        return Diagnosis(
            subject="credential",
            good=False,
            cause=Cause.UNKNOWN_OWNER,
            found="an API key; the account does not say whose, so what it hides is not known",
            next_step="use a read-only API key of the account",
        )
    what = f"{_OF_A_USER[found.kind]} with the base role {found.role or 'unknown'}"
    if found.role in SEES_EVERYTHING:
        return Diagnosis(subject="credential", good=True, found=what)
    key = "use a read-only API key of the account"
    token = "let an Account Owner or a Global Admin agree, or connect as an app"  # noqa: S105 - advice
    return Diagnosis(
        subject="credential",
        good=False,
        cause=Cause.TIED_TO_USER,
        found=f"{what}; it sees only what this user sees, and lists do not say what they leave out",
        next_step=key if found.kind == USER_KEY else token,
    )


def scopes(found: CredentialInfo) -> Sequence[Diagnosis]:
    """Say which kinds the granted scopes do not open; nothing where no scopes are told."""
    if found.scopes is None:
        return ()
    granted = set(found.scopes)
    if granted & CLASSIC:
        return (Diagnosis(subject="scopes", good=True, found=f"granted: {_listed(granted)}"),)
    lacking = {kind: sorted(set(needs) - granted) for kind, needs in SCOPES.items()}
    lacking = {kind: missing for kind, missing in lacking.items() if missing}
    if not lacking:
        return (Diagnosis(subject="scopes", good=True, found="granted: every one that is needed"),)
    missing = {scope for scopes in lacking.values() for scope in scopes}
    # A classic app is granted `openid` alone where its scope was misspelt or is not registered.
    needs = "read" if not any("." in one for one in granted) else _listed(missing)
    return (
        Diagnosis(
            subject="scopes",
            good=False,
            cause=Cause.INSUFFICIENT_SCOPE,
            found=f"granted: {_listed(granted) or 'none'}; missing: {needs}, "
            f"so these kinds cannot be read whole: {_listed(lacking)}",
            next_step="give the app these scopes on its page at PagerDuty, then connect again with "
            "--replace: tokens already issued do not change",
        ),
    )


def _listed(words: set[str] | dict[str, list[str]]) -> str:
    return ", ".join(sorted(words))
