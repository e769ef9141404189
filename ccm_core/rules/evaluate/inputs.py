"""From the kept evidence of one connection to the facts that rules judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Protocol

from ccm_core.errors import CcmError
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.lookup_function import LookupRecord
from ccm_core.rules.evaluate.rows import RecordLoader, rows_of_kind, rows_of_view
from ccm_core.rules.evaluate.sufficiency import standing, without
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.types import DerivedRows, Facts
from ccm_core.sdk.types import EvidenceKind, Row, View


def _no_records(kind: str) -> Sequence[Record]:
    raise LookupError(f"the records of {kind} were let go")


def _nothing(kind: str) -> Sequence[str]:
    del kind
    return ()


class RowReuse(Protocol):
    """What an earlier evaluation left of the rows of one connection."""

    def taken_over(self, name: str) -> Sequence[Row] | None:
        """Give the rows of a view, of which only what changed was derived again; None: derive it.

        Fields that only grow may be as they were in rows that are the very same as before.
        """

    def derived(self, name: str, rows: tuple[Row, ...]) -> None:
        """Take note of all rows of a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of one connection at one moment, as rules and people look at it."""

    connection: str
    kinds: Mapping[str, EvidenceKind]
    """Those that the connection collects."""
    views: Mapping[str, View]
    cadences: Mapping[str, timedelta]
    """Where the connection departs from a kind's own."""
    load: RecordLoader
    collections: Sequence[Collection]
    now: datetime
    horizon: Window
    refreshed: AbstractSet[str] = frozenset()
    """Kinds of events of which old ones may change and are read again."""
    erased: Callable[[str], Sequence[str]] = _nothing
    """Gives the keys of a kind that stand within the horizon, and whose bodies were erased."""
    again: RowReuse | None = None
    """None: everything is derived."""

    def rows(self, name: str) -> tuple[Row, ...]:
        """Give the rows of a kind or a view."""
        if name in self.kinds:
            return rows_of_kind(self.kinds[name], self.load(name))
        return rows_of_view(self.views[name], self.load, now=self.now, horizon=self.horizon)

    def facts(self, packs: CompiledPacks, plugin_failures: tuple[str, ...]) -> Facts:
        """Give everything that the packs judge, and no more."""
        inputs = {name: of for name, of in packs.inputs.items() if self.kinds.keys() >= set(of)}
        groups = [group for pack in packs.packs for group in pack.groups if group.over in inputs]
        looked_up = {kind for group in groups for rule in group.rules for kind in rule.looked_up}
        names = sorted({group.over for group in groups})
        taken = {name: found for name in names if (found := self._taken_over(name)) is not None}
        derived = {name: self._derived(name) for name in names if name not in taken}
        rows = {name: one.rows for name, one in derived.items() if one.rows is not None}
        return Facts(
            connection=self.connection,
            rows=rows | taken,
            inputs=inputs,
            sufficiency={kind: self.standing(kind) for kind in sorted(self.kinds)},
            lookup={kind: self._found(kind) for kind in sorted(looked_up & self.kinds.keys())},
            # The facts outlive the records, which take most of the memory.
            restated=replace(self, load=_no_records).standing,
            since=self.horizon.since,
            ages=self._ages(names) if self.again else {},
            broken={name: one.broken for name, one in derived.items() if one.broken},
            anew={name: cache(partial(self._derived, name)) for name in taken},
            plugin_failures=plugin_failures,
        )

    def _ages(self, names: Iterable[str]) -> dict[str, frozenset[str]]:
        views = [view for name in names if (view := self.views.get(name))]
        return {view.name: view.partitions().ages for view in views if view.partitions}

    def _taken_over(self, name: str) -> Sequence[Row] | None:
        return self.again.taken_over(name) if self.again else None

    def _derived(self, name: str) -> DerivedRows:
        try:
            rows = self.rows(name)
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is an error result
            what = "kind" if name in self.kinds else "view"
            return DerivedRows(broken=f"the {what} {name} broke: {fault!r}")
        if self.again:
            self.again.derived(name, rows)
        return DerivedRows(rows=rows)

    def _found(self, kind: str) -> dict[str, LookupRecord]:
        return {one.key: LookupRecord(body=one.body, digest=one.digest) for one in self.load(kind)}

    def standing(self, kind: str, max_age: timedelta | None = None) -> KindSufficiency:
        """Say how far the evidence of a kind can be relied on; it reads no record."""
        described = self.kinds[kind]
        found = standing(
            self.collections,
            kind=kind,
            shape=described.shape,
            cadence=self.cadences.get(kind, described.cadence),
            period=self.horizon,
            now=self.now,
            connection=self.connection,
            max_age=max_age,
            refreshed=kind in self.refreshed,
        )
        return without(found, self.erased(kind))
