"""The letters that stand for statuses where a line has one for each rule of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ccm_core.model.evaluation.result import Status

LETTERS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PASS: "p",
        Status.FAIL: "f",
        Status.INSUFFICIENT: "i",
        Status.NOT_APPLICABLE: "n",
        Status.ERROR: "e",
    }
)
NOT_DUE_YET = "not due yet"
"""The reason of a result that is not applicable because it is not due."""
NOT_DUE, NOT_JUDGED = "d", "-"
"""Letters of what is not applicable yet, and of a rule whose evidence did not suffice."""
STATUSES: Mapping[str, Status] = MappingProxyType(
    {letter: status for status, letter in LETTERS.items()} | {NOT_DUE: Status.NOT_APPLICABLE}
)
