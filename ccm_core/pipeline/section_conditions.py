"""The condition parameters that a section of the report goes by, where settings changed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Host
from ccm_core.sdk.view import Row
from ccm_core.store.interface.evidence_store import EvidenceStore

if TYPE_CHECKING:
    from ccm_core.rules.evaluate.evaluate_rows import RowEvaluator

PREFIX = "params."
"""Leads the name of a condition parameter beside the fields of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionConditions:
    """Decides condition parameters on rows of one connection, as an evaluation did."""

    host: Host
    store: EvidenceStore
    scope: WatchScope
    evaluation: Evaluation
    digest: str
    """Of the evaluation."""

    def changed(self, conditions: Mapping[str, str]) -> tuple[str, ...]:
        """Return those that a pack of the evaluation had as another text, sorted.

        Args:
            conditions: By name: the text by which a section decides itself.
        """
        packs = self.evaluation.packs
        return tuple(
            name
            for name, expected in sorted(conditions.items())
            if any(pack.parameters.get(name, expected) != expected for pack in packs)
        )

    def decided(self, over: str, names: Sequence[str], rows: Iterable[Row]) -> Iterator[JsonObject]:
        """Yield what condition parameters are for each row, each with ``params.`` before its name.

        One that has no value for a row is left out.

        Args:
            over: The view.
            names: The parameters.
            rows: Rows of the view.

        Raises:
            DocumentError: What is installed now cannot compile the packs of the evaluation.
        """
        deciders = {
            name: evaluator.decider(name)
            for name in names
            if (evaluator := self._evaluator(over, name)) is not None
        }
        for row in rows:
            values = {name: decide(row) for name, decide in deciders.items()}
            yield {f"{PREFIX}{name}": value for name, value in values.items() if value is not None}

    def _evaluator(self, over: str, name: str) -> RowEvaluator | None:
        """Return what evaluates a condition parameter over a view; None: no pack has it."""
        # Takes as long to import as to draw a page, and few pages need it.
        from ccm_core.pipeline.reproduce import stored_rules
        from ccm_core.rules.cel.lookup_function import LookupTable
        from ccm_core.rules.evaluate.evaluate_rows import RowEvaluator

        inputs, at = self.store.evaluations.inputs(self.digest), self.evaluation.evaluated_at
        packs = stored_rules(self.host, self.store, inputs).packs if inputs else ()
        groups = (
            (pack, group)
            for pack in packs
            for group in pack.groups
            if group.over == over and name in group.condition_names
        )
        pack, group = next(groups, (None, None))
        if pack is None or group is None:
            return None
        return RowEvaluator(
            pack=pack,
            group=group,
            connection=self.scope.connection,
            rules=(),
            lookups=LookupTable({}),
            now=at,
            period=self.scope.horizon(at),
        )
