"""Derive and judge a share of one connection anew, and hold it against what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.errors import CcmError, PluginFault
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.evaluation.connection_result import RuleTotals
from ccm_core.model.evaluation.derived import derived_log
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.evidence_read import COLLECTIONS, EvidenceRead
from ccm_core.model.evaluation.result import DerivedState
from ccm_core.pipeline.anew.compare_kept import KeptComparison
from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.anew.view_anew import ViewAnew
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.connection_work import ConnectionWork, view_evaluation
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.group_totals import GroupTotals
from ccm_core.pipeline.derive.view_evaluation import ViewEvaluation
from ccm_core.pipeline.evaluate import TIME_BUDGET, load_evidence
from ccm_core.pipeline.seals.evidence_seals import EvidenceSeals
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.sdk.view import View
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(slots=True, kw_only=True)
class ConnectionAnew:
    """One connection of an evaluation, a share of which is made again."""

    host: Host
    """With the plugins of the evaluation."""
    store: EvidenceStore
    packs: CompiledPacks
    scope: WatchScope
    state: DerivedState
    """What the evaluation left of it."""
    moment: datetime
    """Of the evaluation."""
    read: EvidenceRead
    """What the evaluation read of it."""
    broken: Mapping[str, str]
    """The views of which the evaluation derived no rows, and why."""
    share: RandomShare
    rows: int = 0
    """How many were compared."""
    verdicts: int = 0
    """How many were compared."""
    totals: list[RuleTotals] = field(default_factory=list)
    """What the kept verdicts of each rule give together."""
    unproven: list[str] = field(default_factory=list)
    """What could not be compared, and why."""

    @property
    def name(self) -> str:
        """Return the name of the connection."""
        return self.scope.connection

    def differences(self, evidence: Evidence) -> Iterator[VerificationProblem]:
        """Yield what differs.

        Args:
            evidence: As of the moment of the evaluation, as :meth:`evidence` returns it.
        """
        judges = self._judges(evidence)
        evaluations = {
            over: view_evaluation(over, self.host, self.store.records, evidence, judges)
            for over in sorted({judge.group.over for judge in judges})
        }
        if evidence.horizon.since != self.state.period_since:
            yield self._problem("the evaluated period", "it is not the one that settings gave")
        derived = [one for one in evaluations.values() if self._is_derived(one.view)]
        for evaluation in derived:
            yield from self._judged(evaluation)
            for judge in evaluation.judges:
                totals = GroupTotals.of(self.store, judge, evidence.horizon, None)
                self.totals += totals.totals(self.state.revision)
        whole = [one.view.name for one in derived if one.view.partitions is None]
        chosen = set(self.share.each(whole, self.name))
        for evaluation in derived:
            view = evaluation.view
            if view.partitions is not None or view.name in chosen:
                yield from self._view_differences(evaluation, evidence)

    def evidence(self) -> Evidence | None:
        """Read the evidence of the evaluation; None: it cannot be read again, and why is noted.

        Raises:
            UsageError: The plugin of one of its kinds is not there.
        """
        if self.store.derived.is_unstated(self.name):
            self._note(
                "rows or verdicts were stored after the evaluation, by one that was stopped or by "
                "an erasure"
            )
            return None
        seals = EvidenceSeals(connection=self.name)
        evidence = load_evidence(self.host, self.scope, self.store, self.moment, seals=seals)
        before = [read for read in self.read.kinds if read.kind == COLLECTIONS]
        if list(seals.sealed(None, frozenset()).kinds) != before:
            self._note("collections were stored after the evaluation that are dated earlier")
            return None
        return evidence

    def _note(self, why: str) -> None:
        self.unproven.append(
            f"nothing of {self.name} was derived anew: {why}. Run `ccm evaluate`, then verify again"
        )

    def _note_fault(self, view: View, fault: str) -> None:
        self.unproven.append(f"{view.name} of {self.name} could not be derived anew: {fault}")

    def _is_derived(self, view: View) -> bool:
        """Return whether the evaluation derived a view; note it where that broke."""
        if view.name in self.broken:
            self.unproven.append(
                f"nothing of {view.name} of {self.name} was derived anew: in the evaluation, "
                f"{self.broken[view.name]}"
            )
        return view.name not in self.broken

    def _judges(self, evidence: Evidence) -> Sequence[GroupJudge]:
        none = CompiledPacks(packs=(), inputs=self.packs.inputs)
        facts = evidence.facts(none, self.host.plugin_failures)
        work = ConnectionWork.of(self.scope, self.moment, facts, self.packs, TIME_BUDGET)
        return work.judges(self.packs, evidence)

    def _judged(self, evaluation: ViewEvaluation) -> Iterator[VerificationProblem]:
        """Yield the rules of a view that count although their evidence lacks, or the reverse."""
        for judge in evaluation.judges:
            ready = {rule.rule.id for rule in judge.ready}
            counted = {rule.rule.id for rule in judge.group.rules} & set(self.state.judged)
            pack = judge.pack.pack.name
            for rule in sorted(ready ^ counted):
                text = (
                    "its evidence suffices, and no verdict of it counts"
                    if rule in ready
                    else "its verdicts count, and its evidence does not suffice"
                )
                yield self._problem(f"the rule {rule} of {pack} over {evaluation.view.name}", text)

    def _view_differences(
        self, evaluation: ViewEvaluation, evidence: Evidence
    ) -> Iterator[VerificationProblem]:
        view = evaluation.view
        comparison = KeptComparison(
            store=self.store,
            connection=self.name,
            view=view.name,
            judges=[judge for judge in evaluation.judges if judge.ready],
            period=evidence.horizon,
        )
        anew = ViewAnew(
            connection=self.name,
            view=view,
            evidence=evidence,
            records=self.store.records,
            derived=self.store.derived,
            share=self.share,
        )
        try:
            for batch in anew.batches():
                yield from comparison.differences(batch)
        except PluginFault as fault:
            self._note_fault(view, str(fault))
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is no damage of the store
            self._note_fault(view, repr(fault))
        self.rows += comparison.rows
        self.verdicts += comparison.verdicts

    def _problem(self, label: str, problem: str) -> VerificationProblem:
        return VerificationProblem(
            label=f"{label} of {self.name}", problem=problem, log=derived_log(self.name)
        )
