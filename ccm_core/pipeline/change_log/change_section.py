"""The section of the report that shows what people changed in the evaluated period."""

from __future__ import annotations

from collections.abc import Collection

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import Evaluation, KindSufficiency
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.change_log.change_log import changes_of, covers
from ccm_core.pipeline.context import Host
from ccm_core.report.content.logged_change import LoggedChange
from ccm_core.report.content.phrases import moment
from ccm_core.report.types import Section
from ccm_core.sdk.report_figures import Cell, Table
from ccm_core.store.interface.evidence_store import EvidenceStore

_RANK = 100
"""After the sections of plugins."""
_FIELDS = 3
"""How many fields of a change are named."""
_ABOUT = (
    "Newest first, by our own versions of each object and by the source\u2019s audit trail. "
    "`ccm changes` shows every field before and after."
)


def change_section(
    host: Host, store: EvidenceStore, scope: WatchScope, evaluation: Evaluation
) -> Section | None:
    """Return what people changed; None where the connector does not tell what they change."""
    reader = host.change_trails.get(scope.connector)
    if reader is None or evaluation.evaluated_at <= scope.horizon(evaluation.evaluated_at).since:
        return None
    period = Window(scope.horizon(evaluation.evaluated_at).since, evaluation.evaluated_at)
    is_whole = covers(store, scope.connection, reader.kind, period)
    changes = changes_of(host, scope, store, reader, period, trail_is_whole=is_whole)
    table = Table(
        title="What people changed",
        about=_ABOUT,
        columns=("when", "what", "change", "by", "in the source\u2019s trail"),
        rows=tuple(_row(change) for change in reversed(changes)),
    )
    return Section(
        name=f"{scope.connector}.changes",
        title="Changes",
        connection=scope.connection,
        rank=_RANK,
        figures=(table,),
        problems=_problems(evaluation, scope.connection, (*reader.kinds, reader.kind)),
    )


def _problems(
    evaluation: Evaluation, connection: str, kinds: Collection[str]
) -> tuple[KindSufficiency, ...]:
    """Return what of the evidence behind the section is not sufficient."""
    return tuple(
        sufficiency
        for sufficiency in evaluation.sufficiency
        if sufficiency.connection == connection
        and sufficiency.kind in kinds
        and sufficiency.problem is not None
    )


def _row(change: LoggedChange) -> tuple[Cell, ...]:
    names = ", ".join(field.name for field in change.fields[:_FIELDS])
    more = len(change.fields) - _FIELDS
    fields = f": {names}" + (f" and {more} more" if more > 0 else "") if names else ""
    noun = "" if change.kind is None else f" ({change.kind.partition('.')[2].replace('_', ' ')})"
    when = moment(change.moment) if change.at else f"by {moment(change.until)}"
    in_trail = {True: "yes", False: "no", None: "not known"}[change.in_trail]
    return (
        Cell(text=when),
        Cell(text=f"{change.title}{noun}"),
        Cell(text=f"{change.action}{fields}"),
        Cell(text=", ".join(change.actors) or "unknown"),
        Cell(text=in_trail),
    )
