"""A repository of GitHub with its issues."""

from __future__ import annotations

from typing import Any

from ticket_fakes.server import Answer, FakeSystem, Received

TOKEN = "ghp_Secr3tOfTheRepository"
REPOSITORY = "acme/ops"
NOT_FOUND = Answer(404, {"message": "Not Found", "documentation_url": "https://docs.github.com"})


class FakeGitHub(FakeSystem):
    """Answers as api.github.com does for one repository."""

    descriptions = "github"

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self.prefix = prefix
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[str]] = {}
        self.drops_labels = False
        self.moved: dict[int, str] = {}
        """By number: where an issue was transferred to."""

    def delete(self, number: int) -> None:
        """Delete an issue, as an administrator can."""
        del self.issues[number]

    @property
    def open_issues(self) -> list[dict[str, Any]]:
        """Those that are open."""
        return [issue for issue in self.issues.values() if issue["state"] == "open"]

    def answer(self, request: Received) -> Answer:
        """Carry out a request."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})
        if "user-agent" not in request.headers or "x-github-api-version" not in request.headers:
            return Answer(403, {"message": "Request forbidden by administrative rules"})
        root = f"/repos/{REPOSITORY}/issues"
        if request.path == root:
            return self._create(request.body) if request.method == "POST" else self._list(request)
        number, _, rest = request.path.removeprefix(f"{root}/").partition("/")
        if not number.isdigit() or not request.path.startswith(f"{root}/"):
            return self._elsewhere(request)
        return self._on_issue(request, number, rest)

    def _on_issue(self, request: Received, number: str, rest: str) -> Answer:
        """Answer for one issue of the repository."""
        if int(number) in self.moved:
            return Answer(301, {"message": "Moved"}, {"Location": self.moved[int(number)]})
        if int(number) not in self.issues:
            return Answer(410, {"message": "This issue was deleted"})
        issue = self.issues[int(number)]
        if rest == "comments":
            self.comments.setdefault(int(number), []).append(request.body["body"])
            return Answer(201, {"id": 1, "body": request.body["body"]})
        if request.method == "PATCH":
            issue.update({k: v for k, v in request.body.items() if k != "labels"})
            if "labels" in request.body and not self.drops_labels:
                issue["labels"] = [{"name": name} for name in request.body["labels"]]
        return Answer(200, issue)

    def _elsewhere(self, request: Received) -> Answer:
        """Answer for issues of another repository."""
        for path in self.moved.values():
            if path.endswith(request.path):
                number = int(path.rpartition("/")[2])
                return Answer(200, self._issue(number, "acme/other", {"title": "", "body": ""}))
        return NOT_FOUND

    def _create(self, body: dict[str, Any]) -> Answer:
        number = max(self.issues, default=0) + 1
        labels = [] if self.drops_labels else body.get("labels", [])
        self.issues[number] = self._issue(number, REPOSITORY, {**body, "labels": labels})
        return Answer(201, self.issues[number])

    def _issue(self, number: int, repository: str, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "number": number,
            "state": "open",
            "title": body["title"],
            "body": body["body"],
            "labels": [{"name": name} for name in body.get("labels", [])],
            "assignees": body.get("assignees", []),
            "html_url": f"https://github.com/{repository}/issues/{number}",
            "repository_url": f"https://api.github.com/repos/{repository}",
        }

    def _list(self, request: Received) -> Answer:
        names = set(request.query["labels"].split(","))
        size, page = int(request.query["per_page"]), int(request.query["page"])
        listed = [
            issue
            for _, issue in sorted(self.issues.items())
            if names <= {label["name"] for label in issue["labels"]}
            and request.query["state"] in ("all", issue["state"])
        ]
        return Answer(200, listed[size * (page - 1) : size * page])
