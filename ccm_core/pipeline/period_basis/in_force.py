"""What evaluations of a period were made with, and how that changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from ccm_core.model import json_codec
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.made_evaluation import MadeEvaluation
from ccm_core.model.evaluation.result import AppliedPack
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period_basis import DesignChange
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.evaluations import EvaluationStore

Named = Mapping[tuple[str, str], str]
"""What something is, by what sort of thing it is and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What evaluations from one moment on were made with."""

    since: datetime
    packs: tuple[AppliedPack, ...]
    inputs: EvaluationInputs

    @property
    def named(self) -> Named:
        """What is compared."""
        settings = {
            ("connection settings", scope.connection): scope.settings_digest
            for scope in self.inputs.watch_scopes
        }
        cadences = {
            ("frequency of collection", f"{scope.connection} {kind}"): f"{seconds:g} s"
            for scope in self.inputs.watch_scopes
            for kind, seconds in scope.cadences.items()
        }
        versions = {
            ("plugin", plugin.name): plugin.failure or plugin.version
            for plugin in self.inputs.plugins
        }
        choices = self.inputs.choices
        waivers = {("risk acceptance", one.id): _waiver(one) for one in self.inputs.waivers}
        return {
            ("ccm", "version"): self.inputs.host_version,
            **versions,
            **{("pack", pack.name): f"{pack.version} ({pack.digest})" for pack in self.packs},
            **{
                ("parameter", f"{pack.name} {name}"): shown(value)
                for pack in self.packs
                for name, value in pack.parameters.items()
            },
            ("sample sizes", "of tests"): shown(self.inputs.sampling),
            **{("scope", scope.framework): scope.words for scope in choices.scopes},
            **{("check switched off", entry.rule): entry.why for entry in choices.disabled},
            **{("severity", rule): value.value for rule, value in choices.severities.items()},
            **waivers,
            **settings,
            **cadences,
        }


def in_force(evaluations: EvaluationStore, since: datetime, until: datetime) -> Sequence[InForce]:
    """Return what the evaluations of a time were made with, each time that it changed.

    Those of a past moment are left out: nothing was in force by them.
    """
    found: list[InForce] = []
    last = None
    for one in evaluations.made(since=since, until=until):
        if one.of_past:
            continue
        made = made_with(evaluations, one) if one.inputs != last else None
        last = one.inputs
        if made is not None:
            found.append(made)
    return found


def made_with(evaluations: EvaluationStore, one: MadeEvaluation) -> InForce | None:
    """Return what an evaluation was made with; None where that was not stored."""
    inputs = evaluations.inputs(one.digest) if one.inputs is not None else None
    if inputs is None:
        return None
    packs = evaluations.basis(one.digest).packs
    return InForce(since=one.evaluated_at, packs=packs, inputs=inputs)


def last_before(evaluations: EvaluationStore, moment: datetime) -> InForce | None:
    """Return what the last evaluation before a moment was made with; None: there is none."""
    earlier = [one for one in evaluations.made(until=moment) if not one.of_past]
    return made_with(evaluations, earlier[-1]) if earlier else None


def design_changes(stages: Sequence[InForce]) -> Iterator[DesignChange]:
    """Yield what differs between what evaluations that follow each other were made with."""
    for earlier, later in pairwise(stages):
        before, after = earlier.named, later.named
        for what, name in sorted(before.keys() | after.keys()):
            if before.get((what, name)) != after.get((what, name)):
                yield DesignChange(
                    at=later.since,
                    what=what,
                    name=name,
                    before=before.get((what, name), ""),
                    after=after.get((what, name), ""),
                )


def shown(value: object) -> str:
    """Return a value as people read it: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json_codec.encode(value).decode()


def _waiver(waiver: Waiver) -> str:
    rules = ", ".join(waiver.rules)
    subjects = ", ".join(waiver.subjects) or "every item"
    end = format_instant(waiver.expires)
    return f"{rules}: {subjects}, approved by {waiver.approver}, until {end}"
