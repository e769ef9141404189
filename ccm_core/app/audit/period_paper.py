"""The paper of a period: conclusions, samples and what they rest on, gathered for any format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.app.audit.shown_frameworks import shown_controls
from ccm_core.app.frameworks.catalogues import known_requirements
from ccm_core.app.rule_sets import compile_configured_packs
from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.assurance import ControlName, supported_controls
from ccm_core.pipeline.period_basis.gather import StatedControls
from ccm_core.pipeline.period_report import period_input, with_basis

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.period import Period
    from ccm_core.report.period.layout import PeriodInput
    from ccm_core.rules.pack.compiled import CompiledPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRequest:
    """Which paper somebody asks for."""

    period: Period
    controls: Sequence[ControlName] = ()
    frameworks: Sequence[str] = ()
    """Beside the controls; neither: all that the settings show."""
    connections: Sequence[str] = ()
    """None: every one."""
    samples: int | None = None
    """Of each test; None: as the settings say, else by its population and its severity."""


def period_paper(workspace: Workspace, request: PaperRequest) -> PeriodInput:
    """Gather the paper of a period.

    Raises:
        UsageError: The period has not begun, or something that is asked for is not known.
        StoreError: There is no evidence.
    """
    packs = compile_configured_packs(workspace)
    asked = [*request.controls, *_framework_controls(packs, request.frameworks)]
    shown = shown_controls(workspace, packs, asked)
    connections = workspace.connections(request.connections, secrets=False)
    host, stated = workspace.host, _stated_controls(workspace)
    with workspace.read_store() as store:
        content = period_input(
            host,
            connections,
            store,
            packs,
            request.period,
            shown.controls,
            samples=request.samples,
        )
        content = replace(content, assurance=shown.ordered(content.assurance), hidden=shown.hidden)
        return with_basis(content, host, connections, store, packs, stated)


def _stated_controls(workspace: Workspace) -> StatedControls:
    frameworks = workspace.settings.frameworks
    owners = {(one.name, ""): one.owner for one in frameworks}
    return StatedControls(
        catalogues=known_requirements(workspace),
        owners=owners | {(f.name, key): who for f in frameworks for key, who in f.owners.items()},
        not_applicable={
            (f.name, key): why for f in frameworks for key, why in f.not_applicable.items()
        },
    )


def _framework_controls(packs: CompiledPacks, names: Sequence[str]) -> list[ControlName]:
    controls = supported_controls(packs)
    frameworks = {framework for framework, _ in controls}
    unknown = set(names) - frameworks
    if unknown:
        supported = ", ".join(sorted(frameworks)) or "none"
        raise UsageError(f"no rule supports {', '.join(sorted(unknown))}; supported: {supported}")
    return [control for control in sorted(controls) if control[0] in names]
