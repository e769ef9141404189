"""When somebody is on call: for certain, perhaps, or not, and why not.

The evidence shows users as they are now. Whoever was deleted since counts for the shifts that they
had, and for none ahead. A row does not know what is past, so both answers are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract, union
from ccm_pagerduty.views.intervals import Windows, complement, split_at
from ccm_pagerduty.views.on_call.coverage_gaps import Gaps, merge_adjacent
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.sdk.types import JsonObject

Possible = tuple[tuple[Window, str], ...]
"""When somebody may be on call, and why the evidence does not say; may overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on call by one target, or by several, at every instant of what is observed."""

    observed: Window
    confirmed: Windows
    """When somebody is on call who can respond."""
    possible: Possible = ()
    causes: Gaps = ()
    """Why nobody is, by target; may overlap, and may lie within what another target covers."""

    @property
    def gaps(self) -> Windows:
        """Return when nobody is on call, nor may be."""
        return complement(self.observed, [*self.confirmed, *_windows(self.possible)])

    def gap_fields(self, causes: str | None) -> list[JsonObject]:
        """Return the gaps as rows show them, with what is unknown, in order.

        Args:
            causes: The field for the causes of a gap, if any: all of them in ``causes``, the first
                in ``cause``. ``reasons`` always states each with the person or the schedule.
        """
        gaps = [
            window_fields(part) | self._named(causes, part, labels)
            for part, labels in self._by_cause()
        ]
        return sorted([*gaps, *self.unknown_fields()], key=lambda gap: str(gap["since"]))

    def unknown_fields(self) -> list[JsonObject]:
        """Return when the evidence does not say whether somebody is on call, and why."""
        windows = subtract(_windows(self.possible), self.confirmed)
        return unknown_fields(labelled(windows, self.possible))

    def _by_cause(self) -> Iterable[tuple[Window, tuple[str, ...]]]:
        causes = [(window, absence.cause.value) for window, absence in self.causes]
        return labelled(self.gaps, causes)

    def _named(self, field: str | None, part: Window, causes: tuple[str, ...]) -> JsonObject:
        present = {
            absence
            for window, absence in self.causes
            if window.intersection(part) is not None and absence.cause.value in causes
        }
        # A level without targets has a cause of its own.
        reasons = {"reasons": sorted(absence.reason for absence in present) or ["no target"]}
        if field == "causes":
            return {"causes": list(causes) or ["no_target"]} | reasons
        return reasons if field is None else {field: causes[0]} | reasons


def joint_duty(observed: Window, duties: Sequence[Duty]) -> Duty:
    """Return who is on call by any of several."""
    return Duty(
        observed=observed,
        confirmed=union(window for duty in duties for window in duty.confirmed),
        possible=tuple(part for duty in duties for part in duty.possible),
        causes=tuple(cause for duty in duties for cause in duty.causes),
    )


def labelled(
    windows: Iterable[Window], labels: Sequence[tuple[Window, str]]
) -> tuple[tuple[Window, tuple[str, ...]], ...]:
    """Split windows where their labels change; each part has all labels of its beginning."""
    edges = [edge for window, _ in labels for edge in (window.since, window.until)]
    return merge_adjacent(
        (part, tuple(sorted({label for window, label in labels if part.since in window})))
        for part in split_at(windows, edges)
    )


def unknown_fields(
    parts: Iterable[tuple[Window, tuple[str, ...]]],
) -> list[JsonObject]:
    """Return intervals of which the evidence does not tell, as rows show them."""
    return [window_fields(window) | {"unknown": "; ".join(reasons)} for window, reasons in parts]


def _windows(parts: Iterable[tuple[Window, str]]) -> list[Window]:
    return [window for window, _ in parts]
