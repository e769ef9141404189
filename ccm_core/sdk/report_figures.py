"""What a section of the report shows: pure data. The host draws it, bounds it and escapes it.

A figure never shows something as good without evidence: what was not observed is left out of
:attr:`Lane.observed`, counted in :attr:`MeasureGroup.unknown`, or a cell of the tone ``unknown``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.view import Row


class Tone(StrEnum):
    """How a cell of a table is meant, beside its words."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    """Evidence is missing."""
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineGap:
    """A period in which something was missing."""

    window: Window
    title: str = ""
    """Why, in a word or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One thing through time: one schedule, one level of a policy."""

    title: str
    group: str = ""
    """What it is part of, such as the policy of a level; lanes of one group stand together."""
    url: str | None = None
    observed: tuple[Window, ...] = ()
    """When it was observed. The rest of the timeline is unknown, and drawn so."""
    gaps: tuple[TimelineGap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Things through time, with the gaps in them. Those with the longest gaps are shown first."""

    title: str
    about: str
    """One or two sentences for whoever reads the picture."""
    window: Window
    lanes: tuple[Lane, ...]
    covered: str = "covered"
    """The label of a period without a gap."""
    gap: str = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureGroup:
    """The measures of one group, such as one week."""

    title: str
    seconds: tuple[float, ...]
    never: int = 0
    """How many have no measure because it never happened: beyond every limit."""
    unknown: int = 0
    """How many have none because evidence is missing."""
    incomplete: str | None = None
    """Why the evidence does not hold all of the group, in words: then it is not compared with
    another. None: it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How long something took, group by group, against a limit."""

    title: str
    about: str
    groups: tuple[MeasureGroup, ...]
    """In the order in which they are shown."""
    limit: float | None = None
    """Seconds that are allowed."""
    event: str = "completed"
    """What ends the time that is measured: ``acknowledged``."""
    by: str = "Group"
    """What a group is, as the heading of its column: ``Week``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table."""

    text: str
    tone: Tone = Tone.PLAIN
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A list of things, in the order in which they are shown: what needs attention first."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


Figure: TypeAlias = Timeline | Distribution | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRequest:
    """What a section is handed: rows of its views, of one connection, at one moment."""

    rows: Mapping[str, Sequence[Row]]
    """By view, without those that :attr:`ReportSection.fields` names."""
    now: datetime
    """The evaluation's moment."""
    horizon: Window
    parameters: Mapping[str, JsonObject]
    """The effective values of every pack that was used, by pack."""
    shown: Mapping[str, Collection[JsonObject]] = field(default_factory=dict)
    """By view of :attr:`ReportSection.fields`: these fields of each row, without those that are
    unknown, and changed :attr:`ReportSection.conditions`. Iterate over it once, and keep little:
    there may be a million."""
    observed: Mapping[str, Sequence[Window]] = field(default_factory=dict)
    """By kind of event behind the section: what was collected completely, of about the last
    quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """A section that a plugin adds to the report for people."""

    name: str
    """Such as ``acme.coverage``."""
    title: str
    views: tuple[str, ...]
    """The views whose rows it shows. Where the evidence behind one of them cannot be relied on, the
    host says so above the figures."""
    figures: Callable[[SectionRequest], Iterable[Figure]]
    """A pure function: no clock, no disk, no network."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of some of the views: the only fields of its rows that are read, where there may be very
    many. The host keeps these with its index, reads no row for the section, and hands them over as
    :attr:`SectionRequest.shown`."""
    conditions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By view of :attr:`fields`, then by name: condition parameters of packs that the section goes
    by, each with the text that it decides by these fields itself. Where an evaluation had another
    text, the host decides it on each whole row, and hands it over with the fields as
    ``params.NAME``; it is left out where it has no value. Then all rows of the view are read."""
    rank: int = 0
    """Lower ranks are shown first; those of one rank by name."""
