"""What evaluations state of the method: their packs, parameters, and what settings narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.strict_json import write_json

MONITORING = "monitoring"
"""The purpose of packs that test the health of monitoring itself."""


class StatedStretch(NamedTuple):
    """From which evaluation to which something was stated, and in how many."""

    first: str
    last: str
    evaluations: int


class MethodFacts:
    """How the evaluations of a period were made; of what repeats only the bounds are kept."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}
        """What each test asserts, by its rule; the last that was stated."""
        self.monitoring: set[str] = set()
        """The tests of the health of monitoring itself: those of packs that are for it."""
        self.packs: dict[tuple[str, str, str], StatedStretch] = {}
        """By name, version and digest of a pack."""
        self.parameters: dict[tuple[str, str, str], StatedStretch] = {}
        """By pack, name and value, as JSON."""
        self.narrowing: dict[str, StatedStretch] = {}
        """By what settings changed or leave out, in words."""
        self.plugin_failures: dict[str, StatedStretch] = {}
        """By which plugin did not load, in words."""
        self.switched_off: dict[str, StatedStretch] = {}
        """By which check the settings switched off, in words with the reason."""
        self.accounts: dict[str, set[str]] = {}
        """By connection: the accounts that were read."""
        self.on_time = 0
        """Evaluations of the moment at which they were made."""
        self.as_of = 0
        """Evaluations of a past moment."""

    def add(self, evaluation: Mapping[str, Any], *, late: bool) -> None:
        """Add what one evaluation states."""
        at = evaluation["evaluated_at"]
        self.on_time += not late
        self.as_of += late
        names = {p["name"] for p in evaluation["packs"] if p.get("purpose") == MONITORING}
        for rule in evaluation["rules"]:
            self.titles[rule["rule"]] = rule["title"]
            if rule["pack"] in names:
                self.monitoring.add(rule["rule"])
        for pack in evaluation["packs"]:
            extend(self.packs, (pack["name"], pack["version"], pack["digest"]), at)
            for name, value in pack["parameters"].items():
                extend(self.parameters, (pack["name"], name, write_json(value).decode()), at)
        for words in evaluation["narrowing"]:
            extend(self.narrowing, words, at)
        for words in evaluation["plugin_failures"]:
            extend(self.plugin_failures, words, at)
        for rule in evaluation["switched_off"]:
            words = f"the check {rule['rule']} was switched off: {rule['reason']}"
            extend(self.switched_off, words, at)
        for state in evaluation["derived"]:
            if state["account"] is not None:
                self.accounts.setdefault(state["connection"], set()).add(state["account"])


def extend(stretches: dict[Any, StatedStretch], key: Any, at: str) -> None:
    """Add an evaluation of a moment to a stretch."""
    before = stretches.get(key)
    if before is None:
        stretches[key] = StatedStretch(at, at, 1)
    else:
        first, last, number = before
        stretches[key] = StatedStretch(min(first, at), max(last, at), number + 1)
