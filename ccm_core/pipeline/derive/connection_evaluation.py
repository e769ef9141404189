"""Evaluate one connection: derive and judge what changed, keep it, and return the result."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from ccm_core.errors import CcmError, IntegrityError, PluginFault
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.connection_result import ConnectionResult, RuleTotals
from ccm_core.model.evaluation.derived import (
    DerivedBatch,
    StatusCount,
    SubjectLine,
    derived_log,
    rows_kind,
    verdicts_kind,
)
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.evidence_read import EvidenceRead, KindRead
from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    AppliedPack,
    DerivedState,
    Result,
    deciding,
)
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.watermark import ChangesSince, Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.frozen_json import thawed
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.group_judge import GroupJudge, JudgedSubject
from ccm_core.pipeline.derive.row_changes import RowBatch, RowSource, outside_names
from ccm_core.pipeline.evaluate import load_evidence
from ccm_core.pipeline.evidence_seals import EvidenceSeals, kinds_read
from ccm_core.pipeline.manifest_evidence import manifest_kind_name
from ccm_core.rules.derive.row_record import row_body, row_of
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.evidence_gate import UnevaluatedObjects, evidence_gate
from ccm_core.rules.evaluate.on_all import RuleOnAll
from ccm_core.rules.evaluate.rollup import worst
from ccm_core.rules.evaluate.rows import rows_of_period, view_of_kind
from ccm_core.rules.evaluate.rule_counts import RuleCounts, counts_by_rule, selected_by_condition
from ccm_core.rules.evaluate.time_budget import UNLIMITED, TimeBudget
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.types import Facts
from ccm_core.sdk.view import Row, View
from ccm_core.store.interface.derived import DerivedStore
from ccm_core.store.interface.evidence_store import EvidenceStore

_ROWS = 1000
"""How many kept rows are judged together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The result before, and up to where it had read."""

    state: DerivedState
    watermarks: Mapping[str, Watermark]


@dataclass(slots=True, kw_only=True)
class ConnectionEvaluation:
    """One evaluation of one connection, on its way."""

    host: Host
    scope: WatchScope
    store: EvidenceStore
    derived: DerivedStore
    packs: CompiledPacks
    now: datetime
    before: Before | None = None
    watermarks: dict[str, Watermark] = field(default_factory=dict)
    seals: EvidenceSeals | None = None
    time_budget: TimeBudget = UNLIMITED
    _by_change: set[str] = field(default_factory=set)
    """Kinds of which the current records are those of the moment."""
    _run: str | None = None
    _collections: int = 0
    _errors: dict[str, str] = field(default_factory=dict)
    _selections: dict[str, dict[str, str]] = field(default_factory=dict)

    def evaluate(self) -> ConnectionResult:
        """Derive, judge, keep, and count.

        Raises:
            IntegrityError: What was kept before is not what its result says.
        """
        self.seals = EvidenceSeals(connection=self.scope.connection)
        seals = self.seals
        evidence = load_evidence(self.host, self.scope, self.store, self.now, seals=seals)
        facts = self._facts(evidence)
        groups = [
            (pack, group)
            for pack in self.packs.packs
            for group in pack.groups
            if group.over in facts.inputs
        ]
        judges = {
            (pack.pack.name, group.over): self._judge(pack, group, facts) for pack, group in groups
        }
        if self.before is None or self.derived.is_unstated(self.scope.connection):
            # Nobody vouches for what is there: an evaluation was killed, or something was erased.
            self.before = None
            self.derived.clear(self.scope.connection, self.now)
        self._require_kept(judges)
        for over in sorted({group.over for _, group in groups}):
            of_view = [judge for (_, name), judge in judges.items() if name == over]
            self._evaluate_view(over, of_view, evidence)
        totals = [
            total for judge in judges.values() for total in self._totals(judge, evidence.horizon)
        ]
        return self._result(evidence, facts, judges, totals, seals)

    # -- rows and verdicts --------------------------------------------------------------------

    def _evaluate_view(self, over: str, judges: Sequence[GroupJudge], evidence: Evidence) -> None:
        stale = {id(judge) for judge in judges if self._is_stale(judge)}
        judged: set[str] = set()
        try:
            for batch in self._source(over, evidence).batches():
                changed = self._changed_rows(over, batch)
                fresh = [judge for judge in judges if judge.ready]
                verdicts = [(judge, list(judge.judge(changed))) for judge in fresh if changed]
                judged |= changed.keys()
                self._keep(over, batch, changed, verdicts)
        except PluginFault as fault:
            self._errors[over] = str(fault)
            return
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is an error result
            noun = "kind" if over in evidence.kinds else "view"
            self._errors[over] = f"the {noun} {over} broke: {fault!r}"
            return
        for judge in judges:
            if judge.ready:
                keys = self._pending(over, judge, stale=id(judge) in stale) - judged
                for rows in self._kept_rows(over, sorted(keys)):
                    self._keep(over, RowBatch(rows={}), {}, [(judge, list(judge.judge(rows)))])

    def _source(self, over: str, evidence: Evidence) -> RowSource:
        view = self._view(over, evidence)
        return RowSource(
            connection=self.scope.connection,
            view=view,
            derived=self.derived,
            records=self.store.records,
            load=evidence.load,
            load_vanished=evidence.load_vanished,
            foreign=evidence.foreign,
            changes={kind: self._change(over, kind, evidence.account) for kind in view.inputs},
        )

    def _view(self, over: str, evidence: Evidence) -> View:
        if over in evidence.kinds:
            return view_of_kind(evidence.kinds[over])
        return evidence.views[over]

    def _change(self, over: str, kind: str, account: str | None) -> ChangesSince | None:
        """Return what was stored of a kind since the last evaluation that kept rows of a view.

        None where that is not known, or the rows are of another account.
        """
        name = f"{over} {kind}"
        before = self.before.watermarks.get(name) if self.before else None
        if self.before and self.before.state.account != account:
            before = None
        connection = self.scope.connection
        change = self.store.records.changes_since(connection, kind, before, as_of=self.now)
        if change is not None:
            self.watermarks[name] = change.watermark
            self._by_change.add(kind)
        return change if before is not None else None

    def _changed_rows(self, over: str, batch: RowBatch) -> dict[str, Row]:
        connection, kind = self.scope.connection, rows_kind(over)
        self.derived.require_unchanged(connection, kind, batch.rows)
        kept = self.derived.digests(connection, kind, batch.rows.keys())
        return {
            key: row
            for key, row in batch.rows.items()
            if kept.get(key) != digest(json_codec.encode(row_body(row)))
        }

    def _is_stale(self, judge: GroupJudge) -> bool:
        """Return whether the verdicts of a group depend on something else than before."""
        before = self.before.state.rule_keys if self.before else {}
        return any(
            before.get(rule.rule.id) != judge.rule_key(rule, self.host.version)
            for rule in judge.group.rules
        )

    def _pending(self, over: str, judge: GroupJudge, *, stale: bool) -> AbstractSet[str]:
        """Return the subjects of the period to be judged again although their rows are the same."""
        return self.derived.keys_to_judge(
            self.scope.connection,
            judge.pack.pack.name,
            over,
            since=self._since(judge),
            until=None if stale else self.now,
        )

    def _since(self, judge: GroupJudge) -> datetime:
        since = judge.facts.period_start
        return self.now if since is None else since

    def _kept_rows(self, over: str, keys: Sequence[str]) -> Iterator[Mapping[str, Row]]:
        remaining = iter(keys)
        while some := list(islice(remaining, _ROWS)):
            self.derived.require_unchanged(self.scope.connection, rows_kind(over), some)
            self.derived.require_unchanged(self.scope.connection, rows_kind(over), some)
            records = self.store.records.get_many(
                derived_log(self.scope.connection), rows_kind(over), frozenset(some)
            )
            yield {record.key: row_of(thawed(record.body)) for record in records}

    # -- keeping ------------------------------------------------------------------------------

    def _keep(
        self,
        over: str,
        batch: RowBatch,
        changed: Mapping[str, Row],
        verdicts: Sequence[tuple[GroupJudge, Sequence[JudgedSubject]]],
    ) -> None:
        inputs = self._inputs(over)
        own = {kind for _, kind in batch.members} | self._own_kinds(over)
        lines = [
            SubjectLine(
                view=over,
                key=key,
                title=row.subject.title,
                url=row.subject.url,
                owners=row.subject.owners,
                occurred_at=row.occurred_at,
                final=row.final,
                partition=batch.partition.get(key, ""),
                trace=outside_names(row, inputs, own),
            )
            for key, row in changed.items()
        ]
        bodies = {key: row_body(row) for key, row in changed.items()}
        batches = [self._write(rows_kind(over), f"rows/{over}", bodies, batch.removed)]
        removed: dict[tuple[str, str], Sequence[str]] = {}
        for judge, subjects in verdicts:
            kind = verdicts_kind(judge.pack.pack.name, over)
            batches.append(
                self._write(kind, kind, {s.key: s.body for s in subjects}, batch.removed)
            )
            removed[judge.pack.pack.name, over] = sorted(batch.removed)
        self.derived.append(
            DerivedBatch(
                connection=self.scope.connection,
                batches=[write for write in batches if write is not None],
                subjects=lines,
                verdicts=[s.line for _, subjects in verdicts for s in subjects],
                members=batch.members,
                removed_subjects={over: sorted(batch.removed)} if batch.removed else {},
                removed_verdicts=removed if batch.removed else {},
            )
        )

    def _inputs(self, over: str) -> Sequence[str]:
        return self.packs.inputs[over]

    def _own_kinds(self, over: str) -> AbstractSet[str]:
        view = self.host.views.get(over)
        return view.partitions().names.keys() if view and view.partitions else frozenset()

    def _write(
        self,
        kind: str,
        endpoint: str,
        bodies: Mapping[str, JsonObject],
        removed: AbstractSet[str],
    ) -> WriteBatch | None:
        kept = self.derived.digests(self.scope.connection, kind, bodies.keys() | removed)
        pack = self.store.records.packer()
        encoded = {key: json_codec.encode(body) for key, body in sorted(bodies.items())}
        changed = {k: text for k, text in encoded.items() if kept.get(k) != digest(text)}
        gone = sorted(key for key in removed if key in kept)
        if not changed and not gone:
            return None
        source = RecordSource(endpoint=endpoint, page=0, response_digest="")
        return WriteBatch(
            collection=self._collection(kind),
            observations=[
                Observation(key=key, observed_at=self.now, source=source, body=pack(text))
                for key, text in changed.items()
            ],
            vanished=gone,
        )

    def _collection(self, kind: str) -> Collection:
        log = derived_log(self.scope.connection)
        if self._run is None:
            self._run = uuid.uuid4().hex
            self.store.runs.begin(
                OpenRun(run=self._run, connection=log, connector="ccm", started_at=self.now)
            )
        self._collections += 1
        return Collection(
            id=f"{self._run}-{self._collections}",
            run=self._run,
            connection=log,
            kind=kind,
            version=1,
            started_at=self.now,
            ended_at=self.now,
            outcome=Outcome.COMPLETE,
        )

    # -- the result ---------------------------------------------------------------------------

    def _facts(self, evidence: Evidence) -> Facts:
        none = CompiledPacks(packs=(), inputs=self.packs.inputs)
        facts = evidence.facts(none, self.host.plugin_failures)
        kinds = {
            kind
            for pack in self.packs.packs
            for group in pack.groups
            for rule in group.rules
            for kind in rule.lookup_kinds
        }
        return _with_lookups(facts, evidence, kinds & evidence.kinds.keys())

    def _judge(self, pack: CompiledPack, group: RuleGroup, facts: Facts) -> GroupJudge:
        kinds = {*facts.inputs[group.over], *self.packs.inputs.get(group.over, ())}
        return GroupJudge(
            pack=pack,
            group=group,
            facts=facts,
            gates={r.rule.id: evidence_gate(r, kinds, facts, self.now) for r in group.rules},
            now=self.now,
            time_budget=self.time_budget,
        )

    def _totals(self, judge: GroupJudge, period: Window) -> Iterator[RuleTotals]:
        over, pack = judge.group.over, judge.pack.pack.name
        connection = self.scope.connection
        names = [rule.rule.id for rule in judge.group.rules]
        counts = self.derived.status_counts(connection, pack, over, self._since(judge))
        rated = {rule.rule.id for rule in judge.group.rules if rule.rule.tolerance}
        by_rule = counts_by_rule(names, counts, rated)
        selected = dict(selected_by_condition(judge.conditions, len(names), counts))
        self._note_selections(judge, selected, counts)
        rows = self.derived.count_subjects(connection, over, self._since(judge))
        for rule in judge.group.rules:
            gate, totals = judge.gates[rule.rule.id], by_rule[rule.rule.id]
            judged = gate.evaluates_rows and over not in self._errors
            on_all = tuple(
                RuleOnAll(
                    pack=judge.pack,
                    rule=rule,
                    connection=connection,
                    gate=gate,
                    counts=totals,
                    rows=rows,
                    selected=selected,
                    incomplete=gate.unevaluated_objects(self._named(over, period))
                    if judged
                    else UnevaluatedObjects(),
                    error=self._errors.get(over),
                ).results()
            )
            yield self._rule_totals(
                judge, rule, totals, on_all, rows if gate.problems else 0, judged=judged
            )

    def _note_selections(
        self, judge: GroupJudge, selected: Mapping[str, int], counts: Sequence[StatusCount]
    ) -> None:
        rows = sum(count.subjects for count in counts)
        over = f"{judge.group.over} of {self.scope.connection}"
        for name, count in selected.items():
            of_pack = self._selections.setdefault(judge.pack.pack.name, {})
            text = f"it selects {count} of {rows} rows of {over}"
            of_pack[name] = f"{of_pack[name]}; {text}" if name in of_pack else text

    def _named(self, over: str, period: Window) -> Iterable[Row]:
        log = derived_log(self.scope.connection)
        records = self.store.records.current(log, rows_kind(over))
        return rows_of_period((row_of(thawed(record.body)) for record in records), period)

    def _rule_totals(
        self,
        judge: GroupJudge,
        compiled: CompiledRule,
        counts: RuleCounts,
        on_all: tuple[Result, ...],
        unevaluated: int,
        *,
        judged: bool,
    ) -> RuleTotals:
        rule = compiled.rule
        decisive = deciding(on_all)
        worst_row = counts.worst() if judged and decisive is on_all else None
        statuses = [result.status for result in decisive]
        others = [
            result.status
            for result in on_all
            if result.subject.kind not in (CONNECTION, POPULATION)
        ]
        return RuleTotals(
            rule=rule.id,
            pack=judge.pack.pack.name,
            over=judge.group.over,
            title=rule.title,
            severity=rule.severity,
            status=worst([*statuses, *([worst_row] if worst_row else [])]),
            population=(counts if judged else RuleCounts()).population(
                others=others, unevaluated=unevaluated
            ),
            controls=rule.controls,
            risk=rule.risk,
            remediation=rule.remediation,
            remediation_url=rule.remediation_url,
            judged=judged,
            on_all=on_all,
            key=judge.rule_key(compiled, self.host.version),
        )

    def _result(
        self,
        evidence: Evidence,
        facts: Facts,
        judges: Mapping[tuple[str, str], GroupJudge],
        totals: Iterable[RuleTotals],
        seals: EvidenceSeals,
    ) -> ConnectionResult:
        return ConnectionResult(
            connection=self.scope.connection,
            evaluated_at=self.now,
            period_since=evidence.horizon.since,
            packs=tuple(_applied(pack) for pack in self.packs.packs),
            sufficiency=tuple(facts.sufficiency[kind] for kind in sorted(facts.sufficiency)),
            rules=tuple(sorted(totals, key=lambda total: total.rule)),
            narrowing=facts.narrowing,
            selections=self._selections,
            plugin_failures=facts.plugin_failures,
            read=self._sealed(evidence, seals),
            derived=tuple(self._roots(judges)),
            account=evidence.account,
            lines=self.derived.line_roots(self.scope.connection),
            view_errors=self._errors,
        )

    def _sealed(self, evidence: Evidence, seals: EvidenceSeals) -> EvidenceRead:
        """Seal what was read: of a kind of which what changed was read, all that there is now."""
        kinds = kinds_read(self.packs, evidence.kinds.keys())
        for kind in kinds:
            if kind in seals:
                continue
            if kind in self._by_change:
                population = self.store.records.keep_population(self.scope.connection, kind)
                seals.root(kind, *population)
            else:
                evidence.load(kind)
        return seals.sealed(manifest_kind_name(self.scope.connector), kinds)

    def _roots(self, judges: Mapping[tuple[str, str], GroupJudge]) -> Iterator[KindRead]:
        kinds = {rows_kind(over) for _, over in judges} | {verdicts_kind(*name) for name in judges}
        for kind in sorted(kinds):
            log = derived_log(self.scope.connection)
            records, root = self.store.records.keep_population(log, kind)
            yield KindRead(kind=kind, records=records, root=root)

    def _require_kept(self, judges: Mapping[tuple[str, str], GroupJudge]) -> None:
        """Refuse to build on rows, verdicts or lines that are not those that the result left."""
        if self.before is None:
            return
        state, connection = self.before.state, self.scope.connection
        stated = {read.kind: read.root for read in state.kinds}
        differing = [
            read.kind
            for read in self._roots(judges)
            if stated.get(read.kind, read.root) != read.root
        ]
        lines = self.derived.line_roots(connection)
        names = lines.keys() | state.lines.keys()
        differing += sorted(name for name in names if lines.get(name) != state.lines.get(name))
        if differing:
            raise IntegrityError(
                f"what was kept of {', '.join(differing)} of {connection} is not what the "
                "evaluation before left; run `ccm verify`, and restore the store from a backup"
            )


def _with_lookups(facts: Facts, evidence: Evidence, kinds: Iterable[str]) -> Facts:
    return replace(
        facts, lookup_records={kind: evidence.lookup_records(kind) for kind in sorted(kinds)}
    )


def _applied(pack: CompiledPack) -> AppliedPack:
    return AppliedPack(
        name=pack.pack.name,
        version=pack.pack.version,
        digest=pack.pack.digest,
        source=pack.pack.source,
        purpose=pack.pack.purpose,
        parameters=pack.effective,
    )
