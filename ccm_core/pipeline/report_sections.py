"""The sections that plugins add to the report: figures of view rows as of the evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ccm_core.errors import CcmError, PluginFault
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evaluation.result import Evaluation, KindSufficiency
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.evaluate import load_evidence
from ccm_core.report.types import Section
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.report_figures import ReportSection, SectionRequest
from ccm_core.store.interface.evidence_store import EvidenceStore


def sections(
    host: Host, store: EvidenceStore, scopes: Sequence[WatchScope], evaluation: Evaluation
) -> tuple[Section, ...]:
    """Return every section for every connection that collects its inputs.

    Args:
        host: What is installed, and the clock.
        store: Where the evidence is stored.
        scopes: What was collected over which horizon when it was evaluated.
        evaluation: The part of it that is reported.
    """
    return tuple(
        section
        for scope in scopes
        if scope.connection in evaluation.connections
        for section in _of_connection(host, scope, store, evaluation)
    )


def _of_connection(
    host: Host, scope: WatchScope, store: EvidenceStore, evaluation: Evaluation
) -> Iterator[Section]:
    available = [
        section
        for _, section in sorted(host.sections.items())
        if _inputs(host, section) <= {*scope.cadences}
    ]
    if available:
        source = load_evidence(host, scope, store, evaluation.evaluated_at)
        for section in available:
            yield _section(section, source, evaluation, _inputs(host, section))


def _inputs(host: Host, section: ReportSection) -> set[str]:
    """Return the kinds a section depends on; a view that no plugin offers counts as one."""
    views = [host.views.get(name) for name in section.views]
    return {kind for view in views if view for kind in view.inputs} | {
        name for name, view in zip(section.views, views, strict=True) if view is None
    }


def _section(
    section: ReportSection, source: Evidence, evaluation: Evaluation, inputs: set[str]
) -> Section:
    empty = Section(
        name=section.name,
        title=section.title,
        connection=source.connection,
        rank=section.rank,
        problems=_problems(evaluation.sufficiency, source.connection, inputs),
    )
    try:
        request = SectionRequest(
            rows={name: source.rows(name) for name in section.views},
            now=source.now,
            horizon=source.horizon,
            parameters={pack.name: pack.parameters for pack in evaluation.packs},
        )
        return replace(empty, figures=tuple(section.figures(request)))
    except PluginFault as fault:
        return replace(empty, failure=str(fault))
    except CcmError:
        raise
    except Exception as fault:  # noqa: BLE001 - a plugin's bug is reported in place of the section
        return replace(empty, failure=f"{type(fault).__name__}: {fault}")


def _problems(
    sufficiency: Sequence[KindSufficiency], connection: str, inputs: set[str]
) -> tuple[KindSufficiency, ...]:
    return tuple(
        kind
        for kind in sufficiency
        if kind.connection == connection
        and kind.kind in inputs
        and (kind.problem or kind.shortfalls)
    )
