"""The items of a period: how many each test had, each control, and each share of a month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.concluding.kinds import USUAL_CADENCE, Collecting
from ccm_core.bundle.verifier.counting.period_items import (
    WHOLE,
)
from ccm_core.bundle.verifier.evaluations import (
    History,
    ResultKey,
)
from ccm_core.bundle.verifier.scope import Need, period_bounds
from ccm_core.bundle.verifier.spans import EARLIEST, Window, instant_text


class Asked(NamedTuple):
    """The period that is asked about."""

    elapsed: Window
    """The part of it that has elapsed."""
    until: datetime

    @property
    def ended(self) -> bool:
        """Whether all of it has elapsed."""
        return self.until <= self.elapsed[1]


def tests_of(needs: Sequence[Need]) -> list[Need]:
    """Return one need of each rule, with the kinds of all, sorted by rule."""
    kinds: dict[str, frozenset[str]] = {}
    for need in needs:
        kinds[need.rule] = kinds.get(need.rule, frozenset()) | need.kinds
    return [Need(rule, kinds[rule], None) for rule in sorted(kinds)]


def rule_test(
    need: Need,
    history: History,
    collecting: Sequence[Collecting],
    period: Asked,
    *,
    monitoring: bool,
) -> dict[str, Any]:
    """Return how many items a test had in the period, and what became of them."""
    counts: Counter[str] = Counter()
    sources = {source.connection: source for source in collecting}
    late = changed = read_back = tested_late = 0
    for (name, connection), items in history.items.items():
        if name == need.rule:
            counts.update(items.counts())
            late, changed = late + len(items.late), changed + len(items.cleared_by_change)
            source = sources.get(connection)
            read_back += items.read_back(watched_since(source, period.elapsed[0]))
            tested_late += items.tested_late(slowest_cadence(source, need.kinds))
    return {
        "rule": need.rule,
        "population": counts.total(),
        "passed": counts["pass"],
        "failed": counts["fail"],
        "inconclusive": counts["insufficient"] + counts["error"],
        "open": counts["open"],
        "made_late": late,
        "test_changed": changed,
        "read_back": read_back,
        "tested_late": tested_late,
        "monitoring": monitoring,
    }


def watched_since(source: Collecting | None, since: datetime) -> datetime | None:
    """Return when a connection was collected first, from one lookback before the period on."""
    if source is None:
        return None
    earliest = go_back(since, source.watch.lookback)
    moments = (entry.ended_at for entry in source.collections if entry.ended_at >= earliest)
    return min(moments, default=None)


def slowest_cadence(source: Collecting | None, kinds: Collection[str]) -> timedelta:
    """Return how often the slowest of some kinds is collected."""
    cadences = source.watch.cadences if source is not None else {}
    slowest = max((cadences[kind] for kind in kinds if kind in cadences), default=USUAL_CADENCE)
    return timedelta(seconds=slowest)


def go_back(moment: datetime, seconds: float) -> datetime:
    """Return a moment some time earlier, or the beginning of time."""
    return moment - min(timedelta(seconds=seconds), moment - EARLIEST)


def items_named(rules: Collection[str], history: History) -> set[tuple[str, str]]:
    """Return the items that some rules applied to: connection, and kind and key."""
    return {
        (connection, key)
        for (rule, connection), items in history.items.items()
        if rule in rules
        for key in items.population
    }


def control_items(
    rules: Collection[str], history: History, exceptions: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Count the items of a control, each once, however many tests apply to it or fail."""
    population = items_named(rules, history)
    failed = {
        (entry["connection"], entry["subject"]["kind"], entry["subject"]["key"])
        for entry in exceptions
        if entry["subject"]["kind"] not in WHOLE
    }
    return {"items": len(population), "items_failed": len(failed)}


def partial_months(
    rules: Collection[str], history: History, collecting: Sequence[Collecting], period: Asked
) -> Iterator[dict[str, Any]]:
    """Yield the shares of months that are not whole in the period, and what of them was seen."""
    sources = {source.connection: source for source in collecting}
    for rule, connection, kind, name in sorted(history.failures):
        if rule not in rules or kind != "population":
            continue
        seen = seen_part(name, sources.get(connection), period)
        if seen is not None and not is_whole_month(name, seen):
            yield {
                "rule": rule,
                "connection": connection,
                "month": name,
                "since": instant_text(seen[0]),
                "until": instant_text(seen[1]),
            }


def seen_part(name: str, source: Collecting | None, period: Asked) -> Window | None:
    """Return the part of a month that is in the period and was watched or read back, if any."""
    try:
        since, until = period_bounds(name)
    except ValueError:
        return None
    begins = max(since, period.elapsed[0])
    watched = watched_since(source, period.elapsed[0])
    if source is not None and watched is not None:
        begins = max(begins, go_back(watched, source.watch.lookback))
    ends = min(until, period.elapsed[1])
    return (begins, ends) if begins < ends else None


def is_whole_month(name: str, seen: Window) -> bool:
    """Return whether all of a month was seen."""
    return seen == period_bounds(name)


def is_of_period(
    key: ResultKey, history: History, collecting: Sequence[Collecting], period: Asked
) -> bool:
    """Return whether what failed is an exception of the period: its share, or an item of it."""
    rule, connection, kind, name = key
    source = next((one for one in collecting if one.connection == connection), None)
    if kind == "population":
        share = history.shares.get((rule, connection, name))
        return is_month_of(name, source, period) and (share is None or share.fails)
    items = history.items.get((rule, connection))
    if items is None:
        return True
    month = items.month_of(f"{kind}:{name}")
    share = history.shares.get((rule, connection, month)) if month else None
    if month and share and not share.fails and is_month_of(month, source, period):
        return False  # tolerated by the share of its month
    return items.is_exception(f"{kind}:{name}")


def is_month_of(name: str, source: Collecting | None, period: Asked) -> bool:
    """Return whether a share is of a month that was seen whole in the period, or of no month."""
    try:
        period_bounds(name)
    except ValueError:
        return True
    seen = seen_part(name, source, period)
    return seen is not None and is_whole_month(name, seen)
