"""Builds the facts that rules evaluate from the stored evidence of one connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime, timedelta

from ccm_core.errors import CcmError, PluginFault
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.acceptance import AcceptedCollapse
from ccm_core.model.evidence.collection import Collection, is_not_offered
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import thawed
from ccm_core.rules.cel.lookup_function import LookupRecord
from ccm_core.rules.evaluate.earliest import EarliestLoader
from ccm_core.rules.evaluate.narrowing import accepted_collapses, narrowed_connection
from ccm_core.rules.evaluate.rows import (
    ChangeLoader,
    RecordLoader,
    rows_of_kind,
    rows_of_period,
    rows_of_view,
)
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency, subtract_erased
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.types import DerivedRows, Facts
from ccm_core.sdk.evidence_kind import EvidenceKind
from ccm_core.sdk.view import Row, View


def _released(kind: str) -> Sequence[Record]:
    raise LookupError(f"the records of {kind} were released")


def _changes_released(kind: str) -> Sequence[VersionChange]:
    raise LookupError(f"the changes of {kind} were released")


def _none_erased(kind: str) -> Sequence[str]:
    del kind
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of one connection at one moment, as rules and people read it."""

    connection: str
    kinds: Mapping[str, EvidenceKind]
    """Those that the connection collects."""
    views: Mapping[str, View]
    cadences: Mapping[str, timedelta]
    """Where the connection overrides a kind's own."""
    load: RecordLoader
    collections: Sequence[Collection]
    now: datetime
    horizon: Window
    account: str | None = None
    """Whose evidence it is; None: it is not known."""
    foreign: AbstractSet[str] = frozenset()
    """Collections of another account, of which no event counts."""
    accept_unavailable: Mapping[str, str] = field(default_factory=dict)
    """Why it is accepted that the source does not offer a kind, by kind."""
    accept_collapse: Mapping[str, AcceptedCollapse] = field(default_factory=dict)
    """Why the population of a kind may collapse, and until when, by kind."""
    refreshed: AbstractSet[str] = frozenset()
    """Kinds of events of which old ones may change and are read again."""
    erased: Callable[[str], Sequence[str]] = _none_erased
    """Returns the keys of a kind within the horizon whose bodies were erased."""
    load_vanished: RecordLoader = lambda _kind: ()
    """Returns the last versions of the records of a kind that are gone from the source."""
    load_changes: ChangeLoader = lambda _kind: ()
    """Returns how the records of a kind changed from version to version within the horizon."""
    load_earliest: EarliestLoader = lambda _asked: {}
    """Returns the events that a view asks for, found among all of their kind."""

    def rows(self, name: str) -> tuple[Row, ...]:
        """Return the rows of a kind or a view without what was final before the period."""
        return self._of_period(self._all_rows(name))

    def _of_period(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        return tuple(rows_of_period(rows, self.horizon))

    def _all_rows(self, name: str) -> tuple[Row, ...]:
        if name in self.kinds:
            return rows_of_kind(self.kinds[name], self.load(name))
        return rows_of_view(
            self.views[name],
            self.load,
            load_vanished=self.load_vanished,
            load_changes=self.load_changes,
            load_earliest=self.load_earliest,
        )

    def facts(self, packs: CompiledPacks, plugin_failures: tuple[str, ...]) -> Facts:
        """Return everything that the packs read, and no more."""
        inputs = {
            name: kinds for name, kinds in packs.inputs.items() if self.kinds.keys() >= set(kinds)
        }
        groups = [group for pack in packs.packs for group in pack.groups if group.over in inputs]
        lookups = {kind for group in groups for rule in group.rules for kind in rule.lookup_kinds}
        names = sorted({group.over for group in groups})
        derived = {name: self._derive(name) for name in names}
        rows = {name: result.rows for name, result in derived.items() if result.rows is not None}
        return Facts(
            connection=self.connection,
            rows=rows,
            inputs=inputs,
            enumerated={
                name: self._enumerated(name)
                for name in inputs
                if name in self.kinds or name in self.views
            },
            rows_of={name: kind for name in inputs if (kind := self._rows_of(name))},
            sufficiency={kind: self.sufficiency(kind) for kind in sorted(self.kinds)},
            lookup_records={
                kind: self.lookup_records(kind) for kind in sorted(lookups & self.kinds.keys())
            },
            # The facts outlive the records, which take most of the memory.
            reassess=replace(
                self,
                load=_released,
                load_vanished=_released,
                load_changes=_changes_released,
            ).sufficiency,
            period_start=self.horizon.since,
            period_end=self.horizon.until,
            derivation_errors={
                name: result.error for name, result in derived.items() if result.error
            },
            narrowing=(
                *narrowed_connection(
                    self.connection, self.kinds, self.cadences, self.horizon, self.now
                ),
                *accepted_collapses(self.connection, self.accept_collapse, self.now),
            ),
            plugin_failures=plugin_failures,
        )

    def _enumerated(self, name: str) -> Mapping[str, Sequence[str]] | None:
        """Return which fields of the rows may be changed by what is hidden; none of a record's."""
        return {} if name in self.kinds else self.views[name].enumerated

    def _rows_of(self, name: str) -> str | None:
        """Return the kind that each row is about; None: it is not stated."""
        if name in self.kinds:
            return name
        return self.views[name].rows_of if name in self.views else None

    def _derive(self, name: str) -> DerivedRows:
        try:
            rows = self._all_rows(name)
        except PluginFault as fault:
            return DerivedRows(error=str(fault))
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is an error result
            noun = "kind" if name in self.kinds else "view"
            return DerivedRows(error=f"the {noun} {name} broke: {fault!r}")
        return DerivedRows(rows=self._of_period(rows))

    def lookup_records(self, kind: str) -> dict[str, LookupRecord]:
        """Return what rules may look up of a kind, by key."""
        return {
            record.key: LookupRecord(body=thawed(record.body), digest=record.digest)
            for record in self.load(kind)
        }

    def sufficiency(self, kind: str, max_age: timedelta | None = None) -> KindSufficiency:
        """Return how far the evidence of a kind can be relied on; read no record."""
        definition = self.kinds[kind]
        sufficiency = assess_sufficiency(
            self.collections,
            kind=kind,
            shape=definition.shape,
            cadence=self.cadences.get(kind, definition.cadence),
            period=self.horizon,
            now=self.now,
            connection=self.connection,
            max_age=max_age,
            refreshed=kind in self.refreshed,
        )
        outcome, shortfalls = sufficiency.outcome, sufficiency.shortfalls
        if is_not_offered(outcome, shortfalls, optional=definition.optional):
            return replace(sufficiency, accepted=self.accept_unavailable.get(kind))
        return subtract_erased(sufficiency, self.erased(kind))
