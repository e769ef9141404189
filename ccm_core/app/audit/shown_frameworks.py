"""The frameworks that the settings show: which controls papers of a period are about, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.assurance import ControlName, supported_controls

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.assurance import Assurance
    from ccm_core.rules.pack.compiled import CompiledPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownControls:
    """The controls of the frameworks that are shown."""

    controls: Sequence[ControlName] = ()
    """None: all that the packs support."""
    frameworks: Sequence[str] = ()
    """In the order in which they are shown; none: by name."""
    hidden: str = ""
    """Which frameworks are evaluated and not shown, in words; empty: there are none."""

    def ordered(self, assurance: Assurance) -> Assurance:
        """Return an assurance with its controls in the order of the frameworks."""
        ranks = {name: rank for rank, name in enumerate(self.frameworks)}
        controls = sorted(assurance.controls, key=lambda one: ranks.get(one.framework, len(ranks)))
        return replace(assurance, controls=tuple(controls))


def shown_controls(
    workspace: Workspace, packs: CompiledPacks, asked: Sequence[ControlName]
) -> ShownControls:
    """Return the controls that a paper of a period is about.

    Args:
        workspace: The settings.
        packs: Which rules support which control.
        asked: The controls that were asked for; none: those that the settings show.

    Raises:
        UsageError: No rule supports a control of the frameworks that the settings show.
    """
    frameworks = tuple(workspace.settings.rules.frameworks)
    if asked or not frameworks:
        return ShownControls(controls=asked, frameworks=frameworks)
    supported = sorted(supported_controls(packs))
    controls = [name for name in supported if name[0] in frameworks]
    if not controls:
        others = ", ".join(sorted({name for name, _ in supported})) or "none"
        raise UsageError(
            f"no rule supports a control of {', '.join(frameworks)}, which rules.frameworks in the "
            f"settings names; supported: {others}"
        )
    left = Counter(name for name, _ in supported if name not in frameworks)
    words = (f"{name} ({number} control{'s' * (number != 1)})" for name, number in left.items())
    return ShownControls(controls=controls, frameworks=frameworks, hidden=", ".join(words))
