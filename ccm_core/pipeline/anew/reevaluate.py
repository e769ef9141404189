"""Derive a random share of the newest evaluation anew, and compare it with what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ccm_core.errors import IntegrityError, StoreError, UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.evaluation.derived import ROWS
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.reevaluation import Reevaluation
from ccm_core.model.evaluation.result import CONNECTION, Evaluation, Status
from ccm_core.pipeline.anew.compare_totals import total_differences
from ccm_core.pipeline.anew.connection_anew import ConnectionAnew
from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.reproduce import differing_versions, host_at, stored_rules
from ccm_core.rules.choices.chosen_packs import chosen_packs
from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST = 1000
"""Problems that are listed; of more there is only the number."""


@dataclass(slots=True, kw_only=True)
class Reevaluated:
    """What came of deriving a share of an evaluation anew."""

    extent: Reevaluation | None = None
    """How much that was; None: nothing."""
    problems: list[VerificationProblem] = field(default_factory=list)
    """What is kept and is not what the evidence gives."""
    more: int = 0
    """How many problems there are beyond those."""
    unproven: list[str] = field(default_factory=list)
    """What could not be derived anew, or differs without being damage, and why."""


def reevaluate(host: Host, store: EvidenceStore, share: RandomShare) -> Reevaluated:
    """Derive a share of the newest evaluation anew that was made by change; nothing is written.

    It is made from the evidence as of its moment, whatever was stored since, with the packs,
    parameters and plugins that it was stored with.

    Args:
        host: What is installed.
        store: Whose evaluation; it was verified before.
        share: Chooses the partitions, and the views that have none.
    """
    newest, name = store.evaluations.latest_stored(), store.evaluations.newest_by_change()
    if newest is None or name is None:
        return _nothing("the store holds no evaluation that left rows; `ccm evaluate` makes one")
    inputs = store.evaluations.inputs(name)
    if inputs is None:
        return _nothing(f"evaluation {name} was stored without its inputs")
    try:
        return _Making(host, store, share, name, newest[0], inputs).reevaluated()
    except StoreError:
        raise
    except UsageError as error:
        made_by = "; ".join(differing_versions(host, inputs))
        versions = f". It was made by other versions: {made_by}" if made_by else ""
        return _nothing(f"evaluation {name} cannot be made again: {error}{versions}")


def _nothing(why: str) -> Reevaluated:
    return Reevaluated(unproven=[f"nothing was derived anew: {why}"])


@dataclass(slots=True)
class _Making:
    host: Host
    store: EvidenceStore
    share: RandomShare
    name: str
    evaluation: Evaluation
    inputs: EvaluationInputs

    def reevaluated(self) -> Reevaluated:
        """Make a share of each connection."""
        result, connections = Reevaluated(problems=list(self._unstated())), self._connections()
        for connection in connections:
            self._add(result, self._differences(connection), [connection])
            result.unproven += connection.unproven
        if not result.unproven:
            totals = [total for connection in connections for total in connection.totals]
            self._add(result, total_differences(self.evaluation.rules, totals), connections)
        kinds = [read for state in self.evaluation.derived for read in state.kinds]
        result.extent = Reevaluation(
            evaluation=self.name,
            evaluated_at=self.evaluation.evaluated_at,
            share=self.share.share,
            seed=self.share.seed,
            subjects=sum(connection.rows for connection in connections),
            of_subjects=sum(read.records for read in kinds if read.kind.startswith(ROWS)),
            verdicts=sum(connection.verdicts for connection in connections),
        )
        return result

    def _connections(self) -> Sequence[ConnectionAnew]:
        host = host_at(self.host, self.inputs)
        packs = chosen_packs(
            stored_rules(host, self.store, self.inputs), self.evaluation.evaluated_at
        )
        states = {state.connection: state for state in self.evaluation.derived}
        reads = {read.connection: read for read in self.evaluation.evidence_read}
        return [
            ConnectionAnew(
                host=host,
                store=self.store,
                packs=packs,
                scope=scope,
                state=states[scope.connection],
                moment=self.evaluation.evaluated_at,
                read=reads[scope.connection],
                broken=self._broken(scope.connection),
                share=self.share,
            )
            for scope in sorted(self.inputs.watch_scopes, key=lambda scope: scope.connection)
            if scope.connection in states and scope.connection in reads
        ]

    def _unstated(self) -> Iterator[VerificationProblem]:
        """Yield the connections of which the evaluation leaves out what it left, or read."""
        scopes = {scope.connection for scope in self.inputs.watch_scopes}
        stated = (self.evaluation.derived, self.evaluation.evidence_read)
        named = [{part.connection for part in parts} for parts in stated]
        for name in sorted(scopes.union(*named) - scopes.intersection(*named)):
            yield VerificationProblem(
                label=f"evaluation {self.name}",
                problem=f"of {name}, it does not have all of scope, evidence read and rows left",
            )

    def _broken(self, connection: str) -> Mapping[str, str]:
        """Return the views whose rows could not be derived of a connection, and why."""
        return {
            rule.over: result.reason
            for rule in self.evaluation.rules
            for result in rule.results
            if result.status is Status.ERROR
            and (result.connection, result.subject.kind) == (connection, CONNECTION)
        }

    def _add(
        self,
        result: Reevaluated,
        differences: Iterator[VerificationProblem],
        connections: Sequence[ConnectionAnew],
    ) -> None:
        listed = list(islice(differences, _MOST))
        more = sum(1 for _ in differences)
        excuse = self._excuse(connections) if listed else None
        if excuse is None:
            result.problems += listed
            result.more += more
        else:
            number = len(listed) + more
            result.unproven.append(f"{number} differences, such as {listed[0]}; {excuse}")

    def _differences(self, connection: ConnectionAnew) -> Iterator[VerificationProblem]:
        try:
            evidence = connection.evidence()
            if evidence is not None:
                yield from connection.differences(evidence)
        except IntegrityError as error:
            yield VerificationProblem(
                label=f"rows and verdicts of {connection.name}", problem=str(error)
            )

    def _excuse(self, connections: Sequence[ConnectionAnew]) -> str | None:
        """Return why what differs of some connections is not damage; None: it is."""
        if self._is_replaced(connections):
            return "an evaluation was made meanwhile. Verify again"
        differing = differing_versions(self.host, self.inputs)
        if differing:
            return (
                f"the evaluation was made by other versions: {'; '.join(differing)}. Install those "
                "to verify it"
            )
        if self._is_erased_since():
            return (
                "something was erased by order since the evaluation. Run `ccm evaluate`, then "
                "verify again"
            )
        return None

    def _is_replaced(self, connections: Sequence[ConnectionAnew]) -> bool:
        """Return whether rows were kept meanwhile: several transactions see several states."""
        return self.store.evaluations.newest_by_change() != self.name or any(
            self.store.derived.is_unstated(connection.name) for connection in connections
        )

    def _is_erased_since(self) -> bool:
        is_later = False
        for _, leaf in self.store.ledger.leaves(STORE_LOG):
            if leaf["leaf"] == "evaluation" and leaf["digest"] == self.name:
                is_later = True
            elif leaf["leaf"] == "erasure" and is_later:
                return True
        return False
