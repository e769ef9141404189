"""The waivers file, edited in place: one entry at a time, and everything else stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from ccm_core.app.rule_sets import authorities
from ccm_core.app.workspace import Workspace
from ccm_core.approvals.people import Authorities
from ccm_core.approvals.statement import waiver_entry
from ccm_core.atomic_write import write_durably
from ccm_core.config.locate import read_file
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.documents import Document, read_yaml, yaml_editor
from ccm_core.documents.yaml_writer import block
from ccm_core.errors import UsageError
from ccm_core.model.evaluation.waiver import Approval, Waiver
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.pack.waiver_file import waivers_of
from ccm_core.sdk.timestamps import format_instant

NAME = "waivers.yaml"
"""The file that is made where the settings name none, in their folder."""
_EMPTY = "apiVersion: ccm/v1\nkind: Waivers\nwaivers: []\n"
_READABLE = 0o644
"""The mode of a new one: it has no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiversFile:
    """A waivers file that is to be edited."""

    path: Path
    document: Document
    before: bytes | None
    """Its contents when it was read; None: it did not exist."""
    waivers: tuple[Waiver, ...]
    """In their order."""
    authorities: Authorities

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """Read the waivers file of some settings; it need not exist.

        Raises:
            UsageError: It cannot be read.
            DocumentError: It has mistakes, which have to be corrected first.
        """
        settings, people = workspace.settings, authorities(workspace)
        path = settings.rules.waivers or settings.base / NAME
        before = read_file(path) if path.exists() else None
        document = read_yaml(_EMPTY.encode() if before is None else before, str(path))
        return cls(
            path=path,
            document=document,
            before=before,
            waivers=waivers_of(document, people),
            authorities=people,
        )

    def index(self, name: str) -> int:
        """Return the index of a waiver.

        Raises:
            UsageError: There is none of that id.
        """
        for index, waiver in enumerate(self.waivers):
            if waiver.id == name:
                return index
        ids = ", ".join(waiver.id for waiver in self.waivers) or "none"
        raise UsageError(f"no risk acceptance {name!r} in {self.path}; it has: {ids}")

    def add(self, waiver: Waiver) -> None:
        """Write one more waiver.

        Raises:
            UsageError: The file cannot be edited or written, or was changed in the meantime.
        """
        entry = waiver_entry(waiver)
        try:
            text = yaml_editor.append(self.document.text, ("waivers",), entry)
        except yaml_editor.NotEditable as cause:
            edit = f"add under waivers:\n{block(entry, 2)}"
            raise UsageError(f"{self.path}: {cause}; edit it manually: {edit}") from cause
        self._write(text)

    def approve(self, name: str, approval: Approval) -> None:
        """Write the approval of a waiver, in place of one that it may have.

        Raises:
            UsageError: The file cannot be edited or written, or was changed in the meantime.
        """
        entry, path = _approval_entry(approval), ("waivers", self.index(name), "approval")
        try:
            text = yaml_editor.put(self.document.text, path, entry)
        except yaml_editor.NotEditable as cause:
            edit = f"set approval of {name} to\n{block({'approval': entry}, 2)}"
            raise UsageError(f"{self.path}: {cause}; edit it manually: {edit}") from cause
        self._write(text)

    def remove(self, name: str) -> None:
        """Remove a waiver.

        Raises:
            UsageError: The file cannot be edited or written, or was changed in the meantime.
        """
        path = ("waivers", self.index(name))
        try:
            text = yaml_editor.remove(self.document.text, path)
        except yaml_editor.NotEditable as cause:
            line = self.document.location(path).line
            message = f"{self.path}: {cause}; remove the entry at line {line} manually"
            raise UsageError(message) from cause
        self._write(text)

    def _write(self, text: str) -> None:
        waivers_of(read_yaml(text.encode(), str(self.path)), self.authorities)
        target = self.path.resolve()
        try:
            current = target.read_bytes() if target.exists() else None
            if current != self.before:
                raise UsageError(
                    f"{self.path} was changed in the meantime, and nothing was written; read what "
                    "is there now and try again"
                )
            mode = _READABLE if current is None else target.stat().st_mode & 0o777
            write_durably(target, text.encode(), mode=mode)
        except OSError as cause:
            raise UsageError(f"{self.path} cannot be written: {cause.strerror}") from cause


def name_in_settings(workspace: Workspace, path: Path) -> str:
    """Add the waivers file to the settings where they name none; return what was done, in words."""
    settings = workspace.settings
    if settings.rules.waivers is not None:
        return ""
    file = SettingsFile.at(Path(settings.document.file), absent="")
    try:
        file.write(yaml_editor.put(file.draft.document.text, ("rules", "waivers"), path.name))
    except (yaml_editor.NotEditable, UsageError) as cause:
        return f"{file.path} does not name it ({cause}): add `waivers: {path.name}` under rules"
    return f"{file.path} names it now: rules.waivers"


def _approval_entry(approval: Approval) -> JsonObject:
    return {
        "by": approval.by,
        "at": format_instant(approval.at),
        "method": approval.method.value,
        "signature": approval.proof,
    }
