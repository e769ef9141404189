"""What settings leave out of the evaluation, in words, for whoever reads its results. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.approvals.standing import is_unsigned
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks
from ccm_core.sdk.timestamps import format_duration

if TYPE_CHECKING:
    from ccm_core.model.evidence.acceptance import AcceptedCollapse
    from ccm_core.model.evidence.window import Window
    from ccm_core.sdk.evidence_kind import EvidenceKind

WHOLE_MONTH = timedelta(days=28)
"""A shorter lookback does not hold any month as a whole."""
_MOST_IDS = 10
"""Ids of waivers that are listed."""


def changed_parameters(pack: CompiledPack, selections: Mapping[str, str]) -> Iterator[str]:
    """Yield each parameter of a pack that settings changed, with the pack's own value.

    Args:
        pack: The pack.
        selections: How many rows a condition selects, in words, by the parameter's name.
    """
    defaults = {parameter.name: parameter.default for parameter in pack.pack.parameters}
    for name in sorted(pack.changed):
        selection = f"; {selections[name]}" if name in selections else ""
        yield (
            f"{pack.pack.name}: {name} is `{pack.effective[name]}`, of the pack: "
            f"`{defaults[name]}`{selection}"
        )


def narrowed_connection(
    connection: str,
    kinds: Mapping[str, EvidenceKind],
    cadences: Mapping[str, timedelta],
    horizon: Window,
    now: datetime,
) -> Iterator[str]:
    """Yield where a connection collects less often than its kinds ask for, or looks back little."""
    for name, cadence in sorted(cadences.items()):
        if name in kinds and cadence > kinds[name].cadence:
            got, own = map(_duration, (cadence, kinds[name].cadence))
            yield f"{connection}: {name} is collected every {got}, of the kind: every {own}"
    if now - horizon.since < WHOLE_MONTH:
        yield f"{connection}: looks back {_duration(now - horizon.since)}, which is no whole month"


def accepted_collapses(
    connection: str, accepted: Mapping[str, AcceptedCollapse], now: datetime
) -> Iterator[str]:
    """Yield each kind whose population may still lose most of its records without a doubt."""
    for kind, collapse in sorted(accepted.items()):
        if collapse.is_in_force(now):
            yield (
                f"{connection}: {kind} may lose most of its records at once until "
                f"{collapse.until}, which is accepted: {collapse.reason}"
            )


def unsigned_waivers(waivers: Sequence[Waiver], now: datetime) -> Iterator[str]:
    """Yield the waivers in force that count though nobody approved them by a signature."""
    ids = [
        waiver.id
        for waiver in sorted(waivers, key=lambda waiver: waiver.id)
        if is_unsigned(waiver) and waiver.created <= now < waiver.expires
    ]
    if ids:
        names = ", ".join(ids[:_MOST_IDS]) + (" and others" if ids[_MOST_IDS:] else "")
        yield (
            f"rules.unsigned_waivers is accept: risk acceptances that count without a signed "
            f"approval ({len(ids):,}): {names}"
        )


def rules_switched_off(packs: CompiledPacks) -> Iterator[str]:
    """Yield each rule that the settings switch off, with the reason, and each other severity."""
    for rule in packs.switched_off:
        yield f"{rule.pack}: the check {rule.rule} is switched off: {rule.why}"
    yield from packs.severities


def _duration(span: timedelta) -> str:
    return format_duration(span.total_seconds())
