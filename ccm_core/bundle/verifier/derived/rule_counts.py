"""Hold the counts and the status that an evaluation states of a rule against its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.counting.period_items import (
    WHOLE,
)
from ccm_core.bundle.verifier.derived.derived_bodies import RESULT_STATUSES
from ccm_core.bundle.verifier.derived.rule_tally import RuleTally

FIGURES = {
    "passed": "pass",
    "failed": "fail",
    "insufficient": "insufficient",
    "not_applicable": "not_applicable",
    "error": "error",
}


class ConnectionCounts(NamedTuple):
    """What was counted of a rule over one connection."""

    connection: str
    tally: RuleTally | None
    """None: its evidence did not suffice, or there were no rows."""
    unevaluated: int
    """Rows that were not judged, as the evidence did not suffice."""
    unreadable: Collection[str]
    """Subjects whose row was erased."""

    @property
    def unknown(self) -> int:
        """How many subjects may count or not."""
        return len(self.tally.unreadable if self.tally else self.unreadable)


def unevaluated_rows(rule: Mapping[str, Any], connection: str, rows: int) -> int:
    """Return how many rows count as insufficient, because the evidence of all is."""
    insufficient = any(
        result["connection"] == connection
        and result["subject"]["kind"] == "connection"
        and result["status"] == "insufficient"
        for result in rule["results"]
    )
    return rows if insufficient else 0


def count_problems(
    rule: Mapping[str, Any],
    counted: Sequence[ConnectionCounts],
    others: Sequence[str],
    *,
    whole: bool,
) -> Iterator[tuple[str, str]]:
    """Yield each figure of a rule that differs from its results, and how.

    Args:
        rule: As an evaluation states it.
        counted: What was counted, by connection.
        others: Connections that are not in the package: of them nothing is known but the sum.
        whole: Whether every result is in the document.
    """
    figures = count_figures(rule, counted)
    unknown = sum(entry.unknown for entry in counted)
    open_rows = 0
    if whole and any(is_doubt(result) for result in rule["results"]):
        open_rows = max(rule["population"]["insufficient"] - figures["insufficient"], 0)
    for figure in sorted(figures.keys() & rule["population"].keys()):
        stated, actual = rule["population"][figure], figures[figure]
        if figure in {"insufficient", "total"}:
            actual += open_rows
        if stated < actual or (not others and stated > actual + unknown):
            places = ", ".join(entry.connection for entry in counted) or "its document"
            yield figure, f"{stated} {figure}, and its results on {places} are {actual}"
    expected = worst_status(rule, counted, whole=whole)
    # Where nothing was counted here, nothing follows for what other connections were found to be.
    is_stated = rule["status"] is not None  # nothing is in the scope of a framework
    if is_stated and not unknown and expected != rule["status"] and (counted or not others):
        better = RESULT_STATUSES.index(rule["status"]) > RESULT_STATUSES.index(expected)
        if better or not others:
            yield "status", f"the status {rule['status']}, and {expected} follows from its results"


def is_doubt(result: Mapping[str, Any]) -> bool:
    """Return whether a result says that the evidence of a whole connection does not suffice."""
    return (result["subject"]["kind"], result["status"]) == ("connection", "insufficient")


def count_figures(rule: Mapping[str, Any], counted: Sequence[ConnectionCounts]) -> dict[str, int]:
    """Return how many subjects of a rule have which status."""
    inside = [result for result in rule["results"] if result["subject"]["kind"] not in WHOLE]
    statuses = Counter(result["status"] for result in inside)
    waived = sum(result["status"] == "fail" and result["waiver"] is not None for result in inside)
    for entry in counted:
        statuses["insufficient"] += entry.unevaluated
        if entry.tally is not None:
            statuses.update(entry.tally.counts)
            waived += entry.tally.waived_failures()
    figures = {figure: statuses[status] for figure, status in FIGURES.items()}
    return {**figures, "total": sum(figures.values()), "waived": waived}


def worst_status(
    rule: Mapping[str, Any], counted: Sequence[ConnectionCounts], *, whole: bool
) -> str:
    """Return the status of a rule: the worst of the results that decide.

    Where a rule has a tolerance, the share decides over a connection, and not each subject.
    """
    tallies = {entry.connection: entry.tally for entry in counted}
    places = {"" if whole else result["connection"] for result in rule["results"]} | set(tallies)
    present: set[str] = set()
    for place in places:
        results = [r for r in rule["results"] if whole or r["connection"] == place]
        deciding = [r for r in results if r["subject"]["kind"] in WHOLE]
        tally = tallies.get(place)
        if any(result["subject"]["kind"] == "population" for result in results):
            present.update(result["status"] for result in deciding)
            continue
        present.update(result["status"] for result in results)
        if tally is not None:
            present.update(status for status, number in tally.counts.items() if number)
            present.update(status for status, number in tally.whole.items() if number)
    return next((status for status in RESULT_STATUSES if status in present), "insufficient")
