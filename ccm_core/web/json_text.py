"""JSON as people read it on pages."""

from __future__ import annotations

import json
from typing import Any

from ccm_core.model.json_codec import encode

_LONGEST = 400


def shown_value(value: Any) -> str:
    """Return a JSON value as text, cut where it is long."""
    text = encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def indented(document: Any) -> str:
    """Return a document as lines, with its keys in order."""
    plain = json.loads(encode(document))
    return json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True)
