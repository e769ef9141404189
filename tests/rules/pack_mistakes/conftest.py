"""One rule without a mistake, to be spoiled, and the compiler that tells what is wrong with it."""

from __future__ import annotations

import pytest

from ccm_core.errors import DocumentError
from ccm_core.rules.interface import PackText
from ccm_core.rules.packs import compile_packs

RULE = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.0.0, title: Doors}
parameters:
  limit: {type: duration, default: 15m, description: d}
  high_up: {type: condition, over: acme.watch, default: row.floor > 3, description: d}
rules:
  - id: door_locked
    title: Doors are locked
    status: stable
    severity: high
    over: acme.door
    assert: row.locked
    message: "{row.title} is open"
    on_empty: fail
"""


@pytest.fixture
def rule() -> str:
    """Give a pack of one rule that has no mistake."""
    return RULE


@pytest.fixture
def compiling(sources):
    """Compile one pack and give its mistakes as text."""

    def find(text: str) -> list[str]:
        with pytest.raises(DocumentError) as caught:
            compile_packs([PackText(text=text.encode(), source="doors.yaml")], sources)
        return [str(one) for one in caught.value.mistakes]

    return find
