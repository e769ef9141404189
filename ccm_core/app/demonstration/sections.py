"""The settings of a demonstration beside its connection: people and their keys, owners, limits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccm_core.documents import yaml_editor
from ccm_core.documents.yaml_writer import block, flow

if TYPE_CHECKING:
    from ccm_core.app.demonstration.approver_key import ApproverKey
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.sdk.types import DemoHistory

APPROVER_KEYS = "keys"
"""The folder of the keys that people of a demonstration approve with."""
_PARAMETERS = "parameters"


def create_approver_keys(history: DemoHistory | None, folder: Path) -> Mapping[str, ApproverKey]:
    """Create a key for everybody who approves something in a past, by their ids.

    Raises:
        OSError: They cannot be written.
    """
    from ccm_core.app.demonstration.approver_key import ApproverKey

    approvers = sorted(_approvers(history)) if history else ()
    return {
        person: ApproverKey.create(folder / APPROVER_KEYS / person, person) for person in approvers
    }


def with_sections(text: str, history: DemoHistory) -> str:
    """Return the text of settings with the sections of a past; approvers have their keys."""
    sections = {name: value for name, value in history.settings.items() if name != _PARAMETERS}
    approvers = _approvers(history)
    sections["people"] = [
        person | _keys_of(person, approvers) for person in history.settings.get("people", ())
    ]
    for name, value in history.settings.get(_PARAMETERS, {}).items():
        text = yaml_editor.put(text, ("rules", _PARAMETERS, name), value)
    return "\n".join(
        [text.rstrip(), "", *(_section(name, value) for name, value in sections.items())]
    )


def _section(name: str, value: Any) -> str:
    """Return a section: an item of a list or a key of a mapping on each line or lines."""
    lines = (
        [f"  {key}: {flow(child)}" for key, child in value.items()]
        if isinstance(value, dict)
        else [block(item, 2) for item in value]
    )
    return "\n".join([f"{name}:", *lines, ""])


def _keys_of(person: JsonObject, approvers: set[str]) -> JsonObject:
    if person["id"] not in approvers:
        return {}
    return {"ssh_keys": [f"file:{APPROVER_KEYS}/{person['id']}.pub"]}


def _approvers(history: DemoHistory) -> set[str]:
    return {step.accepts.approver for step in history.steps if step.accepts}
