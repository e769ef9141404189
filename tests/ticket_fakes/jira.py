"""A project of Jira with its issues: of Cloud or of Data Center."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from ticket_fakes.described import document_problems
from ticket_fakes.server import Answer, FakeSystem, Received

TOKEN = "ATATT3xSecr3tOfTheAccount"
EMAIL = "ccm@acme.example"
STATUSES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done", "Rejected": "done"}


class FakeJira(FakeSystem):
    """Answers as Jira does for the project OPS."""

    def __init__(self, *, cloud: bool = True) -> None:
        super().__init__()
        self.descriptions = "jira-cloud" if cloud else "jira-data-center"
        self._cloud = cloud
        self._api = "/rest/api/3" if cloud else "/rest/api/2"
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[Any]] = {}
        self.moved: dict[str, str] = {}
        """New keys by old ones."""
        self.required: dict[str, str] = {}
        """What is wrong where a field is missing, by field."""
        self.transitions = {"Rejected", "Done", "In Progress", "To Do"}
        self.resolution_screen = False
        self.page = 100
        self._count = 0

    @property
    def open_issues(self) -> list[dict[str, Any]]:
        """Those that are not done."""
        return [i for i in self.issues.values() if STATUSES[i["status"]] != "done"]

    def answer(self, request: Received) -> Answer:
        """Carry out a request."""
        basic = b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        wanted = f"Basic {basic}" if self._cloud else f"Bearer {TOKEN}"
        if request.headers.get("authorization") != wanted:
            return Answer(401, text="<html>Log in</html>", headers={"Content-Type": "text/html"})
        path = request.path.removeprefix(self._api)
        if path == "/issue":
            return self._create(request.body["fields"])
        if path.startswith("/search"):
            return self._search(request.body)
        if path == "/project/OPS":
            return Answer(200, {"key": "OPS"})
        key, _, rest = path.removeprefix("/issue/").partition("/")
        key = self.moved.get(key, key)
        if key not in self.issues:
            return Answer(
                404,
                {
                    "errorMessages": [
                        "Issue does not exist or you do not have permission to see it."
                    ],
                    "errors": {},
                },
            )
        return self._on_issue(request, key, rest)

    def _on_issue(self, request: Received, key: str, rest: str) -> Answer:
        issue = self.issues[key]
        if rest == "comment":
            self._check_text(request.body["body"])
            self.comments.setdefault(key, []).append(request.body["body"])
            return Answer(201, {"id": "1"})
        if rest == "transitions" and request.method == "GET":
            return Answer(200, {"transitions": self._offered(issue)})
        if rest == "transitions":
            names = {one["id"]: one["to"]["name"] for one in self._offered(issue)}
            issue["status"] = names[request.body["transition"]["id"]]
            issue["resolution"] = request.body.get("fields", {}).get("resolution")
            return Answer(204)
        if request.method == "PUT":
            return self._edit(issue, request.body)
        return Answer(200, self._shown(key))

    def _create(self, fields: dict[str, Any]) -> Answer:
        wrong = {name: text for name, text in self.required.items() if name not in fields}
        if wrong:
            return Answer(400, {"errorMessages": [], "errors": wrong})
        self._check_text(fields["description"])
        self._count += 1
        key = f"OPS-{self._count}"
        self.issues[key] = {**fields, "key": key, "status": "To Do"}
        return Answer(201, {"id": str(self._count), "key": key, "self": f"{self.url}/x"})

    def _edit(self, issue: dict[str, Any], body: dict[str, Any]) -> Answer:
        if set(body["fields"]) & set(body.get("update", {})):
            return Answer(400, {"errorMessages": ["Field is in fields and in update"]})
        self._check_text(body["fields"]["description"])
        issue.update(body["fields"])
        for change in body.get("update", {}).get("labels", []):
            if "add" in change:
                issue["labels"] = [*issue["labels"], change["add"]]
            else:
                issue["labels"] = [one for one in issue["labels"] if one != change["remove"]]
        return Answer(204)

    def _search(self, body: dict[str, Any]) -> Answer:
        query = body["jql"]
        assert query.startswith('project = "OPS" AND ')
        assert query.endswith(" ORDER BY created ASC")
        among = re.search(r"labels in \(([^)]*)\)", query)
        labels = set(re.findall(r'"([^"]+)"', among[1])) if among else {"ccm"}
        keys = [
            key
            for key, issue in self.issues.items()
            if key.startswith("OPS-")
            and labels & set(issue["labels"])
            and not ("statusCategory != Done" in query and STATUSES[issue["status"]] == "done")
        ]
        start = int(body.get("nextPageToken") or body.get("startAt") or 0)
        page = keys[start : start + self.page]
        answer: dict[str, Any] = {"issues": [self._shown(key) for key in page]}
        if not self._cloud:
            answer |= {"startAt": start, "total": len(keys)}
        elif start + self.page < len(keys):
            answer["nextPageToken"] = str(start + self.page)
        return Answer(200, answer)

    def _shown(self, key: str) -> dict[str, Any]:
        issue = self.issues[key]
        status = {"name": issue["status"], "statusCategory": {"key": STATUSES[issue["status"]]}}
        return {"key": key, "fields": {"status": status, "labels": issue["labels"]}}

    def _offered(self, issue: dict[str, Any]) -> list[dict[str, Any]]:
        fields = {"resolution": {"required": True}} if self.resolution_screen else {}
        return [
            {
                "id": str(number),
                "name": f"to {name}",
                "to": {"name": name, "statusCategory": {"key": STATUSES[name]}},
                "fields": fields if STATUSES[name] == "done" else {},
            }
            for number, name in enumerate(sorted(self.transitions, reverse=True), 11)
            if name != issue["status"]
        ]

    def _check_text(self, text: Any) -> None:
        """Hold rich text against the schema of its format."""
        self.wrong += document_problems(text) if self._cloud else []
        self.wrong += [] if self._cloud or isinstance(text, str) else ["expected wiki markup"]
