"""Tickets as issues of one repository of GitHub, or of GitHub Enterprise Server.

https://docs.github.com/en/rest/issues/issues
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from ccm_core.sdk.http.base_url import is_loopback
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.url_path import url_path
from ccm_core.tickets.exchange import Exchange
from ccm_core.tickets.markup import escaped_markdown, markdown, marked_findings
from ccm_core.tickets.reply import ExchangeBounds, Redirected, Reply, quoted, retry_after
from ccm_core.tickets.types import COMMON_LABEL, Draft, RemoteTicket

API_VERSION = "2022-11-28"
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
_PACE = 1.0
"""Seconds between two changes, as GitHub asks for; what answers on this machine is not GitHub."""
_PAGE = 100
_MAX_PAGES = 100
_MAX_LABELS = 100
_ABSENT = frozenset({404, 410})
_UNAUTHORIZED, _FORBIDDEN, _GONE, _TOO_MANY, _SERVER_ERROR = 401, 403, 410, 429, 500
_LIMIT_WAIT = 60.0
"""Seconds to wait for a limit that names no time, as GitHub asks for."""
_RIGHT = "a token with the permission Issues: read and write for this repository"


class GitHubTickets:
    """The issues of one repository."""

    def __init__(  # noqa: PLR0913 - each is one setting, named at every call
        self,
        *,
        system: str,
        base_url: str,
        repository: str,
        token: Secret,
        user_agent: str,
        bounds: ExchangeBounds | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Describe the repository.

        Args:
            system: Its name in the settings.
            base_url: Of the API, such as ``https://api.github.com``.
            repository: As ``owner/name``.
            token: Sent as a bearer token.
            user_agent: What GitHub asks every client to call itself.
            bounds: Limits of time, size and attempts.
            clock: Seconds since 1970, for limits that end at a moment.
            sleep: How to wait, for tests.
        """
        self._system, self._repository, self._clock = system, repository, clock
        self._exchange = Exchange(
            base_url,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": Secret(f"Bearer {token.reveal()}"),
                "User-Agent": user_agent,
                "X-GitHub-Api-Version": API_VERSION,
            },
            secrets=(token,),
            error_for=self._error,
            wait_for=self._wait,
            bounds=bounds or ExchangeBounds(pace=0.0 if is_loopback(base_url) else _PACE),
            sleep=sleep,
        )
        self._all: Mapping[str, tuple[RemoteTicket, ...]] | None = None

    def disconnect(self) -> None:
        """Close every connection."""
        self._exchange.close()

    def open_tickets(self) -> Mapping[str, RemoteTicket]:
        """Return the open issues that carry the common label, by key."""
        return {remote.ticket.key: remote for remote in self._listed("open")}

    def read(self, key: str) -> RemoteTicket | None:
        """Return one issue, by its new key where it was transferred; None: it was deleted."""
        try:
            reply = self._exchange.get(self._path(key))
        except Redirected as cause:
            return self._transferred(cause)
        except NotAvailable:
            return None
        return self._remote(reply.json(), reply)

    def find(self, findings: Sequence[str]) -> Mapping[str, tuple[RemoteTicket, ...]]:
        """Return the issues that are marked with the ids of findings, the oldest first.

        All that carry the common label are listed once: unlike GitHub's search, that shows what
        was opened a second ago.
        """
        if self._all is None:
            marked: dict[str, tuple[RemoteTicket, ...]] = {}
            for remote in self._listed("all"):
                for finding in remote.findings:
                    marked[finding] = (*marked.get(finding, ()), remote)
            self._all = marked
        return {finding: self._all[finding] for finding in findings if finding in self._all}

    def open(self, draft: Draft) -> RemoteTicket:
        """Open an issue.

        Raises:
            TimedOut: Whether it was opened is unknown.
        """
        body: dict[str, Any] = {
            "title": draft.title,
            "body": markdown(draft.text, draft.finding),
            "labels": list(draft.labels),
        }
        if draft.assignees:
            body["assignees"] = list(draft.assignees)
        reply = self._exchange.create(f"{self._repository_path()}/issues", body)
        return self._remote(reply.json(), reply)

    def update(self, remote: RemoteTicket, draft: Draft, *, with_fields: bool) -> None:
        """Write the title, the description and the labels; labels that people set stay."""
        kept = [label for label in remote.labels if label not in draft.other_labels]
        body: dict[str, Any] = {
            "title": draft.title,
            "body": markdown(draft.text, draft.finding),
            "labels": list(dict.fromkeys([*kept, *draft.labels]))[:_MAX_LABELS],
        }
        if with_fields and draft.assignees:
            body["assignees"] = list(draft.assignees)
        self._patch(remote, body)

    def close(self, remote: RemoteTicket, remark: str, *, is_fixed: bool) -> None:
        """Close an issue as completed, or as not planned, and say why."""
        reason = "completed" if is_fixed else "not_planned"
        self._patch(remote, {"state": "closed", "state_reason": reason})
        self._comment(remote, remark)

    def reopen(self, remote: RemoteTicket, remark: str) -> None:
        """Reopen an issue and say why."""
        self._patch(remote, {"state": "open", "state_reason": "reopened"})
        self._comment(remote, remark)

    # -- requests -----------------------------------------------------------------------------

    def _patch(self, remote: RemoteTicket, body: Mapping[str, Any]) -> None:
        self._exchange.change("PATCH", self._path(remote.ticket.key), body)

    def _comment(self, remote: RemoteTicket, remark: str) -> None:
        path = f"{self._path(remote.ticket.key)}/comments"
        self._exchange.create(path, {"body": escaped_markdown(remark)})

    def _listed(self, state: str) -> Iterator[RemoteTicket]:
        """Yield the issues with the common label, the oldest first."""
        for page in range(1, _MAX_PAGES + 1):
            query = [
                ("state", state),
                ("labels", COMMON_LABEL),
                ("sort", "created"),
                ("direction", "asc"),
                ("per_page", str(_PAGE)),
                ("page", str(page)),
            ]
            reply = self._exchange.get(f"{self._repository_path()}/issues", query)
            issues = reply.json()
            if not isinstance(issues, list):
                raise BadResponse(f"{reply.action}: expected a list of issues; check the address")
            for issue in issues:
                if not (isinstance(issue, dict) and "pull_request" in issue):
                    yield self._remote(issue, reply)
            if len(issues) < _PAGE:
                return
        raise BadResponse(
            f"{self._repository} has more than {_PAGE * _MAX_PAGES:,} issues labelled "
            f"{COMMON_LABEL}; nothing is opened, since it may be there already. Remove the label "
            "from old ones, or use another repository"
        )

    def _transferred(self, cause: Redirected) -> RemoteTicket | None:
        """Return an issue that was transferred, by what GitHub says of its new place."""
        path = self._exchange.own_path(cause.reply)
        if path is None:
            raise cause
        try:
            reply = self._exchange.get(path)
        except NotAvailable:
            return None
        return self._remote(reply.json(), reply)

    def _remote(self, issue: Any, reply: Reply) -> RemoteTicket:
        try:
            repository = str(issue["repository_url"]).partition("/repos/")[2] or self._repository
            if not _REPOSITORY.fullmatch(repository):
                raise _no_issue(reply)
            key = f"{repository}#{int(issue['number'])}"
            return RemoteTicket(
                ticket=Ticket(system=self._system, key=key, url=_web_address(issue["html_url"])),
                is_open=issue["state"] == "open",
                findings=marked_findings(issue.get("body")),
                labels=tuple(map(_label_name, issue.get("labels") or ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise _no_issue(reply) from cause

    def _repository_path(self) -> str:
        return _repository_path(self._repository)

    def _path(self, key: str) -> str:
        repository, _, number = key.rpartition("#")
        return f"{_repository_path(repository)}{url_path('/issues/{}', number)}"

    # -- refusals -----------------------------------------------------------------------------

    def _wait(self, reply: Reply) -> float | None:
        """Return the seconds of a limit: of a minute, of an hour, or of creating too fast."""
        if reply.status not in (_FORBIDDEN, _TOO_MANY):
            return retry_after(reply)
        try:
            if "retry-after" in reply.headers:
                return max(float(reply.headers["retry-after"]), 0.0)
            if reply.headers.get("x-ratelimit-remaining") == "0":
                return max(float(reply.headers["x-ratelimit-reset"]) - self._clock(), 1.0)
        except (KeyError, ValueError):
            return _LIMIT_WAIT
        is_limit = reply.status == _TOO_MANY or b"rate limit" in reply.body.lower()
        return _LIMIT_WAIT if is_limit else None

    def _error(self, reply: Reply) -> SourceError:
        answer = f"{reply.action} answered {reply.status}{_message(reply)}"
        if reply.status == _UNAUTHORIZED:
            return AuthenticationFailed(f"{answer}: the token is not valid; expected {_RIGHT}")
        if reply.status == _FORBIDDEN:
            return PermissionDenied(f"{answer}: expected {_RIGHT}")
        if reply.status in _ABSENT:
            why = (
                "issues are disabled in it, or the issue was deleted"
                if reply.status == _GONE
                else "there is none, or the token may not see it"
            )
            return NotAvailable(f"{answer}: {why}; expected {_RIGHT}")
        if reply.status >= _SERVER_ERROR:
            return Unreachable(f"{answer}: try again later")
        return BadRequest(f"{answer}: correct `fields` in the settings")


def _repository_path(repository: str) -> str:
    owner, _, name = repository.partition("/")
    return url_path("/repos/{}/{}", owner, name)


def _no_issue(reply: Reply) -> BadResponse:
    return BadResponse(
        f"{reply.action} answered {reply.status} with what is no issue; check the address"
    )


def _web_address(url: Any) -> str:
    """Return where people open an issue: reports link it, so it is no other kind of address."""
    is_web = isinstance(url, str) and url.startswith(("https://", "http://"))
    if not is_web or not url.isprintable() or " " in url:
        raise ValueError(url)
    return str(url)


def _label_name(label: Any) -> str:
    return str(label["name"] if isinstance(label, dict) else label)


def _message(reply: Reply) -> str:
    """Return what GitHub says is wrong, and with which field."""
    try:
        body = reply.json()
    except BadResponse:
        return " with a web page or no JSON"
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    fields = [
        " ".join(str(error[key]) for key in ("field", "code", "message", "value") if error.get(key))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return f" ({quoted('; '.join(filter(None, [str(body.get('message', '')), *fields])))})"
