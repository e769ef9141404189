"""What Jira answers: issues, transitions, and refusals with the right that is missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ccm_core.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    NotAvailable,
    PermissionDenied,
    SourceError,
    Unreachable,
)
from ccm_core.model.finding.act import Ticket
from ccm_core.tickets.reply import Reply, quoted
from ccm_core.tickets.types import COMMON_LABEL, RemoteTicket

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _SERVER_ERROR = 401, 403, 404, 410, 500
_DONE = "done"
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,18}")
_LABEL = f"{COMMON_LABEL}-"
_EXPIRED = "the e-mail address and the token do not fit, or the token has expired; make another one"
_REFUSED_LOGINS = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED")
_RIGHTS = (
    ("/transitions", "Transition Issues"),
    ("/comment", "Add Comments"),
    ("/search", "Browse Projects"),
    ("PUT ", "Edit Issues"),
    ("POST ", "Create Issues"),
    ("", "Browse Projects"),
)
"""The permission of the project that a request needs; the first that fits decides."""


def issue_key(key: Any, reply: Reply) -> str:
    """Return the key of an issue.

    Raises:
        BadResponse: It is none: what an answer says is shown to people and sent in paths.
    """
    if isinstance(key, str) and _KEY.fullmatch(key):
        return key
    raise BadResponse(f"{reply.action} answered {reply.status} without the key of an issue")


def remote_ticket(issue: Any, reply: Reply, ticket: Callable[[str], Ticket]) -> RemoteTicket:
    """Return an issue as it is in an answer.

    Raises:
        BadResponse: It is none.
    """
    try:
        fields = issue["fields"]
        labels = tuple(map(str, fields.get("labels") or ()))
        return RemoteTicket(
            ticket=ticket(issue_key(issue["key"], reply)),
            is_open=fields["status"]["statusCategory"]["key"] != _DONE,
            findings=frozenset(
                label.removeprefix(_LABEL) for label in labels if label.startswith(_LABEL)
            ),
            labels=labels,
        )
    except (KeyError, TypeError, AttributeError) as cause:
        raise BadResponse(
            f"{reply.action} answered {reply.status} with what is no issue; check the address"
        ) from cause


def transition_to(reply: Reply, *, is_done: bool, status: str, key: str) -> Any:
    """Return the transition that leads an issue to a status.

    Args:
        reply: The transitions that its workflow offers now.
        is_done: Whether the status is to mean done.
        status: Its name; empty: the first of that meaning, and the most usual before others.
        key: Of the issue, for messages.

    Raises:
        BadRequest: The workflow offers none.
        BadResponse: The answer has no transitions.
    """
    try:
        offered = [
            (str(transition["to"]["name"]), transition)
            for transition in reply.json()["transitions"]
            if status or (transition["to"]["statusCategory"]["key"] == _DONE) is is_done
        ]
        names = [name for name, _ in offered]
    except (KeyError, TypeError) as cause:
        raise BadResponse(f"{reply.action} answered without transitions") from cause
    usual = ("done", "closed", "resolved") if is_done else ("to do", "open", "reopened", "backlog")
    wished = (status.casefold(),) if status else usual
    for name in wished:
        for offer, transition in offered:
            if offer.casefold() == name:
                return transition
    if offered and not status:
        return offered[0][1]
    expected = (
        f"to {status!r}" if status else f"to a status that means {'' if is_done else 'not '}done"
    )
    setting = "closed_status" if is_done else "reopened_status"
    raise BadRequest(
        f"{key}: its workflow offers no transition {expected}"
        + (f"; it offers {quoted(', '.join(names))}" if names else "")
        + f". Correct `fields.{setting}`, or let the account of the token make that transition"
    )


def logged_in(reply: Reply) -> Reply:
    """Return an answer to a request whose credential was accepted.

    Raises:
        AuthenticationFailed: Jira took the request for an anonymous one, and answers with what
            anybody may see: often with nothing.
    """
    reason = reply.headers.get("x-seraph-loginreason", "")
    if any(word in reason.upper() for word in _REFUSED_LOGINS):
        raise AuthenticationFailed(
            f"{reply.action} answered {reply.status} as to somebody who is not logged in "
            f"({quoted(reason)}): {_EXPIRED}"
        )
    return reply


def offers(transition: Any, field: str) -> bool:
    """Return whether a transition has a field on its screen."""
    fields = transition.get("fields")
    return isinstance(fields, dict) and field in fields


def jira_error(reply: Reply) -> SourceError:
    """Return what a refusal means, and what to do about it."""
    answer = f"{reply.action} answered {reply.status}{_message(reply)}"
    right = next(right for part, right in _RIGHTS if part in reply.action)
    if reply.status == _UNAUTHORIZED:
        return AuthenticationFailed(f"{answer}: {_EXPIRED}")
    if reply.status == _FORBIDDEN:
        return PermissionDenied(
            f"{answer}: the account of the token needs the permission {right} in the project"
        )
    if reply.status in (_NOT_FOUND, _GONE):
        return NotAvailable(
            f"{answer}: there is none, or the account of the token lacks the permission {right}"
        )
    if reply.status >= _SERVER_ERROR:
        return Unreachable(f"{answer}: try again later")
    return BadRequest(f"{answer}: correct `project` or `fields` in the settings")


def _message(reply: Reply) -> str:
    """Return what Jira says is wrong, and with which field."""
    try:
        body = reply.json()
    except BadResponse:
        return " with a web page or no JSON"
    if not isinstance(body, dict):
        return ""
    messages, errors = body.get("errorMessages"), body.get("errors")
    texts = [str(text) for text in (messages if isinstance(messages, list) else [])]
    if isinstance(errors, dict):
        texts += [f"{name}: {text}" for name, text in errors.items()]
    return f" ({quoted('; '.join(texts))})" if texts else ""
