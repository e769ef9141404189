"""The condition parameters that a section of the report goes by, where settings changed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.pipeline.context import Host
from ccm_core.sdk.view import Row
from ccm_core.store.interface.evidence_store import EvidenceStore

if TYPE_CHECKING:
    from ccm_core.rules.pack.compiled import CompiledPacks


def changed_conditions(evaluation: Evaluation, conditions: Mapping[str, str]) -> tuple[str, ...]:
    """Return those condition parameters that were not what a section expects, sorted.

    Args:
        evaluation: With the effective values of each pack.
        conditions: By name: the text by which the section decides itself.
    """
    return tuple(
        name
        for name, expected in sorted(conditions.items())
        if any(pack.parameters.get(name, expected) != expected for pack in evaluation.packs)
    )


def decided(
    host: Host,
    store: EvidenceStore,
    scope: WatchScope,
    evaluation: Evaluation,
    digest: str,
    over: str,
    names: Iterable[str],
    rows: Iterable[Row],
) -> Iterator[Mapping[str, bool]]:
    """Yield what condition parameters are for each row, as the checks of an evaluation decided.

    A parameter is left out for a row for which it has no value.

    Raises:
        DocumentError: What is installed now cannot compile a pack of the evaluation.
    """
    # Takes as long to import as to draw a page, and few pages need it.
    from ccm_core.pipeline.reproduce import stored_rules

    inputs = store.evaluations.inputs(digest)
    packs = None if inputs is None else stored_rules(host, store, inputs)
