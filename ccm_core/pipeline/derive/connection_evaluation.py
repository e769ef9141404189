"""Evaluate one connection: derive and judge what changed, keep it, and return the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import TypeVar

from ccm_core.errors import CcmError, PluginFault
from ccm_core.model.evaluation.connection_result import ConnectionResult, RuleTotals
from ccm_core.model.evaluation.derived import (
    derived_log,
    rows_kind,
    verdicts_kind,
)
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.evidence_read import EvidenceRead, KindRead
from ccm_core.model.evidence.watermark import ChangesSince, Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.before import Before
from ccm_core.pipeline.derive.built_on import require_kept, require_sealed
from ccm_core.pipeline.derive.connection_work import (
    ConnectionWork,
    groups_over,
    view_evaluation,
    view_fault,
)
from ccm_core.pipeline.derive.earliest_index import EarliestIndex, EarliestIndexes
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.group_totals import GroupTotals
from ccm_core.pipeline.derive.line_lists import LineLists, subject_lines, verdict_lines
from ccm_core.pipeline.derive.row_changes import Members, RowChanges
from ccm_core.pipeline.derive.row_tasks import (
    EvaluatedRows,
    GivenRowsTask,
    KeptRowsTask,
    PartitionTask,
    RowTask,
)
from ccm_core.pipeline.derive.view_evaluation import ViewEvaluation
from ccm_core.pipeline.derive.worker_pool import WorkerPool
from ccm_core.pipeline.derive.write_derived import DerivedWriter
from ccm_core.pipeline.evaluate import load_evidence
from ccm_core.pipeline.manifest_evidence import manifest_kind_name
from ccm_core.pipeline.seals.evidence_seals import EvidenceSeals, kinds_read
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.time_budget import UNLIMITED, TimeBudget
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.types import Facts
from ccm_core.sdk.view import EarliestRecords, Row
from ccm_core.store.interface.derived import DerivedStore
from ccm_core.store.interface.evidence_store import EvidenceStore

Task = TypeVar("Task", bound=RowTask)

_ROWS = 1000
"""How many kept rows are judged together."""


@dataclass(slots=True, kw_only=True)
class ConnectionEvaluation:
    """One evaluation of one connection, on its way."""

    host: Host
    scope: WatchScope
    store: EvidenceStore
    writer: DerivedWriter
    packs: CompiledPacks
    now: datetime
    before: Before | None = None
    watermarks: dict[str, Watermark] = field(default_factory=dict)
    time_budget: TimeBudget = UNLIMITED
    pool: WorkerPool | None = None
    """Processes that derive and judge side by side; None: there are none."""
    _by_change: set[str] = field(default_factory=set)
    """Kinds of which the current records are those of the moment."""
    _errors: dict[str, str] = field(default_factory=dict)
    _selections: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def revision(self) -> str:
        """Return the digest of the versions that rows and verdicts depend on."""
        return self.host.revision

    @property
    def derived(self) -> DerivedStore:
        """Return where rows and verdicts are kept."""
        return self.store.derived

    @property
    def lists(self) -> LineLists:
        """Return the lists of lines that this builds on and changes."""
        return self.writer.lists

    def evaluate(self) -> ConnectionResult:
        """Derive, judge, keep, and count.

        Raises:
            IntegrityError: What was kept before is not what its result says.
        """
        seals = EvidenceSeals(connection=self.scope.connection)
        evidence = load_evidence(self.host, self.scope, self.store, self.now, seals=seals)
        facts = evidence.facts(
            CompiledPacks(packs=(), inputs=self.packs.inputs), self.host.plugin_failures
        )
        work = ConnectionWork.of(self.scope, self.now, facts, self.packs, self.time_budget)
        groups = groups_over(facts, self.packs)
        groups_by_view = {group.over for _, group in groups}
        judges = {
            (judge.pack.pack.name, judge.group.over): judge
            for judge in work.judges(self.packs, evidence)
        }
        require_sealed(self.store.records, self.scope.connection, self.before, self.now)
        if self.before is None or self.derived.is_unstated(self.scope.connection):
            # Nobody vouches for what is there: an evaluation was killed, or something was erased.
            self.before = None
            self.derived.clear(self.scope.connection, self.now)
        self.lists.build_on(self.before.state.lines if self.before else None)
        require_kept(self.scope.connection, self.before, self._roots(judges))
        for pack, group in groups:
            self.lists.require(subject_lines(group.over), verdict_lines(pack.pack.name, group.over))
        views = [evidence.views[over] for over in groups_by_view if over in evidence.views]
        earliest = EarliestIndexes.of(views, partial(self._earliest_index, evidence))
        # Those without partitions last: the others read all that these ask of events.
        for over in sorted(groups_by_view, key=lambda over: (_is_whole(over, evidence), over)):
            rows = view_evaluation(
                over, self.host, self.store.records, evidence, judges.values(), earliest.load
            )
            self._evaluate_view(rows, work, evidence, earliest)
        for asked in earliest.behind():
            self.watermarks.pop(f"{asked.name} {asked.kind}", None)
        totals = [total for judge in judges.values() for total in self._totals(judge, evidence)]
        return self._result(evidence, facts, judges, totals, seals)

    # -- rows and verdicts --------------------------------------------------------------------

    def _evaluate_view(
        self,
        rows: ViewEvaluation,
        work: ConnectionWork,
        evidence: Evidence,
        earliest: EarliestIndexes,
    ) -> None:
        over, judged = rows.view.name, set[str]()
        try:
            changes = self._changes(rows, evidence, earliest)
            for evaluated in self._changed_rows(changes, work):
                judged |= evaluated.changed.keys()
            changes.check_sample(int(self.now.timestamp()))
        except PluginFault as fault:
            self._break(over, str(fault))
            return
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is an error result
            self._break(over, view_fault(over, evidence, fault))
            return
        for judge in rows.judges:
            if judge.ready:
                keys = self._pending(over, judge, evidence.horizon) - judged
                tasks = self._kept_rows(over, judge.pack.pack.name, sorted(keys))
                for _, evaluated in self._evaluated(rows, work, tasks, len(keys)):
                    self.writer.write(over, evaluated)

    def _changed_rows(self, changes: RowChanges, work: ConnectionWork) -> Iterator[EvaluatedRows]:
        """Derive what may have changed, judge and keep what did; yield it some at a time."""
        over, rows = changes.view.name, changes.evaluation
        if changes.is_unchanged:
            return
        if changes.view.partitions is None:
            derived = rows.derive_all()
            evaluated = self._judged(rows, work, derived, changes.kept_digests(derived.keys()))
            self.writer.write(over, evaluated, changes.kept_digests().keys() - derived.keys())
            yield evaluated
            return
        names = changes.index(partial(self._keep_members, over))
        for task, gave in self._evaluated(rows, work, changes.tasks(names), len(names)):
            yield self._keep(changes, task, gave)

    def _judged(
        self,
        rows: ViewEvaluation,
        work: ConnectionWork,
        derived: Mapping[str, Row],
        kept: Mapping[str, str],
    ) -> EvaluatedRows:
        """Encode all rows of a view, and judge those that differ from what is kept."""
        encoded = rows.unjudged(derived, kept)
        verdicts = {pack: list(subjects) for pack, subjects in encoded.verdicts.items()}
        changed = iter(encoded.changed)
        tasks = (
            GivenRowsTask(view=rows.view.name, rows={key: derived[key] for key in some})
            for some in iter(lambda: list(islice(changed, _ROWS)), [])
        )
        for _, evaluated in self._evaluated(rows, work, tasks, len(encoded.changed)):
            for pack, subjects in evaluated.verdicts.items():
                verdicts[pack] += subjects
        return replace(encoded, verdicts=verdicts)

    def _keep_members(self, over: str, kind: str, members: Members) -> None:
        self.writer.write_members(over, kind, members)
        if self.pool is not None:
            self.pool.expect(over, chain.from_iterable(members.values()))

    def _keep(
        self, changes: RowChanges, task: PartitionTask, evaluated: EvaluatedRows
    ) -> EvaluatedRows:
        """Keep what partitions gave, compared with what is kept now."""
        kept = changes.kept_digests(evaluated.digests.keys())
        keys = {key for key, text in evaluated.digests.items() if kept.get(key) != text}
        if not keys <= evaluated.changed.keys():  # partitions overlap: others changed these rows
            evaluated = changes.evaluation.encoded(changes.evaluation.derive(task.keys), kept)
        evaluated = evaluated.of_subjects(keys)
        removed = changes.subjects_in(task.names) - evaluated.digests.keys()
        self.writer.write(changes.view.name, evaluated, removed)
        return evaluated

    def _evaluated(
        self, rows: ViewEvaluation, work: ConnectionWork, tasks: Iterable[Task], number: int
    ) -> Iterator[tuple[Task, EvaluatedRows]]:
        """Yield what tasks give, in their order: side by side where there are many of them.

        Args:
            rows: Evaluates them in this process.
            work: What another process needs for it.
            tasks: What to evaluate.
            number: How many partitions or rows that are.
        """
        if self.pool is None:
            yield from ((task, rows.evaluate(task)) for task in tasks)
        else:
            yield from self.pool.evaluated(work, tasks, number, rows.evaluate)

    def _break(self, over: str, error: str) -> None:
        """Note why a view has no rows; what was not derived of it is derived next time."""
        self._errors[over] = error
        for name in [name for name in self.watermarks if name.startswith(f"{over} ")]:
            del self.watermarks[name]

    def _changes(
        self, rows: ViewEvaluation, evidence: Evidence, earliest: EarliestIndexes
    ) -> RowChanges:
        view = rows.view
        return RowChanges(
            connection=self.scope.connection,
            evaluation=rows,
            derived=self.derived,
            records=self.store.records,
            changes={
                kind: self._change(view.name, kind, evidence, reads_changes=bool(view.changes))
                for kind in view.inputs
            },
            lists=self.lists,
            earliest_changed=earliest.changed(view),
            passing=earliest.passing,
        )

    def _earliest_index(self, evidence: Evidence, asked: EarliestRecords) -> EarliestIndex:
        return EarliestIndex(
            asked=asked,
            evidence=evidence,
            store=self.store,
            lists=self.lists,
            keep=self.writer.write_members,
            change=self._change(asked.name, asked.kind, evidence)
            if asked.kind in evidence.kinds
            else None,
        )

    def _change(
        self, owner: str, kind: str, evidence: Evidence, *, reads_changes: bool = False
    ) -> ChangesSince | None:
        """Return what was stored of a kind since the last evaluation that kept what is of an owner.

        The owner is a view, or an index. None where that is not known, what is kept is of another
        account or of other versions, or the view reads changes of a longer time than before.
        """
        if kind == manifest_kind_name(self.scope.connector):
            return None  # its records are made of manifests
        account = evidence.account
        name = f"{owner} {kind}"
        before = self.before.watermarks.get(name) if self.before else None
        if self.before and (self.before.state.account, self.before.state.revision) != (
            account,
            self.revision,
        ):
            before = None
        since = evidence.horizon.since
        if self.before and reads_changes and since < self.before.state.period_since:
            before = None
        connection = self.scope.connection
        change = self.store.records.changes_since(connection, kind, before, as_of=self.now)
        if change is not None:
            self.watermarks[name] = change.watermark
            self._by_change.add(kind)
        return change if before is not None else None

    def _is_stale(self, judge: GroupJudge) -> bool:
        """Return whether the verdicts of a group depend on something else than before."""
        if self.before is None:
            return True
        before, pack = self.before.state.rule_keys, judge.pack.pack.name
        names = {rule.rule.id for rule in judge.group.rules}
        # Where one is gone, what is kept has a letter too many.
        letters = self.before.groups.get((pack, judge.group.over), names)
        return (letters, self.before.scopes) != (names, judge.scopes) or any(
            before.get(rule.rule.id) != judge.rule_key(rule, self.revision)
            for rule in judge.group.rules
        )

    def _pending(self, over: str, judge: GroupJudge, period: Window) -> AbstractSet[str]:
        """Return the subjects of the period to be judged again although their rows are the same."""
        return self.derived.keys_to_judge(
            self.scope.connection,
            judge.pack.pack.name,
            over,
            since=period.since,
            until=None if self._is_stale(judge) else self.now,
        )

    def _kept_rows(self, over: str, pack: str, keys: Sequence[str]) -> Iterator[KeptRowsTask]:
        remaining = iter(keys)
        while some := list(islice(remaining, _ROWS)):
            self.derived.require_unchanged(self.scope.connection, rows_kind(over), some)
            yield KeptRowsTask(view=over, pack=pack, keys=frozenset(some))

    # -- the result ---------------------------------------------------------------------------

    def _totals(self, judge: GroupJudge, evidence: Evidence) -> Iterator[RuleTotals]:
        error = self._errors.get(judge.group.over)
        totals = GroupTotals.of(self.store, judge, evidence.horizon, error)
        of_pack = self._selections.setdefault(judge.pack.pack.name, {})
        for name, text in totals.selections().items():
            of_pack[name] = "; ".join(filter(None, [of_pack.get(name), text]))
        return totals.totals(self.revision)

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
            packs=tuple(pack.applied for pack in self.packs.packs),
            sufficiency=tuple(facts.sufficiency[kind] for kind in sorted(facts.sufficiency)),
            rules=tuple(sorted(totals, key=lambda total: total.rule)),
            narrowing=facts.narrowing,
            selections=self._selections,
            plugin_failures=facts.plugin_failures,
            read=self._sealed(evidence, seals),
            derived=tuple(self._roots(judges)),
            account=evidence.account,
            revision=self.revision,
            lines=self.lists.digests(),
            view_errors=self._errors,
        )

    def _sealed(self, evidence: Evidence, seals: EvidenceSeals) -> EvidenceRead:
        """Seal what was read: of a kind of which what changed was read, all that there is now."""
        kinds = kinds_read(self.packs, evidence.views, evidence.kinds.keys())
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


def _is_whole(over: str, evidence: Evidence) -> bool:
    """Return whether all rows are derived together, whatever changed."""
    return over in evidence.views and evidence.views[over].partitions is None
