"""Tickets as issues of one project of Jira: Cloud by version 3 of its API, Data Center by 2.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from ccm_core.errors import BadResponse, NotAvailable
from ccm_core.model.finding.act import Ticket
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.url_path import url_path
from ccm_core.tickets.exchange import Exchange
from ccm_core.tickets.jira_answers import (
    issue_key,
    jira_error,
    logged_in,
    offers,
    remote_ticket,
    transition_to,
)
from ccm_core.tickets.markup import document, document_of_line, escaped_wiki, wiki
from ccm_core.tickets.reply import ExchangeBounds, Reply, retry_after
from ccm_core.tickets.types import COMMON_LABEL, Draft, FieldMapping, RemoteTicket

_PAGE = 100
_MAX_PAGES = 100
_BATCH = 50
"""Findings that one search looks for."""
_FIELDS = ("status", "labels")


class JiraTickets:
    """The issues of one project."""

    def __init__(  # noqa: PLR0913 - each is one setting, named at every call
        self,
        *,
        system: str,
        base_url: str,
        web_url: str,
        project: str,
        email: str,
        token: Secret,
        mapping: FieldMapping,
        user_agent: str,
        bounds: ExchangeBounds | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Describe the project.

        Args:
            system: Its name in the settings.
            base_url: Such as ``https://acme.atlassian.net``.
            web_url: Where people open issues; mostly the same.
            project: Its key.
            email: Of the account whose API token it is, for Jira Cloud; empty: the token is a
                personal access token of Jira Data Center.
            token: Sent with each request.
            mapping: How tickets are closed and reopened.
            user_agent: What the client calls itself.
            bounds: Limits of time, size and attempts.
            sleep: How to wait, for tests.
        """
        self._system, self._web_url, self._project = system, web_url.rstrip("/"), project
        self._mapping, self._is_cloud = mapping, bool(email)
        self._api = "/rest/api/3" if email else "/rest/api/2"
        self._sees_project = False
        secret = token.reveal()
        basic = b64encode(f"{email}:{secret}".encode()).decode()
        self._exchange = Exchange(
            base_url,
            headers={
                "Accept": "application/json",
                "Authorization": Secret(f"Basic {basic}" if email else f"Bearer {secret}"),
                "User-Agent": user_agent,
                # Data Center takes no changes from what calls itself a browser without it.
                "X-Atlassian-Token": "no-check",
            },
            secrets=(token, Secret(basic)),
            error_for=jira_error,
            wait_for=retry_after,
            bounds=bounds,
            sleep=sleep,
        )

    def disconnect(self) -> None:
        """Close every connection."""
        self._exchange.close()

    def open_tickets(self) -> Mapping[str, RemoteTicket]:
        """Return the issues with the common label that are not done, by key."""
        query = f"{self._scope()} AND labels = {COMMON_LABEL} AND statusCategory != Done"
        return {remote.ticket.key: remote for remote in self._search(query)}

    def read(self, key: str) -> RemoteTicket | None:
        """Return one issue, under its new key where it was moved; None: it was deleted.

        Jira answers the same for what was deleted and for what may not be seen, so an issue counts
        as deleted only where its project may be seen.
        """
        query = [("fields", ",".join(_FIELDS))]
        try:
            reply = logged_in(self._exchange.get(self._path(key), query))
        except NotAvailable:
            if not self._sees_project:
                project = f"{self._api}{url_path('/project/{}', self._project)}"
                logged_in(self._exchange.get(project)).json()
                self._sees_project = True
            return None
        return self._remote(reply.json(), reply)

    def find(self, findings: Sequence[str]) -> Mapping[str, tuple[RemoteTicket, ...]]:
        """Return the issues that are labelled with the ids of findings, the oldest first."""
        marked: dict[str, tuple[RemoteTicket, ...]] = {}
        wanted = iter(findings)
        while batch := list(islice(wanted, _BATCH)):
            names = ", ".join(f'"{_finding_label(finding)}"' for finding in batch)
            for remote in self._search(f"{self._scope()} AND labels in ({names})"):
                for finding in remote.findings & set(batch):
                    marked[finding] = (*marked.get(finding, ()), remote)
        return marked

    def open(self, draft: Draft) -> RemoteTicket:
        """Open an issue.

        Raises:
            TimedOut: Whether it was opened is unknown.
        """
        labels = [*draft.labels, _finding_label(draft.finding)]
        fields = {
            **self._custom(draft),
            "project": {"key": self._project},
            "issuetype": {"name": draft.issue_type},
            "summary": draft.title,
            "description": self._description(draft),
            "labels": labels,
        }
        reply = self._exchange.create(f"{self._api}/issue", {"fields": fields})
        created = reply.json()
        key = issue_key(created.get("key") if isinstance(created, dict) else None, reply)
        return RemoteTicket(
            ticket=self._ticket(key),
            is_open=True,
            findings=frozenset({draft.finding}),
            labels=tuple(labels),
        )

    def update(self, remote: RemoteTicket, draft: Draft, *, with_fields: bool) -> None:
        """Write the title, the description and the labels; labels that people set stay."""
        added = {*draft.labels, _finding_label(draft.finding)} - set(remote.labels)
        removed = draft.other_labels & set(remote.labels)
        changes = [
            *({"add": label} for label in sorted(added)),
            *({"remove": label} for label in sorted(removed)),
        ]
        fields = {
            **(self._custom(draft) if with_fields else {}),
            "summary": draft.title,
            "description": self._description(draft),
        }
        body: dict[str, Any] = {"fields": fields}
        if changes:
            body["update"] = {"labels": changes}
        self._exchange.change("PUT", self._path(remote.ticket.key), body)

    def close(self, remote: RemoteTicket, remark: str, *, is_fixed: bool) -> None:
        """Move an issue to a status that means done, and say why."""
        del is_fixed  # Jira's workflows differ: the settings name the status, or the first counts
        self._move(remote, is_done=True, status=self._mapping.closed_status)
        self._comment(remote, remark)

    def reopen(self, remote: RemoteTicket, remark: str) -> None:
        """Move an issue to a status that does not mean done, and say why."""
        self._move(remote, is_done=False, status=self._mapping.reopened_status)
        self._comment(remote, remark)

    # -- requests -----------------------------------------------------------------------------

    def _move(self, remote: RemoteTicket, *, is_done: bool, status: str) -> None:
        path = f"{self._path(remote.ticket.key)}/transitions"
        reply = self._exchange.get(path, [("expand", "transitions.fields")])
        transition = transition_to(reply, is_done=is_done, status=status, key=remote.ticket.key)
        body: dict[str, Any] = {"transition": {"id": transition["id"]}}
        if is_done and self._mapping.resolution and offers(transition, "resolution"):
            body["fields"] = {"resolution": {"name": self._mapping.resolution}}
        self._exchange.create(path, body)

    def _comment(self, remote: RemoteTicket, remark: str) -> None:
        text: object = document_of_line(remark) if self._is_cloud else escaped_wiki(remark)
        self._exchange.create(f"{self._path(remote.ticket.key)}/comment", {"body": text})

    def _search(self, query: str) -> Iterator[RemoteTicket]:
        """Yield the issues of a query, the oldest first."""
        token, start = None, 0
        for _ in range(_MAX_PAGES):
            body: dict[str, Any] = {
                "jql": f"{query} ORDER BY created ASC",
                "fields": list(_FIELDS),
                "maxResults": _PAGE,
            }
            if self._is_cloud:
                body |= {"nextPageToken": token} if token else {}
                reply = self._exchange.ask(f"{self._api}/search/jql", body)
            else:
                reply = self._exchange.ask(f"{self._api}/search", {**body, "startAt": start})
            page = logged_in(reply).json()
            issues = page.get("issues") if isinstance(page, dict) else None
            if not isinstance(issues, list):
                raise BadResponse(f"{reply.action}: expected a list of issues; check the address")
            yield from (self._remote(issue, reply) for issue in issues)
            token, start = page.get("nextPageToken"), start + len(issues)
            is_last = not token if self._is_cloud else start >= page.get("total", 0) or not issues
            if is_last:
                return
        raise BadResponse(
            f"{self._project} has more than {_PAGE * _MAX_PAGES:,} open issues labelled "
            f"{COMMON_LABEL}; nothing is done, since one of them may be there already. Close old "
            "ones, or use another project"
        )

    def _custom(self, draft: Draft) -> dict[str, Any]:
        fields: dict[str, Any] = dict(draft.custom)
        if draft.priority:
            fields["priority"] = {"name": draft.priority}
        if draft.components:
            fields["components"] = [{"name": component} for component in draft.components]
        if draft.assignees:
            fields["assignee"] = {"accountId" if self._is_cloud else "name": draft.assignees[0]}
        return fields

    def _description(self, draft: Draft) -> object:
        return document(draft.text) if self._is_cloud else wiki(draft.text)

    def _scope(self) -> str:
        return f'project = "{self._project}"'

    def _path(self, key: str) -> str:
        return f"{self._api}{url_path('/issue/{}', key)}"

    def _ticket(self, key: str) -> Ticket:
        url = f"{self._web_url}/browse/{quote(key, safe='')}"
        return Ticket(system=self._system, key=key, url=url)

    def _remote(self, issue: Any, reply: Reply) -> RemoteTicket:
        return remote_ticket(issue, reply, self._ticket)


def _finding_label(finding: str) -> str:
    return f"{COMMON_LABEL}-{finding}"
