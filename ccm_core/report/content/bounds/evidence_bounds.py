"""Bound the evidence of a page: connections with most problems in detail, the others in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.bounds.page_bounds import drawn_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.report.content.evidence import ConnectionEvidence, KindEvidence

EVIDENCE_BYTES = 450_000
"""For the connections that are drawn in detail."""
MOST_BRIEF = 300
"""Connections that are drawn in a line."""
MOST_SHORTFALLS = 10
"""Shortfalls and notes of one kind."""

_CONNECTION, _KIND, _REMARK = 3_000, 800, 330
"""Bytes of each, without its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedEvidence:
    """The evidence of every connection, as far as a page can draw it. Each list is by name."""

    detailed: tuple[ConnectionEvidence, ...]
    """Those with most problems: kind by kind, with the newest run."""
    brief: tuple[ConnectionEvidence, ...]
    more: int
    """Connections that are counted only."""

    @property
    def kinds(self) -> frozenset[tuple[str, str]]:
        """Return the connections and kinds that have a row to link to."""
        return frozenset(
            (entry.connection, kind.kind) for entry in self.detailed for kind in entry.kinds
        )

    @property
    def connections(self) -> frozenset[str]:
        """Return the connections that have a place to link to."""
        return frozenset(entry.connection for entry in (*self.detailed, *self.brief))

    @property
    def total(self) -> int:
        """Return how many connections there are."""
        return len(self.detailed) + len(self.brief) + self.more


def bounded_evidence(entries: Sequence[ConnectionEvidence]) -> BoundedEvidence:
    """Choose which connections are drawn in detail: all, where a page can hold them."""
    worst_first = sorted(entries, key=_rank)
    detailed = {entry.connection for entry in _fitting(worst_first)}
    others = [entry for entry in worst_first if entry.connection not in detailed]
    brief = {entry.connection for entry in others[:MOST_BRIEF]}
    return BoundedEvidence(
        detailed=tuple(entry for entry in entries if entry.connection in detailed),
        brief=tuple(entry for entry in entries if entry.connection in brief),
        more=len(others) - len(brief),
    )


def _rank(entry: ConnectionEvidence) -> tuple[bool, int, int, bool, str]:
    return (
        entry.manifest is not None,
        -entry.problems,
        -sum(bool(kind.shortfalls) for kind in entry.kinds),
        entry.rotation_overdue is None,
        entry.connection,
    )


def _fitting(entries: Sequence[ConnectionEvidence]) -> Iterator[ConnectionEvidence]:
    total = 0
    for number, entry in enumerate(entries):
        total += _CONNECTION + drawn_bytes(entry.connection) + sum(map(_bytes, entry.kinds))
        if number and total > EVIDENCE_BYTES:
            return
        yield entry


def _bytes(kind: KindEvidence) -> int:
    shortfalls = [shortfall.detail for shortfall in kind.shortfalls[:MOST_SHORTFALLS]]
    notes = kind.notes[:MOST_SHORTFALLS]
    remarks = len(shortfalls) + len(notes) + bool(kind.problem)
    texts = drawn_bytes(kind.kind, kind.kind, kind.problem, *shortfalls, *notes)
    return _KIND + _REMARK * remarks + texts
