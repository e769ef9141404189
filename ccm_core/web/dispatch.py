"""From a request to an answer: who asks, whether they may, what is answered, what went wrong.

Everything here runs in a thread of its own and may read and write the store.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError
from ccm_core.model.console.activity import ActivityKind
from ccm_core.web.access.roles import Permission, is_permitted
from ccm_core.web.access.sessions import csrf_token, is_csrf_token
from ccm_core.web.answers import Answer, HtmlPage
from ccm_core.web.identify import identify
from ccm_core.web.problems import FAULT, SIGN_IN_FIRST, Problem, not_permitted, problem_of

if TYPE_CHECKING:
    from ccm_core.web.route import Route
    from ccm_core.web.visit import Visit

_LOG = logging.getLogger("ccm_core.web")
CSRF = "csrf"
"""The field of forms with the session's token."""


class Refused(CcmError):
    """The request is not answered; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.detail)
        self.problem = problem


def answer(route: Route, visit: Visit) -> tuple[Visit, Answer | Problem]:
    """Return the answer of a route, or the problem, and the visit with who made it.

    Args:
        route: Which function answers, and what it needs.
        visit: The request, without an identity.
    """
    try:
        visit = _identified(visit)
        _refuse_others(route, visit)
        if route.method == "POST" and not _is_from_here(route, visit):
            return visit, _send_again(visit)
        return visit, route.answer(visit)
    except Refused as refused:
        return visit, refused.problem
    except CcmError as error:
        return visit, problem_of(error)
    except Exception:  # noqa: BLE001 - whatever it is, the console goes on
        _LOG.exception("%s %s", route.method, route.path)
        return visit, FAULT


def _identified(visit: Visit) -> Visit:
    identity = identify(visit.console, visit.secret, visit.now, visit.kind)
    return replace(visit, identity=identity, secret=visit.secret if identity else "")


def _refuse_others(route: Route, visit: Visit) -> None:
    """Refuse whoever may not: default-deny, before anything of the route runs.

    Raises:
        Refused: They may not; of whoever is signed in, the activity log has it.
    """
    who = visit.identity
    if is_permitted(who.role if who else None, route.permission):
        return
    if who is None:
        raise Refused(SIGN_IN_FIRST)
    visit.note(ActivityKind.REFUSED, f"{route.method} {visit.path}")
    raise Refused(not_permitted(who.role.words, route.permission.value))


def _is_from_here(route: Route, visit: Visit) -> bool:
    """Return whether a form carries the token of the session; nobody's form has none to carry."""
    if route.permission is Permission.PUBLIC and visit.identity is None:
        return True
    return is_csrf_token(visit.secret, visit.field(CSRF))


def _send_again(visit: Visit) -> HtmlPage:
    """Return a page with what was typed, to be sent again by a person: nothing typed is lost."""
    return HtmlPage(template="send_again.html", values={"fields": typed(visit.form)}, status=403)


def typed(form: Mapping[str, Sequence[str]]) -> Sequence[tuple[str, str]]:
    """Return what somebody typed into a form, in order, without the token and without secrets."""
    return [
        (name, value)
        for name, values in form.items()
        for value in values
        if name != CSRF and not name.startswith("secret.")
    ]


def page_csrf(visit: Visit) -> str:
    """Return the token for the forms of a page; empty: nobody is signed in."""
    return csrf_token(visit.secret) if visit.secret else ""
