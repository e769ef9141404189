"""What an error looks like: a page that says what to do next, or a problem document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import (
    CcmError,
    DocumentError,
    IntegrityError,
    SecretError,
    SourceError,
    StoreError,
    StoreNotFound,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.answers import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, by RFC 9457: a title for its kind, and a detail for this one."""

    status: int
    title: str
    detail: str
    next_step: str = ""

    @property
    def lines(self) -> Sequence[str]:
        """The detail, line by line."""
        return self.detail.splitlines()

    @property
    def document(self) -> JsonObject:
        """The problem as programs read it."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


FAULT = Problem(
    status=500,
    title="This page could not be made",
    detail="The console made a mistake of its own, and nothing was changed.",
    next_step="The log of `ccm serve` has the details.",
)
SIGN_IN_FIRST = Problem(status=401, title="Nobody is signed in", detail="Sign in first.")
OTHER_HOST = Problem(
    status=421,
    title="Another host was asked for",
    detail="This console does not answer under that name: ask for the address that it printed.",
)
OTHER_ORIGIN = Problem(
    status=403,
    title="Sent from somewhere else",
    detail="A form of this console has to be sent from this console.",
)
TOO_LARGE = Problem(status=413, title="Too large", detail="More was sent than this page takes.")
TOO_MANY = Problem(
    status=429,
    title="Too many attempts to sign in",
    detail="Too many attempts failed within a minute.",
    next_step="Wait a minute.",
)


def not_permitted(role: str, permission: str) -> Problem:
    """Return the problem that a role may not do what a route does."""
    return Problem(
        status=403,
        title="Not permitted",
        detail=f"Your role, {role}, may not {permission}.",
        next_step="An administrator can give you another role.",
    )


def problem_of(error: CcmError) -> Problem:
    """Return what an error means to whoever made the request."""
    if isinstance(error, IntegrityError):
        return Problem(
            status=500,
            title="Integrity: stored evidence is not what was stored",
            detail=str(error),
            next_step="No number is shown. `ccm verify` names what differs.",
        )
    if isinstance(error, StoreNotFound):
        return Problem(
            status=503,
            title="No evidence yet",
            detail="Nothing was collected so far.",
            next_step="Connect a source under Integrations, and run it.",
        )
    status, title = next(
        ((status, title) for kind, status, title in _KINDS if isinstance(error, kind)),
        (400, "This cannot be done"),
    )
    return Problem(status=status, title=title, detail=str(error))


_KINDS = (
    (NotFound, 404, "There is no such page"),
    (DocumentError, 409, "A document has mistakes"),
    (SecretError, 409, "A secret cannot be read"),
    (StoreError, 503, "The store cannot be read now"),
    (SourceError, 502, "The source did not answer as expected"),
)
