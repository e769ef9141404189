"""Reads the settings of ticket systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.setting_names import repeated_names, unknown_connections
from ccm_core.config.settings import TicketSettings
from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake, UsageError
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.tickets.templates import PLACEHOLDERS, unknown_placeholders
from ccm_core.tickets.types import FieldMapping, SystemKind, TicketRules

GITHUB_API = "https://api.github.com"
_JIRA_ALONE = (
    "issue_type",
    "priorities",
    "components",
    "custom",
    "closed_status",
    "reopened_status",
    "resolution",
)
"""Fields that GitHub's issues do not have."""
_OWN_FIELDS = {
    "project": "use `project` of the system",
    "summary": "ccm writes the title",
    "description": "ccm writes it",
    "issuetype": "use `fields.issue_type`",
    "labels": "use `fields.labels`",
    "priority": "use `fields.priorities`",
    "components": "use `fields.components`",
    "assignee": "use `fields.assignees`",
}
"""Fields of Jira that have a setting of their own."""


def read_tickets(document: Document, mistakes: list[Mistake]) -> tuple[TicketSettings, ...]:
    """Return the ticket systems; append all mistakes in them.

    Mistakes that the schema found are in the list already.
    """
    section = document.get(("tickets",))
    entries = [
        (index, entry)
        for index, entry in enumerate(section if isinstance(section, list) else [])
        if isinstance(entry, dict)
    ]
    mistakes.extend(repeated_names(document, ("tickets",), entries, "ticket system"))
    systems = [_TicketReader(document, index, entry, mistakes).read() for index, entry in entries]
    return tuple(system for system in systems if system is not None)


class _TicketReader:
    """Reads one ticket system."""

    def __init__(
        self, document: Document, index: int, entry: Mapping[str, Any], mistakes: list[Mistake]
    ) -> None:
        self._document, self._entry, self._mistakes = document, entry, mistakes
        self._path: Path = ("tickets", index)
        self._is_jira = entry.get("system") == SystemKind.JIRA
        self._fields = _mapping(entry.get("fields"))

    def read(self) -> TicketSettings | None:
        """Return the system; None where something is wrong with it, here or by the schema."""
        token = self._token()
        if self._entry.get("system") in tuple(SystemKind):
            self._check_place()
            self._check_fields()
        base_url = self._url("base_url") or GITHUB_API
        web_url = self._url("web_url") or base_url
        named = (*self._path, "when", "connections")
        self._mistakes.extend(unknown_connections(self._document, named))
        # Of a document with mistakes nothing is used; the schema may have found more.
        if self._mistakes or token is None:
            return None
        auth = self._entry["auth"]
        return TicketSettings(
            kind=SystemKind(self._entry["system"]),
            base_url=base_url,
            web_url=web_url,
            place=self._entry["project" if self._is_jira else "repository"],
            email=str(auth.get("email", "")),
            token=token,
            rules=self._rules(),
        )

    def _rules(self) -> TicketRules:
        entry, when = self._entry, _mapping(self._entry.get("when"))

        def names(key: str) -> tuple[str, ...]:
            return tuple(when.get(key, ()))

        return TicketRules(
            system=entry["name"],
            min_severity=when.get("min_severity", "high"),
            owners=names("owners"),
            rules=names("rules"),
            frameworks=names("frameworks"),
            connections=names("connections"),
            close=entry.get("close", True),
            reopen=entry.get("on_closed_by_hand", "reopen") == "reopen",
            include_reasons=entry.get("include_reasons", False),
            finding_url=self._document.get(("notify", "finding_url"), ""),
            max_changes=entry.get("max_changes", 100),
            fields=self._field_mapping(),
        )

    def _field_mapping(self) -> FieldMapping:
        fields = self._fields
        texts = ("issue_type", "closed_status", "reopened_status", "resolution")
        assignees = _mapping(fields.get("assignees"))
        return FieldMapping(
            **{name: fields[name] for name in texts if name in fields},
            priorities=FrozenDict(_mapping(fields.get("priorities"))),
            labels=tuple(fields.get("labels", ())),
            components=tuple(fields.get("components", ())),
            assignees=FrozenDict({owner: tuple(names) for owner, names in assignees.items()}),
            custom=FrozenDict(_mapping(fields.get("custom"))),
        )

    # -- checks -------------------------------------------------------------------------------

    def _token(self) -> SecretReference | None:
        auth = _mapping(self._entry.get("auth"))
        if "token" not in auth:
            return None
        try:
            return SecretReference.parse(auth["token"])
        except ValueError as error:
            self._mistake((*self._path, "auth", "token"), str(error))
            return None

    def _url(self, key: str) -> str | None:
        from ccm_core.sdk.http.base_url import checked_base_url  # loads an HTTP client

        url = self._entry.get(key)
        if not isinstance(url, str):
            return None
        try:
            return checked_base_url(url).rstrip("/")
        except (UsageError, ValueError) as error:
            self._mistake((*self._path, key), str(error).replace("base_url", key))
            return None

    def _check_place(self) -> None:
        """Check that it says where tickets go, and nothing that is of the other system."""
        system = self._entry["system"]
        required = ("project", "base_url") if self._is_jira else ("repository",)
        foreign = ("repository",) if self._is_jira else ("project", "web_url")
        for key in required:
            if key not in self._entry:
                self._mistake(self._path, f'"{key}" is missing: {system} needs it')
        for key in foreign:
            if key in self._entry:
                self._mistake((*self._path, key), f'{system} has no "{key}"; remove it')
        if not self._is_jira and "email" in _mapping(self._entry.get("auth")):
            message = "github takes a token without an e-mail address; remove it"
            self._mistake((*self._path, "auth", "email"), message)

    def _check_fields(self) -> None:
        path = (*self._path, "fields")
        for name in _JIRA_ALONE if not self._is_jira else ():
            if name in self._fields:
                self._mistake((*path, name), f'github\'s issues have no "{name}"; remove it')
        for name in ("labels", "components", "custom"):
            for wrong in dict.fromkeys(unknown_placeholders(self._fields.get(name))):
                message = suggest("placeholder", wrong, PLACEHOLDERS, label="there are")
                self._mistake((*path, name), message)
        for name in _mapping(self._fields.get("custom")):
            if name in _OWN_FIELDS:
                message = f'"{name}" cannot be set here: {_OWN_FIELDS[name]}'
                self._mistake((*path, "custom", name), message)
        for owner, names in _mapping(self._fields.get("assignees")).items():
            if self._is_jira and isinstance(names, list) and len(names) > 1:
                message = f"got {len(names)} accounts, expected one: Jira assigns one person"
                self._mistake((*path, "assignees", owner), message)

    def _mistake(self, path: Path, message: str) -> None:
        self._mistakes.append(self._document.mistake(path, message))


def _mapping(section: object) -> Mapping[str, Any]:
    return section if isinstance(section, dict) else {}
