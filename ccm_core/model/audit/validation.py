"""What validated the method of a rule pack: the outcome of its tests, or of their mutations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.frozen_dataclass import dataclass


class ValidationMethod(StrEnum):
    """How a pack was validated."""

    TESTS = "tests"
    """The tests that it carries were run: each must have the result that it expects."""
    MUTATIONS = "mutations"
    """Evidence was removed from its tests, one piece at a time: none may pass by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedCase:
    """One test of one rule, or one mutation of it."""

    rule: str
    test: str
    mutation: str
    """What was removed; empty: nothing, the test was run as it is."""
    expected: str
    """The status that the rule must have; of a mutation, that before it."""
    actual: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The outcome for one version of one pack, as it was recorded where it was run."""

    method: ValidationMethod
    pack: str
    version: str
    pack_digest: str
    """Of the text of the pack, as evaluations name it."""
    host_version: str
    plugins: tuple[PluginVersion, ...]
    at: datetime
    cases: tuple[ValidatedCase, ...]

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return sum(case.passed for case in self.cases)

    @property
    def failed(self) -> int:
        """How many did not."""
        return len(self.cases) - self.passed
