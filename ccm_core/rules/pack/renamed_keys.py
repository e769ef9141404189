"""Keys of packs and of parameters that have another name now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ccm_core.documents import Document
from ccm_core.documents import renamed_keys as documents
from ccm_core.errors import Mistake

_RENAMED: documents.RenamedKeys = {
    ("by_hand",): "manual_procedures",
    ("by_hand", "*", "remains"): "procedures",
    ("manual_procedures", "*", "remains"): "procedures",
    ("parameters", "*", "default", "changes"): "overrides",
    ("rules", "*", "tests", "*", "params", "*", "changes"): "overrides",
}
"""The current name by the path of a former key."""


def renamed_keys(document: Document) -> Iterator[Mistake]:
    """Yield a mistake for each key of a pack that has another name now."""
    return documents.renamed_keys(document, _RENAMED)


def renamed_setting_key(value: Any) -> str | None:
    """Return what is wrong with a key of a parameter's value; None where its name is current."""
    if isinstance(value, dict) and "changes" in value:
        return documents.renamed_message("changes", "overrides")
    return None
