"""From the kept evidence of one connection to the facts that rules judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccm_core.errors import CcmError
from ccm_core.model.collection import Collection
from ccm_core.model.record import Record
from ccm_core.model.result import Standing
from ccm_core.model.window import Window
from ccm_core.rules.compiled import CompiledPacks
from ccm_core.rules.interface import Facts
from ccm_core.rules.lookups import Found
from ccm_core.rules.rows import Load, rows_of_kind, rows_of_view
from ccm_core.rules.sufficiency import standing, without
from ccm_core.sdk.types import EvidenceKind, Row, View


def _no_records(kind: str) -> Sequence[Record]:
    raise LookupError(f"the records of {kind} were let go")


def _nothing(kind: str) -> Sequence[str]:
    del kind
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of one connection at one moment, as rules and people look at it."""

    connection: str
    kinds: Mapping[str, EvidenceKind]
    """Those that the connection collects."""
    views: Mapping[str, View]
    cadences: Mapping[str, timedelta]
    """Where the connection departs from a kind's own."""
    load: Load
    collections: Sequence[Collection]
    now: datetime
    horizon: Window
    refreshed: AbstractSet[str] = frozenset()
    """Kinds of events of which old ones may change and are read again."""
    erased: Callable[[str], Sequence[str]] = _nothing
    """Gives the keys of a kind that stand within the horizon, and whose bodies were erased."""

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
        rows, broken = self._derived({group.over for group in groups})
        return Facts(
            connection=self.connection,
            rows=rows,
            inputs=inputs,
            standings={kind: self.standing(kind) for kind in sorted(self.kinds)},
            lookup={kind: self._found(kind) for kind in sorted(looked_up & self.kinds.keys())},
            # The facts outlive the records, which take most of the memory.
            restated=replace(self, load=_no_records).standing,
            since=self.horizon.since,
            broken=broken,
            plugin_failures=plugin_failures,
        )

    def _derived(self, names: Iterable[str]) -> tuple[dict[str, tuple[Row, ...]], dict[str, str]]:
        rows, broken = {}, {}
        for name in sorted(names):
            try:
                rows[name] = self.rows(name)
            except CcmError:
                raise
            except Exception as fault:  # noqa: BLE001 - a plugin's bug is an error result
                what = "kind" if name in self.kinds else "view"
                broken[name] = f"the {what} {name} broke: {fault!r}"
        return rows, broken

    def _found(self, kind: str) -> dict[str, Found]:
        return {one.key: Found(body=one.body, digest=one.digest) for one in self.load(kind)}

    def standing(self, kind: str, max_age: timedelta | None = None) -> Standing:
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
