"""What a package of some controls must hold: rules, kinds and connections, as leaves state them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Leaves, moment

CLOSING = timedelta(days=7)
"""How long after the end of a period evaluations may close what happened in it."""
PART = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|([0-9]{2})(?:-([0-9]{2}))?))?")
"""A period, or one end of it."""


class Need(NamedTuple):
    """The evidence that one rule needs."""

    rule: str
    kinds: frozenset[str]
    max_age: float | None


class Watch(NamedTuple):
    """What one connection collects: of several evaluations the strictest."""

    cadences: Mapping[str, float]
    lookback: float
    refreshed: frozenset[str]
    events: frozenset[str]
    manifests: str
    """The kind of its manifests; empty where they are no evidence."""


class Scope(NamedTuple):
    """What the inputs of the evaluations of a period state."""

    needs: Mapping[str, Sequence[Need]]
    """By control."""
    watches: Mapping[str, Watch]
    """By connection."""

    def rules(self, controls: Iterable[str]) -> list[str]:
        """Return the rules that support some controls."""
        return sorted({need.rule for name in controls for need in self.needs.get(name, ())})

    def kinds(self, controls: Iterable[str]) -> list[str]:
        """Return the evidence kinds that those rules need."""
        needs = (need for name in controls for need in self.needs.get(name, ()))
        return sorted({kind for need in needs for kind in need.kinds})

    def manifest_kind(self, connection: str) -> str:
        """Return the kind of the manifests of a connection; empty where they are no evidence."""
        return self.watches[connection].manifests if connection in self.watches else ""

    def history_since(self, connections: Collection[str], since: datetime) -> datetime:
        """Return from when on collections decide what is known during a period."""
        watches = [self.watches[name] for name in connections if name in self.watches]
        lookback = max((watch.lookback for watch in watches), default=0)
        cadence = max((age for watch in watches for age in watch.cadences.values()), default=0)
        ages = (need.max_age or 0 for needs in self.needs.values() for need in needs)
        margin = timedelta(seconds=lookback + 2 * cadence + max(ages, default=0))
        return since - min(margin, since - datetime.min.replace(tzinfo=since.tzinfo))


def closed_until(until: datetime) -> datetime:
    """Return until when evaluations close what happened in a period that ends at a moment."""
    return until + min(CLOSING, datetime.max.replace(tzinfo=until.tzinfo) - until)


def period_evaluations(
    store_log: Leaves, since: datetime, until: datetime
) -> dict[int, Mapping[str, Any]]:
    """Return the leaves of the evaluations of a period, and of those that close it, by index.

    What happened in its last hours is known only afterwards.
    """
    last = closed_until(until)
    return {
        index: leaf
        for index, leaf in store_log.items()
        if leaf["leaf"] == "evaluation" and since <= moment(leaf["evaluated_at"]) < last
    }


def scope_inputs(store_log: Leaves, evaluations: Leaves) -> set[str]:
    """Return the digests of the inputs that state the scope.

    Those of the evaluations of the period; where there are none, of the newest evaluation of all.
    """
    stated = {leaf["inputs"] for leaf in evaluations.values() if "inputs" in leaf}
    every = [
        (moment(leaf["evaluated_at"]), index, leaf["inputs"])
        for index, leaf in store_log.items()
        if leaf["leaf"] == "evaluation" and "inputs" in leaf
    ]
    return stated or {digest for _, _, digest in sorted(every)[-1:]}


def read_scope(inputs: Iterable[Mapping[str, Any]]) -> Scope:
    """Return what the inputs of evaluations state, together."""
    needs: dict[str, dict[Need, None]] = {}
    watches: dict[str, Watch] = {}
    for document in inputs:
        for rule in document["rules"]:
            need = Need(rule["rule"], frozenset(rule["kinds"]), rule["max_age"])
            for control in rule["controls"]:
                needs.setdefault(control, {})[need] = None
        for watch in document["watch_scopes"]:
            name = watch["connection"]
            watches[name] = strictest(watches.get(name), watch)
    by_rule = {
        control: sorted(
            supporting, key=lambda need: (need.rule, sorted(need.kinds), need.max_age or 0)
        )
        for control, supporting in needs.items()
    }
    return Scope(by_rule, watches)


def strictest(before: Watch | None, stated: Mapping[str, Any]) -> Watch:
    """Return what a connection collects, held to the strictest of two statements."""
    cadences = dict(stated["cadences"])
    manifests = stated["manifests"] or {"kind": "", "cadence": 0}
    if manifests["kind"]:
        cadences[manifests["kind"]] = manifests["cadence"]
    if before is None:
        before = Watch({}, 0, frozenset(), frozenset(), "")
    for kind, cadence in before.cadences.items():
        cadences[kind] = min(cadence, cadences.get(kind, cadence))
    return Watch(
        cadences,
        max(before.lookback, stated["lookback"]),
        before.refreshed | set(stated["refreshed"]),
        before.events | set(stated["event_kinds"]),
        manifests["kind"] or before.manifests,
    )


def period_bounds(text: str) -> tuple[datetime, datetime]:
    """Return when a period begins and ends; of two dates the second is its last day. In UTC."""
    first, dots, last = text.partition("..")
    since, until = day_bounds(first)
    if dots:
        until = day_bounds(last)[1]
    if until <= since:
        raise ValueError(f"{text!r} is not a period")
    return since, until


def day_bounds(text: str) -> tuple[datetime, datetime]:
    """Return the beginning of the first day of a part, and of the day after its last."""
    match = PART.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a period")
    year, quarter, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        since = datetime(year, month, day, tzinfo=timezone.utc)
        return since, since + timedelta(days=1)
    first = month or (3 * quarter - 2 if quarter else 1)
    months = 1 if month else (3 if quarter else 12)
    after = year * 12 + first - 1 + months
    since = datetime(year, first, 1, tzinfo=timezone.utc)
    return since, datetime(after // 12, after % 12 + 1, 1, tzinfo=timezone.utc)
